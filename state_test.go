package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// change writes a change as "field old -> new"; "-" is an absent side.
func change(t testing.TB, field, before, after string) audit.Change {
	t.Helper()
	value := func(text string) audit.Value {
		if text == "-" {
			text = ""
		}
		v, err := audit.ParseValue(text)
		require.NoError(t, err)
		return v
	}
	return audit.Change{Field: field, Old: value(before), New: value(after)}
}

func stateText(s audit.State) string {
	text := map[audit.Presence]string{audit.ObjectUnknown: "unknown", audit.ObjectPresent: "present", audit.ObjectDestroyed: "destroyed"}[s.Presence]
	if !s.Complete {
		text += " incomplete"
	}
	for _, f := range s.Fields() {
		text += " " + f.Field + "=" + f.Value.JSON()
	}
	for _, g := range s.Unrecorded {
		text += fmt.Sprintf(" !%s:%s/%s", g.Field, g.Left.JSON(), g.Found.JSON())
	}
	return text
}

func TestState(t *testing.T) {
	t.Parallel()
	type step struct {
		action  audit.Action
		changes [][3]string
		want    string
	}
	const secret = `{"$audit":"redacted"}`
	for name, steps := range map[string][]step{
		"a life": {
			{audit.ActionCreate, [][3]string{{"name", "-", `"a"`}, {"note", "-", "null"}, {"age", "-", "1"}}, `present name="a" note=null age=1`},
			{audit.ActionUpdate, [][3]string{{"age", "1", "2"}}, `present name="a" note=null age=2`},
			{"archived", nil, `present name="a" note=null age=2`},
			{audit.ActionUpdate, [][3]string{{"note", "null", "-"}, {"tag", "-", `""`}}, `present name="a" age=2 tag=""`},
			{audit.ActionDestroy, [][3]string{{"name", `"a"`, "-"}, {"age", "2", "-"}, {"tag", `""`, "-"}}, `destroyed`},
			{audit.ActionCreate, [][3]string{{"name", "-", `"b"`}}, `present name="b"`},
		},
		"no create": {
			{"viewed", nil, `unknown incomplete`},
			{audit.ActionUpdate, [][3]string{{"name", `"a"`, `"b"`}}, `present incomplete name="b"`},
			{audit.ActionUpdate, [][3]string{{"age", "1", "-"}}, `present incomplete name="b"`},
			{audit.ActionDestroy, [][3]string{{"name", `"b"`, "-"}, {"other", "1", "-"}}, `destroyed`},
		},
		"paths": {
			{audit.ActionCreate, [][3]string{{"meta.a", "-", "1"}, {"meta.b", "-", "2"}, {"x", "-", "0"}, {"empty", "-", "{}"}}, `present meta.a=1 meta.b=2 x=0 empty={}`},
			{audit.ActionUpdate, [][3]string{{"meta.b", "2", "-"}, {"empty.k", "-", `[{}]`}}, `present meta.a=1 x=0 empty.k=[{}]`},
			{audit.ActionUpdate, [][3]string{{"meta.a", "1", "-"}}, `present meta={} x=0 empty.k=[{}]`},
			{audit.ActionUpdate, [][3]string{{"meta", "{}", "null"}}, `present meta=null x=0 empty.k=[{}]`},
			{audit.ActionUpdate, [][3]string{{"meta", "null", `{"c":{"d":1},"dot.ted":2}`}}, `present meta.c.d=1 meta.dot\.ted=2 x=0 empty.k=[{}]`},
			{audit.ActionUpdate, [][3]string{{"meta.c.d", "1", "3"}}, `present meta.c.d=3 meta.dot\.ted=2 x=0 empty.k=[{}]`},
			{audit.ActionUpdate, [][3]string{{"meta", `{"c":{"d":3},"dot.ted":2}`, "-"}}, `present x=0 empty.k=[{}]`},
		},
		"paths without a create": {
			{audit.ActionUpdate, [][3]string{{"meta.a", "1", "2"}}, `present incomplete meta.a=2`},
			{audit.ActionUpdate, [][3]string{{"meta.a", "2", "-"}}, `present incomplete`},
			{audit.ActionUpdate, [][3]string{{"meta", `{"z":1}`, "5"}}, `present incomplete meta=5`},
		},
		"names that begin alike": {
			{audit.ActionCreate, [][3]string{{"a", "-", "1"}, {"ab", "-", "2"}, {"a b.c", "-", "3"}}, `present a=1 ab=2 a b.c=3`},
			{audit.ActionUpdate, [][3]string{{"a", "1", "-"}}, `present ab=2 a b.c=3`},
		},
		"gaps": {
			{audit.ActionCreate, [][3]string{{"name", "-", `"a"`}, {"meta.a", "-", "1"}}, `present name="a" meta.a=1`},
			{audit.ActionUpdate, [][3]string{{"name", `"z"`, `"b"`}}, `present name="b" meta.a=1 !name:"a"/"z"`},
			{audit.ActionUpdate, [][3]string{{"other", "1", "2"}}, `present name="b" meta.a=1 other=2 !name:"a"/"z" !other:/1`},
			{audit.ActionUpdate, [][3]string{{"meta", `{"a":7}`, `null`}}, `present name="b" meta=null other=2 !name:"a"/"z" !other:/1 !meta:{"a":1}/{"a":7}`},
		},
		"marks": {
			{audit.ActionCreate, [][3]string{{"token", "-", secret}, {"list", "-", `[` + secret + `]`}}, `present token=` + secret + ` list=[` + secret + `]`},
			{audit.ActionUpdate, [][3]string{{"token", secret, secret}, {"list", `[1]`, `[2]`}}, `present token=` + secret + ` list=[2]`},
		},
		"left out for want of room": {
			{audit.ActionCreate, [][3]string{{"a", "-", "1"}, {"…", "-", `{"$audit":"cut","items":3}`}}, `present incomplete a=1`},
			{audit.ActionCreate, [][3]string{{"a", "-", "1"}}, `present a=1`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var state audit.State
			for i, step := range steps {
				entry := audit.Entry{ID: audit.FirstID(time.UnixMicro(int64(i + 1))), Action: step.action}
				for _, c := range step.changes {
					entry.Changes = append(entry.Changes, change(t, c[0], c[1], c[2]))
				}
				before := stateText(state)
				clone := state.Clone()
				state.Apply(entry)
				assert.Equal(t, step.want, stateText(state), "step %d", i+1)
				assert.Equal(t, before, stateText(clone), "a clone is not touched")
				assert.Equal(t, entry.ID, state.Last)
			}
		})
	}
}

