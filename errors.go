package audit

import (
	"errors"
	"fmt"

	"github.com/auditkeep/audit/internal/stored"
)

// Errors that a caller may want to branch on. Those that carry a field and a
// value are [*FieldError] values that wrap one of these.
var (
	// ErrNotFound is returned if no entry of the organization has the ID.
	ErrNotFound = errors.New("audit: no such entry")
	// ErrNoOrg is returned if neither the call, the context nor
	// Config.Org names the organization. It never means "all".
	ErrNoOrg = errors.New("audit: no organization: give one with audit.WithOrg, Filter.Org or Config.Org")
	// ErrNoActor is returned for a change of which nobody said who made it, if
	// Config.RequireActor is set.
	ErrNoActor = errors.New("audit: no actor, which Config.RequireActor asks for: give one with audit.WithActor, package middleware or Config.Actor. " +
		"If the middleware is there, the context was lost on the way: pass r.Context() on " +
		"(gin: c.Request.Context(), or c itself behind auditgin; GORM: db.WithContext; jobs: audit.UnmarshalContext). " +
		"For a job of the program itself, give audit.System(\"its name\"); if nobody can be known, give audit.Actor{Kind: audit.ActorUnknown}")
	// ErrConflict is returned if an ID given by the host is already taken
	// by an entry with other content.
	ErrConflict = errors.New("audit: an entry with this ID but other content exists")
	// ErrInvalidEvent is wrapped by every error about what a host records.
	ErrInvalidEvent = errors.New("audit: invalid event")
	// ErrShared is returned for an update whose two sides share memory that can
	// be written through; see Config.Shared. It wraps ErrInvalidEvent.
	ErrShared = fmt.Errorf("%w", ErrInvalidEvent)
	// ErrInvalidFilter is wrapped by every error about what a reader asks for.
	ErrInvalidFilter = errors.New("audit: invalid filter")
)

// FieldError says which input is wrong, why, and what to do about it. It wraps its
// Kind. Several can be joined: walk them with [FieldErrors].
type FieldError struct {
	// Field names the input: a struct field's path, or a URL parameter.
	Field string
	// Value is the offending value, cut to a readable length. It is empty
	// where the value could be a secret.
	Value string
	// Problem says what is wrong with it, Remedy what would be right.
	Problem, Remedy string
	// Kind is the error that this one is a case of: ErrInvalidEvent,
	// ErrInvalidFilter or retention.ErrInvalid.
	Kind error
}

// Error implements error.
func (e *FieldError) Error() string {
	msg := e.Kind.Error() + ": " + e.Field
	if e.Value != "" {
		msg += " " + stored.Quote(e.Value)
	}
	msg += ": " + e.Problem
	if e.Remedy != "" {
		msg += "; " + e.Remedy
	}
	return msg
}

// Unwrap returns the error that it is a case of, such as ErrInvalidEvent.
func (e *FieldError) Unwrap() error { return e.Kind }

// FieldErrors returns every [*FieldError] that err wraps or joins, in order.
func FieldErrors(err error) []*FieldError {
	switch e := err.(type) {
	case nil:
		return nil
	case *FieldError:
		return []*FieldError{e}
	case interface{ Unwrap() []error }:
		var all []*FieldError
		for _, one := range e.Unwrap() {
			all = append(all, FieldErrors(one)...)
		}
		return all
	default:
		return FieldErrors(errors.Unwrap(err))
	}
}

func invalidEvent(field, value, problem, remedy string) error {
	return &FieldError{Field: field, Value: value, Problem: problem, Remedy: remedy, Kind: ErrInvalidEvent}
}

func invalidFilter(field, value, problem, remedy string) error {
	return &FieldError{Field: field, Value: value, Problem: problem, Remedy: remedy, Kind: ErrInvalidFilter}
}
