package audit

import (
	"fmt"
	"reflect"
	"slices"
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
	plan, err := l.planner.plan(t)
	if err != nil {
		return nil, err
	}
	c := fieldCollector{redactor: l.planner.redactor, root: t, flatten: true}
	if err := c.collect(t, level{}); err != nil {
		return nil, err // the plan was made the same way
	}
	has := func(fields []field, f field) bool {
		return slices.ContainsFunc(fields, func(g field) bool { return slices.Equal(f.index, g.index) })
	}
	type placed struct {
		index []int
		rule  FieldRule
	}
	var all []placed
	for _, f := range c.found {
		rule := FieldRule{Field: f.name, Handling: FieldRecorded}
		switch {
		case has(plan.ids, f):
			rule.Handling = FieldIdentity
		case has(plan.fields, f) && f.secret:
			rule.Handling = FieldRedacted
		case has(plan.fields, f):
		case slices.Contains(l.planner.ignore, f.name):
			rule.Handling, rule.Reason = FieldLeftOut, "ignored by the log's configuration"
		default:
			rule.Handling, rule.Reason = FieldLeftOut, "hidden by a field of the same name"
		}
		all = append(all, placed{f.index, rule})
	}
	for _, left := range c.left {
		all = append(all, placed{left.index, FieldRule{left.name, FieldLeftOut, left.reason}})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return slices.Compare(a.index, b.index) })
	rules := make([]FieldRule, len(all))
	for i, p := range all {
		rules[i] = p.rule
	}
	return rules, nil
}
