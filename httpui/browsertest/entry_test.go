package browsertest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// life is an object with a few entries of every kind, among others.
func life() []audit.Entry {
	entries := fixture.Showcase()
	changes := []audit.Changes{
		{fixture.Change("name", ``, `"ci"`), fixture.Change("scopes", ``, `["read"]`), fixture.Change("secret", ``, `{"$audit":"redacted"}`)},
		{fixture.Change("name", `"ci"`, `"deploy"`), fixture.Change("meta", ``, `{"team":"ops","note":"`+strings.Repeat("long ", 100)+`"}`)},
		{fixture.Change("name", `"staging"`, `"build"`), fixture.Change("secret", `{"$audit":"redacted"}`, `{"$audit":"redacted"}`)},
		{fixture.Change("name", `"build"`, ``)},
	}
	for i, action := range []audit.Action{audit.ActionCreate, audit.ActionUpdate, audit.ActionUpdate, audit.ActionDestroy} {
		e := fixture.Entry(fixture.Now.Add(time.Duration(i-10)*time.Minute), 40+i)
		e.Object, e.Action, e.Changes = audit.Object{Type: "api_key", ID: "keys/7"}, action, changes[i]
		e.RequestID, e.UserAgent = "req-1", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
		entries = append(entries, e)
	}
	return entries
}

// TestEntryAndHistory goes from the list to an entry, through the list, to the
// object, compares two of its states, and narrows the list, without a script.
func TestEntryAndHistory(t *testing.T) {
	t.Parallel()
	for _, l := range []look{{1440, "light", false}, {390, "dark", false}, {320, "light", false}} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			b := open(t, l, life()...)
			b.visit("?object_type=api_key&record_id=keys%2F7")
			assert.Len(t, b.column(1), 4)
			b.follow("#audit-log tbody tr:nth-child(2) td:nth-child(1) a")
			assert.Equal(t, "?object_type=api_key&record_id=keys%2F7", b.url(), "the query stays")
			assert.Equal(t, "Entry", eval[string](b, "document.querySelector('h1').innerText"))
			b.check(l)
			b.click(".audit-raw > summary")
			assert.Contains(t, eval[string](b, "document.querySelector('.audit-raw pre').innerText"), `"$audit": "redacted"`)
			b.check(l)
			at := eval[string](b, "location.pathname")
			b.follow("a[rel=next]")
			b.follow("a[rel=prev]")
			assert.Equal(t, at, eval[string](b, "location.pathname"))

			b.link("All entries of this request")
			assert.Len(t, b.column(1), 4)
			b.follow("#audit-log tbody tr:nth-child(1) td:nth-child(3) a")
			assert.Equal(t, "History of API Key keys/7", eval[string](b, "document.querySelector('h1').innerText"))
			b.check(l)
			b.click(`li:nth-child(4) input[name=a]`)
			b.click(`li:nth-child(2) input[name=b]`)
			b.follow(".audit-timeline .audit-bar button")
			assert.Equal(t, []string{"name", "secret (changed)", "meta.note", "meta.team"}, eval[[]string](b, "[...document.querySelectorAll('#audit-comparison tbody th')].map(c => c.innerText)"))
			b.check(l)
			b.follow(`li:nth-child(2) p a[href*="at="]`)
			assert.Contains(t, eval[string](b, "document.querySelector('#audit-state').innerText"), "changed without being recorded")
			b.check(l)

			b.follow(`li:nth-child(3) a[href*="entries/"]`)
			b.follow(`a[aria-label="Exclude Action: update"]`)
			assert.NotContains(t, b.column(4), "~ update")
			assert.Contains(t, b.url(), "not_action=update")
			b.follow("#audit-log tbody tr:nth-child(1) td:nth-child(1) a")
			b.follow(`a[aria-label="Only Action: destroy"]`)
			assert.Equal(t, []string{"− destroy"}, b.column(4))
			b.follow("#audit-log tbody tr:nth-child(1) td:nth-child(1) a")
			b.link("Back to the list")
			assert.Len(t, b.column(1), 1)
		})
	}
}

func TestAxeFindsNothingBelowTheList(t *testing.T) {
	t.Parallel()
	entries := life()
	id := func(n int) string { return entries[len(entries)-n].ID.String() }
	history := "objects/api_key/keys%2F7"
	axeFindsNothing(t, entries,
		"entries/"+id(3), "entries/"+entries[7].ID.String(), history, history+"?at="+id(2)+"&a="+id(4)+"&b="+id(3))
}