func TestStateSince(t *testing.T) {
	t.Parallel()
	id := func(n int64) audit.ID { return audit.FirstID(time.UnixMicro(n)) }
	var state audit.State
	assert.True(t, state.First.IsZero())
	state.Apply(audit.Entry{ID: id(1), Action: audit.ActionCreate, Changes: audit.Changes{change(t, "a", "-", "1"), change(t, "b", "-", "1")}})
	state.Apply(audit.Entry{ID: id(2), Action: audit.ActionUpdate, Changes: audit.Changes{change(t, "b", "1", "2")}})
	assert.Equal(t, id(1), state.First)
	assert.Equal(t, []audit.ID{id(1), id(2)}, []audit.ID{state.Fields()[0].Since, state.Fields()[1].Since})
	assert.Equal(t, "2", state.Get("b").JSON())
	assert.True(t, state.Get("c").IsAbsent())
}

// FuzzState records the changes of a JSON object and folds them again: the
// state is the object, however it changed.
func FuzzState(f *testing.F) {
	f.Add(`{"a":1,"meta":{"x":{"y":2},"z":[1,{}]}}`, `{"a":1,"meta":{"x":{}}}`, `{"b":null,"meta":null}`)
	f.Add(`{"a.b":{"c\\":1},"":{"":1}}`, `{"a.b":{},"":{}}`, `{"a":{"b":1}}`)
	f.Add(`{}`, `{"m":{}}`, `{"m":{"a":{"b":{}}}}`)
	f.Fuzz(func(t *testing.T, first, second, third string) {
		var versions []map[string]any
		for _, text := range []string{first, second, third} {
			var m map[string]any
			if len(text) > 300 || json.Unmarshal([]byte(text), &m) != nil || m == nil {
				t.Skip()
			}
			delete(m, "id")
			for _, ignored := range []string{"updated_at", "lock_version"} {
				delete(m, ignored)
			}
			versions = append(versions, m)
		}
		ctx := context.Background()
		trail, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
		require.NoError(t, err)
		var state audit.State
		for i := range versions {
			event := audit.Created(versions[i])
			if i > 0 {
				event = audit.Updated(versions[i-1], versions[i])
			}
			entries, err := trail.Prepare(ctx, event.WithObject(audit.Object{Type: "thing", ID: "1"}))
			if err != nil {
				t.Skip() // shared or too deep
			}
			for _, entry := range entries {
				state.Apply(entry)
			}
			var fresh audit.State
			entries, err = trail.Prepare(ctx, audit.Created(versions[i]).WithObject(audit.Object{Type: "thing", ID: "1"}))
			require.NoError(t, err)
			fresh.Apply(entries[0])
			require.Empty(t, state.Unrecorded)
			if !state.Complete || !fresh.Complete {
				t.Skip() // cut because it was too large
			}
			want, got := map[string]string{}, map[string]string{}
			for _, f := range fresh.Fields() {
				want[f.Field] = f.Value.JSON()
			}
			for _, f := range state.Fields() {
				got[f.Field] = f.Value.JSON()
			}
			require.Equal(t, want, got, "version %d", i+1)
		}
	})
}

