package audit_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// wideRecord has the 20 fields of a middling table.
type wideRecord struct {
	ID                                int64
	Name, Email, City, Country, Phone string
	Street, Zip, Note, Status, Role   string
	Age, Height, Weight, Score, Rank  int
	Active, Verified                  bool
	CreatedAt, LastSeenAt             time.Time
}

func wideRecords() (before, after wideRecord) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	before = wideRecord{
		ID: 123456, Name: "Dana", Email: "dana@acme.test", City: "Oslo", Country: "Norway", Phone: "555-0100", Street: "Main Street 1",
		Zip: "0150", Note: "none", Status: "active", Role: "viewer", Age: 41, Height: 170, Weight: 70, Score: 9, Rank: 3,
		Active: true, CreatedAt: now, LastSeenAt: now,
	}
	after = before
	// Texts of their own, as two rows of a database have them: comparing a text
	// with itself would cost nothing.
	v := reflect.ValueOf(&after).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.String {
			f.SetString(string([]byte(f.String())))
		}
	}
	after.Name, after.City, after.Score, after.Verified, after.LastSeenAt = "Dana B.", "Bergen", 10, true, now.Add(time.Hour)
	return before, after
}

// handDiff is what a host would write for this one type, were it to make the
// same changes, in memory that it has already: the floor.
func handDiff(a, b *wideRecord, texts []byte, room audit.Changes) audit.Changes {
	h := hand{texts: texts[:0], changes: room[:0]}
	h.int("id", a.ID, b.ID)
	h.text("name", a.Name, b.Name)
	h.text("email", a.Email, b.Email)
	h.text("city", a.City, b.City)
	h.text("country", a.Country, b.Country)
	h.text("phone", a.Phone, b.Phone)
	h.text("street", a.Street, b.Street)
	h.text("zip", a.Zip, b.Zip)
	h.text("note", a.Note, b.Note)
	h.text("status", a.Status, b.Status)
	h.text("role", a.Role, b.Role)
	h.int("age", int64(a.Age), int64(b.Age))
	h.int("height", int64(a.Height), int64(b.Height))
	h.int("weight", int64(a.Weight), int64(b.Weight))
	h.int("score", int64(a.Score), int64(b.Score))
	h.int("rank", int64(a.Rank), int64(b.Rank))
	h.bool("active", a.Active, b.Active)
	h.bool("verified", a.Verified, b.Verified)
	h.time("created_at", a.CreatedAt, b.CreatedAt)
	h.time("last_seen_at", a.LastSeenAt, b.LastSeenAt)
	all, start := string(h.texts), 0
	for i := range h.changes {
		h.changes[i].Old = audit.CanonicalValue(all[start:h.ends[2*i]])
		h.changes[i].New = audit.CanonicalValue(all[h.ends[2*i]:h.ends[2*i+1]])
		start = h.ends[2*i+1]
	}
	return h.changes
}

type hand struct {
	texts   []byte
	ends    [2 * 6]int
	changes audit.Changes
}

func (h *hand) end(field string, oldEnd int) {
	n := len(h.changes)
	h.ends[2*n], h.ends[2*n+1] = oldEnd, len(h.texts)
	h.changes = append(h.changes, audit.Change{Field: field})
}

func (h *hand) int(field string, a, b int64) {
	if a == b {
		return
	}
	h.texts = strconv.AppendInt(h.texts, a, 10)
	oldEnd := len(h.texts)
	h.texts = strconv.AppendInt(h.texts, b, 10)
	h.end(field, oldEnd)
}

func (h *hand) bool(field string, a, b bool) {
	if a == b {
		return
	}
	h.texts = strconv.AppendBool(h.texts, a)
	oldEnd := len(h.texts)
	h.texts = strconv.AppendBool(h.texts, b)
	h.end(field, oldEnd)
}

func (h *hand) text(field, a, b string) {
	if a == b {
		return
	}
	h.texts = strconv.AppendQuote(h.texts, a)
	oldEnd := len(h.texts)
	h.texts = strconv.AppendQuote(h.texts, b)
	h.end(field, oldEnd)
}

func (h *hand) time(field string, a, b time.Time) {
	if a.Equal(b) {
		return
	}
	h.texts = append(a.UTC().AppendFormat(append(h.texts, '"'), time.RFC3339Nano), '"')
	oldEnd := len(h.texts)
	h.texts = append(b.UTC().AppendFormat(append(h.texts, '"'), time.RFC3339Nano), '"')
	h.end(field, oldEnd)
}

// sideBySide times one call of each, taking turns, and reports the median of
// the others' times as multiples of the first's.
func sideBySide(b *testing.B, floor func(), others map[string]func()) {
	b.Helper()
	const calls = 500
	timed := func(f func()) float64 {
		start := time.Now()
		for range calls {
			f()
		}
		return float64(time.Since(start).Nanoseconds()) / calls
	}
	times := map[string][]float64{}
	for b.Loop() {
		base := timed(floor)
		times["floor-ns"] = append(times["floor-ns"], base)
		for name, f := range others {
			took := timed(f)
			times[name+"-ns"] = append(times[name+"-ns"], took)
			times[name+"-x"] = append(times[name+"-x"], took/base)
		}
	}
	for name, all := range times {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], name)
	}
	b.ReportMetric(0, "ns/op") // of all of them together: says nothing
}

// BenchmarkDiff holds the difference of two records, 5 of 20 fields changed,
// and the whole entry made of it, against hand-written code.
func BenchmarkDiff(b *testing.B) {
	before, after := wideRecords()
	log := newLog(b, audit.Config{})
	ctx := context.Background()
	event := audit.Updated(&before, &after)
	room := make(audit.Changes, 6) // as Prepare has it beside its entry
	texts := make([]byte, 0, 1024)
	changes, err := log.Diff(&event, nil)
	require.NoError(b, err)
	require.Equal(b, handDiff(&before, &after, texts, room), changes, "the floor does the same")

	diff := func() {
		if _, err := log.Diff(&event, room); err != nil {
			b.Fatal(err)
		}
	}
	prepare := func() {
		if _, err := log.Prepare(ctx, audit.Updated(&before, &after)); err != nil {
			b.Fatal(err)
		}
	}
	hand := func() { handDiff(&before, &after, texts, room) }
	sideBySide(b, hand, map[string]func(){"diff": diff, "prepare": prepare})
	b.ReportMetric(testing.AllocsPerRun(1000, hand), "floor-allocs")
	b.ReportMetric(testing.AllocsPerRun(1000, diff), "diff-allocs")
	b.ReportMetric(testing.AllocsPerRun(1000, prepare), "prepare-allocs")
}

// BenchmarkMarshalBoth is what comparing by JSON costs before any comparison.
func BenchmarkMarshalBoth(b *testing.B) {
	before, after := wideRecords()
	b.ReportAllocs()
	for b.Loop() {
		for _, record := range []*wideRecord{&before, &after} {
			text, err := json.Marshal(record)
			if err != nil {
				b.Fatal(err)
			}
			var fields map[string]any
			if err := json.Unmarshal(text, &fields); err != nil {
				b.Fatal(err)
			}
		}
	}
}
