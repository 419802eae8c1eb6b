package audit

import (
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
