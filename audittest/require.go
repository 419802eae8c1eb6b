package audittest

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/auditkeep/audit"
)

// Want describes an entry: one fits if it has everything that is given here.
// The zero Want fits every entry of the log's own organization.
type Want struct {
	// Org defaults to the log's Config.Org.
	Org string
	// Action, Type (of the object), ID (of the object) and User (an email)
	// default to any.
	Action   audit.Action
	Type, ID string
	User     string
	// Fields are names of fields that must be among those changed.
	Fields []string
}

func (w Want) fits(e audit.Entry) bool {
	either := func(want, got string) bool { return want == "" || want == got }
	fields := e.Changes.Fields()
	return either(string(w.Action), string(e.Action)) &&
		either(w.Type, e.Object.Type) && either(w.ID, e.Object.ID) && either(w.User, e.Actor.Email) &&
		!slices.ContainsFunc(w.Fields, func(field string) bool { return !slices.Contains(fields, field) })
}

// String describes the want as entries are described in a failure.
func (w Want) String() string {
	const anything = "(any)"
	return describe(w.Org, cmp.Or(string(w.Action), anything), cmp.Or(w.Type, anything), cmp.Or(w.ID, anything), cmp.Or(w.User, anything), w.Fields)
}

// RequireRecorded fails the test at once unless there is an entry for each
// want, in this order within an organization; other entries may lie before,
// between and behind. It reads what is committed.
func RequireRecorded(t testing.TB, log *audit.Log, want ...Want) {
	t.Helper()
	rests := map[string][]audit.Entry{} // by organization: what is not yet taken by a want
	for i, w := range want {
		rest, known := rests[w.Org]
		if !known {
			rest = recorded(t, log, w.Org)
		}
		found := slices.IndexFunc(rest, w.fits)
		if found < 0 {
			t.Fatalf("not recorded, want %d of %d:\n\t%s\n%s", i+1, len(want), w, listing(recorded(t, log, w.Org)))
		}
		rests[w.Org] = rest[found+1:]
	}
}

// RequireNotRecorded fails the test at once if an entry fits one of the wants,
// or, with no want, if the log's own organization has any entry.
func RequireNotRecorded(t testing.TB, log *audit.Log, want ...Want) {
	t.Helper()
	if len(want) == 0 {
		want = []Want{{}}
	}
	for _, w := range want {
		entries := recorded(t, log, w.Org)
		if slices.ContainsFunc(entries, w.fits) {
			t.Fatalf("recorded, but should not be:\n\t%s\n%s", w, listing(entries))
		}
	}
}

// recorded returns the organization's entries, the oldest first.
func recorded(t testing.TB, log *audit.Log, org string) []audit.Entry {
	t.Helper()
	var entries []audit.Entry
	oldestFirst := audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}
	for e, err := range log.All(t.Context(), audit.Filter{Org: org}, oldestFirst) {
		if err != nil {
			t.Fatalf("reading the log: %v", err)
		}
		entries = append(entries, e)
	}
	return entries
}

func listing(entries []audit.Entry) string {
	if len(entries) == 0 {
		return "recorded: nothing"
	}
	var text strings.Builder
	text.WriteString("recorded, the oldest first:")
	for _, e := range entries {
		text.WriteString("\n\t" + describe(e.Org, string(e.Action), e.Object.Type, e.Object.ID, e.Actor.Email, e.Changes.Fields()))
	}
	return text.String()
}

// describe returns "update api_key 42 by ada@example.com in acme: name, email".
func describe(org, action, kind, id, user string, fields []string) string {
	text := action + " " + kind + " " + id + " by " + cmp.Or(user, "nobody")
	if org != "" {
		text += " in " + org
	}
	if len(fields) > 0 {
		text += ": " + strings.Join(fields, ", ")
	}
	return text
}
