package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// changed is an update of some fields.
func changed(changes ...audit.Change) audit.Entry {
	e := fixture.Entry(fixture.Now.Add(-1), 1)
	e.Changes = changes
	return e
}

func TestChangesShowOldAndNew(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	cells := b.texts("#audit-log td:nth-child(5)")
	assert.True(t, strings.HasPrefix(cells[0], "status: draft → sent total: 1,200.00 → 1,450.00 due_on: null → 2026-12-01 2 more fields"), cells[0])
	assert.True(t, strings.HasPrefix(cells[1], "email: kim@acme.test"), "a create has the new values")
	assert.True(t, strings.HasPrefix(cells[2], "status: void"), "a destroy has the last ones")
	b.click("#audit-log details summary")
	assert.Contains(t, b.text("#audit-log td:nth-child(5)"), "reference: absent → PO 7")
}

// A value of 5 MB costs little.
func TestLongTextsAreComparedByWords(t *testing.T) {
	t.Parallel()
	lorem := strings.Repeat("The plan stands as it was agreed upon. ", 20)
	huge := strings.Repeat("x", 5_000_000)
	b := open(t, desktop, changed(
		fixture.Change("plan", jsonText(lorem+"It is due in May."+lorem), jsonText(lorem+"It is due in June."+lorem)),
		fixture.Change("dump", jsonText(huge), jsonText(huge+"0123456789")),
	))
	assert.Equal(t, []string{"removed May"}, b.texts("#audit-log del"))
	assert.Equal(t, []string{"added June"}, b.texts("#audit-log ins"))
	cell := b.text("#audit-log td:nth-child(5)")
	assert.Contains(t, cell, "due in")
	assert.Contains(t, cell, "dump: 5,000,000 → 5,000,010 characters")
	assert.Less(t, eval[int](b, "document.querySelector('#audit-log tbody tr').outerHTML.length"), 4<<10)
	assert.Contains(t, eval[string](b, "document.querySelector('#audit-log td:nth-child(5) a').getAttribute('href')"), "entries/")
}

func TestListsObjectsAndWhiteSpaceAreShown(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, changed(
		fixture.Change("scopes", `["read","admin","b"]`, `["b","read","webhooks"]`),
		fixture.Change("meta", `null`, `{"address":{"city":"Oslo"}}`),
		fixture.Change("name", `"a  b"`, `"a\tb\n"`),
	))
	text := b.text("#audit-log td:nth-child(5)")
	assert.Contains(t, text, "+ added webhooks")
	assert.Contains(t, text, "− removed admin")
	assert.Contains(t, text, "moved b")
	assert.Contains(t, text, "{address.city: Oslo}")
	assert.Contains(t, text, "·· 2 spaces")
	assert.Contains(t, text, "→ 1 tab")
	assert.Contains(t, text, "⏎ 1 line break")
	assert.Contains(t, text, "(white space only)")
	// What is read aloud has the names, and not the signs.
	assert.False(t, eval[bool](b, "[...document.querySelectorAll('#audit-log td:nth-child(5) *')].some(e => /^[·⏎→+−]+\\s*$/.test(e.textContent) && !e.closest('[aria-hidden=true], [role=img]'))"))
}

// Redacted values are nowhere on the page.
func TestNoTwoKindsLookAlike(t *testing.T) {
	t.Parallel()
	kinds := []string{
		`null`, `""`, ``, `{"$audit":"redacted"}`, `{"$audit":"cut","bytes":9}`, `{"$audit":"cycle"}`, `{"$audit":"shared"}`, `{"$audit":"bytes","hex":"00ff"}`,
		`{"$audit":"opaque","type":"func()"}`, `"null"`, `"empty"`, `"absent"`, `"redacted"`, `"not compared"`, `"\\x00ff"`, `[]`, `{}`, `"\"null\""`,
	}
	var changes []audit.Change
	for _, kind := range kinds {
		changes = append(changes, fixture.Change("f", `"x"`, kind))
	}
	changes = append(changes, fixture.Change("secret", `{"$audit":"redacted"}`, `{"$audit":"redacted"}`))
	b := open(t, desktop, changed(changes...))
	b.click("#audit-log details summary")
	seen := map[string]bool{}
	for _, text := range b.texts("#audit-log ins") {
		seen[text] = true
	}
	assert.Len(t, seen, len(kinds), "%v", seen) // the last one repeats "redacted"
	assert.Contains(t, b.text("#audit-log td:nth-child(5)"), "secret: redacted → redacted (changed)")
}
