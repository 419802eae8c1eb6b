package faults

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/auditkeep/audit"
)

// found is what a database holds in the end.
type found struct {
	rows    map[string]string        // the host's: note by "operation/item"
	entries map[string][]audit.Entry // by the object's ID, which is the same
}

// compare returns what does not fit together, each under one word.
func compare(intents map[string]intent, f found) (faults []string) {
	fault := func(kind, name, detail string) {
		text := kind + ": " + name
		if in, ok := intents[name]; ok {
			text += fmt.Sprintf(" (%s, %s, %d items, %s)", in.Way, in.Fault, in.Items, in.outcome)
		}
		faults = append(faults, text+" "+detail)
	}
	rows, entries := map[string]int{}, map[string]int{}
	for key := range f.rows {
		name, _, _ := strings.Cut(key, "/")
		rows[name]++
	}
	for key, all := range f.entries {
		name, _, _ := strings.Cut(key, "/")
		entries[name]++
		if len(all) > 1 {
			fault("doubled", name, fmt.Sprintf("%d entries of %s", len(all), key))
		}
		if given := intents[name].Given; len(given) > 0 && !slices.Contains(given, all[0].ID) {
			fault("forged", name, "an ID that the host has not given")
		}
		if note, ok := f.rows[key]; ok && noteOf(all[0]) != note {
			fault("torn", name, fmt.Sprintf("the row says %q, the entry %q", note, noteOf(all[0])))
		}
	}
	for name, in := range intents {
		r, e := rows[name], entries[name]
		switch {
		case r == in.Items && e == 0:
			fault("lost", name, "the change is there, its entries are not")
		case r == 0 && e > 0:
			fault("phantom", name, fmt.Sprintf("%d entries of no change", e))
		case r != e, r != 0 && r != in.Items:
			fault("torn", name, fmt.Sprintf("%d rows, %d entries", r, e))
		}
		switch {
		case in.outcome == committed && (r == 0 || e == 0):
			fault("forgotten", name, fmt.Sprintf("%d rows, %d entries", r, e))
		case in.outcome == failed && (r > 0 || e > 0):
			fault("denied", name, fmt.Sprintf("%d rows, %d entries", r, e))
		}
	}
	for _, all := range []map[string]int{rows, entries} {
		for name := range all {
			if _, ok := intents[name]; !ok {
				fault("unheard of", name, "no intent")
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// noteOf returns the order's note in an entry.
func noteOf(e audit.Entry) string {
	for _, change := range e.Changes {
		if change.Field == "note" {
			return change.New.Text()
		}
	}
	return ""
}

func noteValue(text string) audit.Value {
	value, err := audit.ParseValue(strconv.Quote(text))
	if err != nil {
		panic(err) // a slip of the pen in a test
	}
	return value
}

// The checker finds what it is there to find.
func TestCompare(t *testing.T) {
	t.Parallel()
	id := audit.NewID()
	intents := map[string]intent{
		"a": {line{Operation: "a", Items: 2, Given: []audit.ID{id}}, committed},
		"b": {line{Operation: "b", Items: 1}, failed},
	}
	entry := func() audit.Entry {
		return audit.Entry{ID: id, Changes: audit.Changes{{Field: "note", New: noteValue("n")}}}
	}
	whole := func() found {
		return found{
			rows:    map[string]string{"a/0": "n", "a/1": "n"},
			entries: map[string][]audit.Entry{"a/0": {entry()}, "a/1": {entry()}},
		}
	}
	for want, spoil := range map[string]func(*found){
		"":                     func(*found) {},
		"lost,forgotten":       func(f *found) { clear(f.entries) },
		"phantom,forgotten":    func(f *found) { clear(f.rows) },
		"torn":                 func(f *found) { delete(f.rows, "a/0") },
		"torn ":                func(f *found) { delete(f.entries, "a/0") },
		"torn  ":               func(f *found) { f.rows["a/0"] = "other" },
		"doubled":              func(f *found) { f.entries["a/0"] = append(f.entries["a/0"], entry()) },
		"forged":               func(f *found) { f.entries["a/0"][0].ID = audit.NewID() },
		"forgotten":            func(f *found) { clear(f.rows); clear(f.entries) },
		"denied":               func(f *found) { f.rows["b/0"], f.entries["b/0"] = "n", []audit.Entry{entry()} },
		"phantom,denied":       func(f *found) { f.entries["b/0"] = []audit.Entry{entry()} },
		"unheard of,torn":      func(f *found) { f.rows["c/0"] = "n"; delete(f.rows, "a/0") },
		"unheard of":           func(f *found) { f.entries["c/0"] = []audit.Entry{entry()} },
		"denied,lost":          func(f *found) { f.rows["b/0"] = "n" },
		"torn,unheard of ":     func(f *found) { f.rows["c/0"] = "n"; delete(f.entries, "a/1") },
		"doubled,doubled":      func(f *found) { doubleAll(f) },
		"doubled,doubled,torn": func(f *found) { doubleAll(f); delete(f.rows, "a/1") },
	} {
		f := whole()
		spoil(&f)
		kinds := map[string]int{}
		for _, fault := range compare(intents, f) {
			kind, _, _ := strings.Cut(fault, ":")
			kinds[kind]++
		}
		expected := map[string]int{}
		for kind := range strings.SplitSeq(strings.TrimSpace(want), ",") {
			if kind != "" {
				expected[kind]++
			}
		}
		assert.Equal(t, expected, kinds, want)
	}
}

func doubleAll(f *found) {
	for key := range maps.Clone(f.entries) {
		f.entries[key] = append(f.entries[key], f.entries[key][0])
	}
}
