package diff

import "github.com/auditkeep/audit/internal/stored"

// Problem is an error about a host's record: which field is wrong, why, and what
// to do about it.
type Problem struct {
	Field string
	Value string // empty if it could be a secret
	Text  string
	// Remedy says what would be right.
	Remedy string
	// Shared reports whether the sides of an update share memory.
	Shared bool
}

// Error implements error.
func (p *Problem) Error() string {
	msg := p.Field
	if p.Value != "" {
		msg += " " + stored.Quote(p.Value)
	}
	msg += ": " + p.Text
	if p.Remedy != "" {
		msg += "; " + p.Remedy
	}
	return msg
}

func invalid(field, value, text, remedy string) error {
	return &Problem{Field: field, Value: value, Text: text, Remedy: remedy}
}
