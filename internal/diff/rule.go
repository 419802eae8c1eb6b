package diff

// Rule says what becomes of one field of a struct.
type Rule struct {
	Field    string // its path, also if it is left out
	Handling string
	Reason   string // empty if the handling is plain
}

// The ways to handle a field.
const (
	Recorded = "recorded"
	Redacted = "redacted" // its value is never kept
	Identity = "identity" // it is the object's ID, and not a change
	LeftOut  = "left out"
)
