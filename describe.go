package audit

import (
	"fmt"
	"reflect"
)

// FieldRule says what becomes of one field of a struct when it is recorded.
type FieldRule struct {
	// Field is the name it is recorded under, a path for structs within; of one
	// that is left out, the name it would have.
	Field string
	// Handling is what becomes of it, Reason why, where that is not plain.
	Handling FieldHandling
	Reason   string
}

// FieldHandling is what becomes of a field.
type FieldHandling string

// The ways to handle a field.
const (
	FieldRecorded FieldHandling = "recorded"
	FieldRedacted FieldHandling = "redacted" // that it changed is recorded, its value never
	FieldIdentity FieldHandling = "identity" // it is the object's ID, and no change
	FieldLeftOut  FieldHandling = "left out"
)

// String returns "name: recorded", with the reason in brackets.
func (r FieldRule) String() string {
	if r.Reason == "" {
		return r.Field + ": " + string(r.Handling)
	}
	return fmt.Sprintf("%s: %s (%s)", r.Field, r.Handling, r.Reason)
}

// Describe says what would be recorded of a struct like x, or of what x points
// to: every field, in the struct's order, with those left out and why. What
// maps and JSON hold is decided by their keys when they are recorded.
func (l *Log) Describe(x any) ([]FieldRule, error) {
	t := reflect.TypeOf(x)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil, invalidEvent(fmt.Sprintf("%T", x), "", "not a struct", "give one, or a pointer to one")
	}
	found, err := l.engine.Describe(t)
	if err != nil {
		return nil, asFieldError(err)
	}
	rules := make([]FieldRule, len(found))
	for i, r := range found {
		rules[i] = FieldRule{Field: r.Field, Handling: FieldHandling(r.Handling), Reason: r.Reason}
	}
	return rules, nil
}