// A value that is deep, or has long keys, is taken apart as far as recording
// would take it apart, and no further.
func TestStateTakesDeepValuesApart(t *testing.T) {
	t.Parallel()
	const depth = 1000
	deep, err := audit.ParseValue(strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth))
	require.NoError(t, err)
	long, err := audit.ParseValue(`{"in":{"` + strings.Repeat("k", 250) + `":1,"x":2},"y":3}`)
	require.NoError(t, err)
	var s audit.State
	s.Apply(audit.Entry{ID: audit.NewID(), Action: audit.ActionCreate, Changes: audit.Changes{{Field: "deep", New: deep}, {Field: "long", New: long}}})
	fields := s.Fields()
	require.Len(t, fields, 3)
	assert.Equal(t, "deep"+strings.Repeat(".a", 125), fields[0].Field, "254 bytes: the next path would be too long for a change")
	assert.Equal(t, []string{"long.in", "long.y"}, []string{fields[1].Field, fields[2].Field})

	// What is taken apart is still known as a whole.
	s.Apply(audit.Entry{ID: audit.NewID(), Action: audit.ActionUpdate, Changes: audit.Changes{{Field: "deep", Old: deep, New: long}, {Field: "long", Old: long}}})
	assert.Empty(t, s.Unrecorded)
	assert.Len(t, s.Fields(), 2)
	before := s.Clone()
	s.Apply(audit.Entry{ID: audit.NewID(), Action: audit.ActionUpdate, Changes: audit.Changes{{Field: "deep.y", Old: long, New: audit.Value{}}}})
	assert.Len(t, s.Unrecorded, 1)
	assert.Len(t, s.Fields(), 1)
	assert.Len(t, before.Fields(), 2, "a clone stays as it was")
}

// BenchmarkStateOfManyFields replaces each of many objects: the time must grow
// with their number, not with its square.
func BenchmarkStateOfManyFields(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		one, err := audit.ParseValue(`{"x":1}`)
		require.NoError(b, err)
		two, err := audit.ParseValue(`{"x":2}`)
		require.NoError(b, err)
		created, updated := audit.Entry{ID: audit.NewID(), Action: audit.ActionCreate}, audit.Entry{ID: audit.NewID(), Action: audit.ActionUpdate}
		for i := range n {
			field := fmt.Sprintf("f%d", i)
			created.Changes = append(created.Changes, audit.Change{Field: field, New: one})
			updated.Changes = append(updated.Changes, audit.Change{Field: field, Old: one, New: two})
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				var s audit.State
				s.Apply(created)
				s.Apply(updated)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/field")
		})
	}
}
