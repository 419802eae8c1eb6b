package diff

import (
	"bytes"
	"unicode/utf8"

	"github.com/auditkeep/audit/internal/jsontext"
)

// isText reports whether JSON is UTF-8. Decoders replace other bytes, so two
// different texts would look alike.
func isText(text []byte) bool { return utf8.Valid(text) }

// invalidJSON returns the node of a text that should be JSON and is not. Secrets
// cannot be found in it, so its text is kept only if no name of a secret occurs in
// it, in any spelling.
func (in *inspector) invalidJSON(text []byte, plain bool) *node {
	return &node{kind: jsontext.KindInvalidJSON, text: string(text), shown: plain || !in.planner.redactor.occursIn(text)}
}

// occursIn reports whether a text could hold a secret's name. A backslash could
// hide one.
func (r redactor) occursIn(text []byte) bool {
	if bytes.IndexByte(text, '\\') >= 0 {
		return true
	}
	return r.names.OccurIn(string(text))
}
