package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// texts are in byte order, not in a language's order: capitals before small
// letters, and characters beyond U+FFFF last.
var texts = []string{"", " ", "-", "A", "Z", "_", "a", "a ", "a-b", "aa", "ab", "b", "z", "~", "é", "日本", "\uFFFD", "😀"}

// Each column has its order, and descending is ascending exactly reversed.
func testOrder(t *testing.T, b Backend) {
	for _, test := range []struct {
		column audit.Column
		values []string
		set    func(*audit.Entry, string)
	}{
		{audit.ByObjectType, texts, func(e *audit.Entry, v string) { e.Object.Type = v }},
		{audit.ByAction, texts, func(e *audit.Entry, v string) { e.Action = audit.Action(v) }},
		{audit.ByActorEmail, texts, func(e *audit.Entry, v string) { e.Actor.Email = v }},
		{
			audit.ByChanges,
			[]string{"", "Name", "email", "email,name", "email.city", "name", "ø"},
			func(e *audit.Entry, v string) {
				if v == "email,name" {
					e.Changes = audit.Changes{{Field: "email"}, {Field: "name"}}
				} else if v != "" {
					e.Changes = audit.Changes{{Field: v}}
				}
			},
		},
		{
			audit.ByObjectID, // numbers in numeric order, before all texts
			[]string{"-100", "-21", "-20", "-3", "0", "7", "10", "99", "100", "18446744073709551616", "", "-0", "007", "1.5", "1e3", "A", "a", "٣"},
			func(e *audit.Entry, v string) { e.Object.ID = v },
		},
		{
			audit.ByIPAddress, // none, IPv4, IPv6
			[]string{"", "0.0.0.0", "9.9.9.9", "10.0.0.1", "10.0.0.20", "192.168.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "2001:db8::a", "ff02::1"},
			func(e *audit.Entry, v string) { e.IP = address(v) },
		},
		{audit.ByTimestamp, texts, func(*audit.Entry, string) {}},
	} {
		t.Run(string(test.column), func(t *testing.T) {
			// Each value occurs twice, the second time among the newest
			// entries. Each test has its own organization.
			entries := entriesOf(append(slices.Clone(test.values), test.values...), test.set)
			if test.column != audit.ByTimestamp {
				n := len(test.values)
				var paired []audit.Entry
				for i := range test.values {
					paired = append(paired, entries[i], entries[n+i])
				}
				entries = paired
			}
			for i := range entries {
				entries[i].Org = string(test.column)
			}
			seed(t, b.Store, entries)

			walk := audit.Walk{Filter: audit.Filter{Org: string(test.column)}, Sort: audit.Sort{By: test.column, Dir: audit.Ascending}}
			requireSame(t, entries, list(t, b.Store, walk), "ascending")
			slices.Reverse(entries)
			walk.Sort.Dir = audit.Descending
			requireSame(t, entries, list(t, b.Store, walk), "descending")
			slices.Reverse(entries)
			walk.Backward = true
			requireSame(t, entries, list(t, b.Store, walk), "descending, backward")
		})
	}
}

// sameInstant returns entries of the same time, with few distinct values in
// every column.
func sameInstant(n int) []audit.Entry {
	entries := make([]audit.Entry, n)
	for i := range entries {
		e := newEntry(epoch)
		e.Action = []audit.Action{audit.ActionCreate, audit.ActionUpdate}[i%2]
		e.Object = audit.Object{Type: []string{"", "api_key", "end_user"}[i%3], ID: fmt.Sprint(i % 4)}
		e.Actor.Email = []string{"", "ada@example.com"}[i%5/4]
		e.IP = address([]string{"", "10.0.0.1", "::1"}[i%7%3])
		if i%3 > 0 {
			e.Changes = audit.Changes{{Field: "name"}}
		}
		entries[i] = e
	}
	return entries
}

// A walk by cursors meets every entry once, in either direction.
func testKeyset(t *testing.T, b Backend) {
	entries := sameInstant(100)
	seed(t, b.Store, entries)
	for _, s := range sorts() {
		want := sorted(entries, s)
		for _, backward := range []bool{false, true} {
			if backward {
				slices.Reverse(want)
			}
			var got []audit.Entry
			walk := audit.Walk{Sort: s, Backward: backward, Limit: 7}
			for len(got) <= len(want) {
				part := list(t, b.Store, walk)
				require.LessOrEqual(t, len(part), walk.Limit)
				got = append(got, part...)
				if len(part) < walk.Limit {
					break
				}
				walk.After = audit.CursorAt(part[len(part)-1], s)
			}
			requireSame(t, want, got, fmt.Sprintf("%v, backward %v", s, backward))
		}
	}
}

// Pages by number are parts of the same order, and end where it ends.
func testOffset(t *testing.T, b Backend) {
	entries := sameInstant(50)
	seed(t, b.Store, entries)
	for _, s := range sorts() {
		want := sorted(entries, s)
		after := audit.CursorAt(want[9], s)
		for _, offset := range []int{0, 1, 20, 45, 49, 50, 1000} {
			walk := audit.Walk{Sort: s, Offset: offset, Limit: 10}
			requireSame(t, part(want, offset, 10), list(t, b.Store, walk), fmt.Sprintf("%v, offset %d", s, offset))
			walk.After = after
			requireSame(t, part(want[10:], offset, 10), list(t, b.Store, walk), fmt.Sprintf("%v, offset %d after a cursor", s, offset))
		}
	}
}

// part returns at most limit of the entries, after so many.
func part(entries []audit.Entry, offset, limit int) []audit.Entry {
	entries = entries[min(offset, len(entries)):]
	return entries[:min(limit, len(entries))]
}
