package audittest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/auditkeep/audit"
)

// RequireNotShared fails the test at once if a copy that the host makes of a
// record shares memory with the original, so that changing the one changes the
// other. It fills every pointer, list and map of a T, runs the host's own copy
// function on it, and names the recorded fields that both share:
//
//	audittest.RequireNotShared(t, func(before Key) Key { return before.Clone() })
//
// Without this test, such a copy fails only in production, when a field is not
// nil that is nil in all other tests: [audit.Log.Record] then returns
// [audit.ErrShared]. T is a struct, a pointer to one, or a map. Interfaces
// other than any stay nil. The config is the host's own, if it ignores fields;
// it defaults to the zero one.
func RequireNotShared[T any](t testing.TB, copyOf func(T) T, config ...audit.Config) {
	t.Helper()
	conf := audit.Config{}
	if len(config) > 0 {
		conf = config[0]
	}
	conf.Shared = audit.SharedRefused
	if conf.Org == "" {
		conf.Org = Org
	}
	log, err := audit.New(NewStore(), conf)
	if err != nil {
		t.Fatalf("audittest: %v", err)
	}
	var original T
	fill(reflect.ValueOf(&original).Elem(), maxFill)
	made := copyOf(original)
	_, err = log.Prepare(context.Background(), audit.Updated(original, made).WithObject(audit.Object{Type: "copy", ID: "1"}))
	if errors.Is(err, audit.ErrShared) {
		t.Fatalf("audittest: the copy of %s shares memory with the original: %v", reflect.TypeFor[T](), err)
	}
	if problem := unusable(err, reflect.TypeFor[T]()); problem != nil {
		t.Fatalf("audittest: the copy of %s was not compared: %v", reflect.TypeFor[T](), problem)
	}
}

// unusable returns the errors about the record as a whole, after which nothing
// was compared. The other errors are about values that a real record would not
// have.
func unusable(err error, of reflect.Type) error {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	for _, field := range audit.FieldErrors(err) {
		if field.Field == "before" || field.Field == "after" || field.Field == of.String() {
			return field
		}
	}
	return nil
}
