package diff

import (
	"reflect"
	"slices"

	"github.com/auditkeep/audit/internal/jsontext"
)

// Engine finds the changes of records. It is safe for concurrent use.
type Engine struct {
	planner    *planner
	limits     Limits
	markShared bool
}

// Config says what an Engine records.
type Config struct {
	Redact []string // further names of secrets
	Ignore []string // names at the top level that are not recorded, unless tagged
	Limits Limits   // all of them set
	// MarkShared makes a change of each field in which both sides share memory.
	// Defaults to false: then it is a Problem.
	MarkShared bool
	Naming     Naming
}

// Limits bounds what one event may hold: levels of nesting, values of one side,
// and bytes of JSON.
type Limits struct {
	Depth, Nodes, Bytes int
}

// Naming is how records name their object themselves. The zero Naming means that
// none does.
type Naming struct {
	By reflect.Type // the interface of such records
	// Object asks a pointer to a record.
	Object func(record any) (Object, bool)
}

// Object is a record's type and ID.
type Object struct {
	Type, ID string
}

// Event has the two sides of a change. Either may be invalid, but not both. The
// caller may name the object and its parent.
type Event struct {
	Before, After  reflect.Value
	Object, Parent Object
}

// New returns an Engine. A name in Config.Redact without a letter or digit is an
// error.
func New(config Config) (*Engine, error) {
	redact, err := newRedactor(config.Redact)
	if err != nil {
		return nil, err
	}
	return &Engine{
		planner: &planner{redactor: redact, naming: config.Naming, ignore: config.Ignore},
		limits:  config.Limits, markShared: config.MarkShared,
	}, nil
}

// Diff compares the sides of an event. The Result must be released. An error is a
// [*Problem], or an error of a value's method.
func (e *Engine) Diff(event *Event) (Result, error) {
	d := differ{
		planner: e.planner, limits: e.limits, left: e.limits.Bytes, draft: newDraft(),
		oneSided: !event.Before.IsValid() || !event.After.IsValid(),
	}
	object, parent, err := d.compare(event, e.markShared)
	if err != nil {
		d.draft.release()
		return Result{}, err
	}
	return d.result(object, parent), nil
}

// compare fills the draft with the changes.
func (d *differ) compare(e *Event, markShared bool) (object, parent Object, err error) {
	if err := d.planRecord(e); err != nil {
		return Object{}, Object{}, err
	}
	if d.notCompared = d.shared(e.Before, e.After); d.notCompared != nil && !markShared {
		return Object{}, Object{}, d.notCompared.refuse(d.plan)
	}
	some := e.Before
	if d.notCompared.has(Omitted) {
		some = e.After // both are one map, or before is a part of after
	}
	before, err := d.side("before", some)
	if err != nil {
		return Object{}, Object{}, err
	}
	after, err := d.side("after", e.After)
	if err != nil {
		return Object{}, Object{}, err
	}
	if before.value.IsValid() && after.value.IsValid() && before.value.Type() != after.value.Type() {
		return Object{}, Object{}, invalid("after", after.value.Type().String(), "of another type than before, which is a "+before.value.Type().String(), "give two values of one type")
	}
	if object, err = d.object(e.Object, before, after); err != nil {
		return Object{}, Object{}, err
	}
	if parent, err = d.parent(e.Parent, before.value, after.value); err != nil {
		return Object{}, Object{}, err
	}
	if d.plan == nil {
		d.compareMaps(before.tree, after.tree)
		return object, parent, nil
	}
	return object, parent, d.compareFields(before.value, after.value)
}

// Describe returns what is recorded of a struct type, in the struct's order.
func (e *Engine) Describe(t reflect.Type) ([]Rule, error) {
	plan, err := e.planner.plan(t)
	if err != nil {
		return nil, err
	}
	return slices.Clone(plan.rules), nil
}

// Field is a key and its value in canonical JSON.
type Field struct {
	Key, JSON string
}

// Fields returns the keys of a map with their values, redacted and bounded like
// the changes of an event, and the number of keys that were left out.
func (e *Engine) Fields(m map[string]any) (fields []Field, omitted int, err error) {
	n, err := newInspector(e.planner, e.limits).keys(reflect.ValueOf(m), false)
	if err != nil {
		return nil, 0, err
	}
	left := e.limits.Bytes
	for i, key := range n.keys {
		if left <= 0 {
			omitted++
			continue
		}
		field := Field{jsontext.BoundPath(jsontext.EscapeKey(key)), n.items[i].encode(max(left, minValueBytes))}
		fields = append(fields, field)
		left -= len(field.Key) + len(field.JSON) + len(`"":,`)
	}
	return fields, omitted, nil
}
