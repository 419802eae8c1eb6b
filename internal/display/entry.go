package display

import (
	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/words"
)

// ObjectLabel returns what people see for an object type: what the host says, or
// the type in words.
func ObjectLabel(key string, labels map[string]string) string {
	if label, ok := labels[key]; ok {
		return label
	}
	return Label(key)
}

// ActionLabel returns what people see for an action: the host's word for it, or
// the action itself.
func ActionLabel(a audit.Action, w *words.Catalogue) string {
	if label, ok := w.Actions[a]; ok {
		return label
	}
	return string(a)
}

// Actor is who made a change, in words. Note says what Name is if it is not an
// email.
type Actor struct{ Note, Name, OnBehalfOf string }

// ActorOf returns an actor in words: the email if there is one.
func ActorOf(a audit.Actor, w *words.Catalogue) Actor {
	out := Actor{Name: a.Email, OnBehalfOf: a.OnBehalfOf}
	switch {
	case a.Email != "":
	case a.ID == "" && a.Kind == audit.ActorSystem:
		out.Name = w.Actor.System
	case a.ID == "":
		out.Name = w.Actor.Unknown
	case a.Kind == audit.ActorAPIKey:
		out.Note, out.Name = w.Actor.APIKey, a.ID
	case a.Kind == audit.ActorDatabaseRole:
		out.Note, out.Name = w.Actor.Role, a.ID
	default:
		out.Name = a.ID
	}
	return out
}

// ActorKind returns a kind of actor in words. A kind that the host adds stays as
// it is.
func ActorKind(kind audit.ActorKind, w *words.Catalogue) string {
	switch kind {
	case audit.ActorUser:
		return w.Actor.User
	case audit.ActorAPIKey:
		return w.Actor.APIKey
	case audit.ActorSystem:
		return w.Actor.System
	case audit.ActorDatabaseRole:
		return w.Actor.DatabaseRole
	case audit.ActorUnknown:
		return w.Actor.Unknown
	default:
		return string(kind)
	}
}

// ValueOf returns a filter's value in words, by the parameter it is of.
func ValueOf(parameter, value string, labels map[string]string, w *words.Catalogue) string {
	switch {
	case value == "":
		return w.Filter.None
	case parameter == "object_type":
		return ObjectLabel(value, labels)
	case parameter == "action":
		return ActionLabel(audit.Action(value), w)
	case parameter == "actor_kind":
		return ActorKind(audit.ActorKind(value), w)
	default:
		return value
	}
}

// Mark returns the word that stands for a value that is not a text and that says
// all there is to say of it, and whether the value is one.
func Mark(kind audit.ValueKind, w *words.Catalogue) (word string, ok bool) {
	switch kind {
	case audit.KindAbsent:
		return w.Value.Absent, true
	case audit.KindNull:
		return w.Value.Null, true
	case audit.KindRedacted:
		return w.Value.Redacted, true
	case audit.KindShared:
		return w.Value.NotCompared, true
	case audit.KindCycle:
		return w.Value.Cycle, true
	default:
		return "", false
	}
}

// Fields returns how the names of changed fields are shown, such that no two
// look alike. It is nil if no name looks like another.
func Fields(changes []audit.Change) *Reading {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Field
	}
	return Among(names)
}
