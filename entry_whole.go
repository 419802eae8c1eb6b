package audit

import (
	"encoding/hex"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// Whole returns the entry with its IDs, emails and request ID as they were
// given. If one of them was too long for its column, or had bytes that no
// database takes, the column holds a cut form that ends in a digest, and the
// metadata holds the whole. A whole of more than 64 KiB is not kept; then the
// cut form stays.
func (e Entry) Whole() Entry {
	if !strings.HasPrefix(e.Metadata.json, `{"`) || !strings.Contains(e.Metadata.json, `"`+jsontext.MarkKey+`":{`) {
		return e
	}
	var m metadata
	if e.Metadata.Decode(&m) != nil {
		return e
	}
	for _, a := range m[jsontext.MarkKey].alterations() {
		column, most := e.key(a.column)
		// What does not lead to the stored form is not its whole.
		if whole, ok := a.kept.bytes(); ok && column != nil && stored.Key(whole, most) == *column {
			*column = whole
		}
	}
	return e
}

// key returns a column that entries are looked up by, and how many bytes it
// holds; nil for others.
func (e *Entry) key(column string) (text *string, most int) {
	switch column {
	case "object_id":
		return &e.Object.ID, stored.ObjectID
	case "parent_id":
		return &e.Parent.ID, stored.ObjectID
	case "actor_id":
		return &e.Actor.ID, stored.ActorID
	case "actor_email":
		return &e.Actor.Email, stored.Email
	case "on_behalf_of":
		return &e.Actor.OnBehalfOf, stored.Email
	case "request_id":
		return &e.RequestID, stored.RequestID
	}
	return nil, 0
}

// bytes returns a text, also one that is kept as bytes.
func (v Value) bytes() (string, bool) {
	switch m := v.mark(); {
	case v.Kind() == KindString:
		return v.Text(), true
	case v.Kind() == KindBytes && m.Hex != nil:
		raw, err := hex.DecodeString(*m.Hex)
		return string(raw), err == nil
	}
	return "", false
}
