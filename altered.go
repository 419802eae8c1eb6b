package audit

import (
	"encoding/hex"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// alteration is a text that its column could not hold, with what is kept of it
// in the metadata.
type alteration struct {
	column string
	kept   Value
}

// fitKey brings a text that entries are looked up by into the form in which it
// is stored. The whole of it goes into the metadata.
func fitKey(altered []alteration, column string, text *string, most int) []alteration {
	if stored.Fits(*text, most) {
		return altered
	}
	kept, _ := ParseValue(string(stored.KeptKey(*text))) // it is JSON
	*text = stored.Key(*text, most)
	return append(altered, alteration{column, kept})
}

// fitText does so for a text that is only read. The metadata says how long it
// was, or which bytes it had.
func fitText(altered []alteration, column string, text *string, most int) []alteration {
	if stored.Fits(*text, most) {
		return altered
	}
	kept, _ := ParseValue(string(stored.KeptText(*text, most)))
	*text = stored.Text(*text, most)
	return append(altered, alteration{column, kept})
}

// fitRequest fits what all entries of one call share.
func fitRequest(e *Entry) (altered []alteration) {
	altered = fitText(altered, "actor_kind", (*string)(&e.Actor.Kind), stored.ActorKind)
	altered = fitKey(altered, "actor_id", &e.Actor.ID, stored.ActorID)
	altered = fitKey(altered, "actor_email", &e.Actor.Email, stored.Email)
	altered = fitKey(altered, "on_behalf_of", &e.Actor.OnBehalfOf, stored.Email)
	altered = fitKey(altered, "request_id", &e.RequestID, stored.RequestID)
	return fitText(altered, "user_agent", &e.UserAgent, stored.UserAgent)
}

// fitObject fits what an event brings.
func fitObject(e *Entry) (altered []alteration) {
	altered = fitKey(altered, "object_id", &e.Object.ID, stored.ObjectID)
	altered = fitKey(altered, "parent_id", &e.Parent.ID, stored.ObjectID)
	return fitText(altered, "comment", &e.Comment, stored.Comment)
}

// alterations reads what the metadata holds under $audit.
func (v Value) alterations() (altered []alteration) {
	var columns metadata
	if v.Kind() != KindMap || v.Decode(&columns) != nil {
		return nil
	}
	for column, kept := range columns {
		altered = append(altered, alteration{column, kept})
	}
	return altered
}

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
