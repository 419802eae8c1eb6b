package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// cells are the cells of changes, each as one line.
func (b *tab) cells() []string { return b.texts("#audit-log td:nth-child(5)") }

// TestWhatDiffersLooksDifferent in the list, on the entry's page and in the
// history.
func TestWhatDiffersLooksDifferent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, now, oldShown, newShown string }{
		"a no-break space":  {"a b c d", "a b c\u00a0d e", "a b c d", `a b c\u00a0d e`},
		"decomposed":        {"M\u00fcller", "Mu\u0308ller", "M\u00fcller", `Mu\u0308ller`},
		"a Cyrillic letter": {"paypal", "p\u0430ypal", "paypal", `p\u0430ypal`},
		"full width":        {"ABC", "\uff21BC", "ABC", `\uff21BC`},
		"a joiner":          {"می\u200cخواهم", "میخواهم", `می\u200cخواهم`, "میخواهم"},
		"its escape":        {`a\u202eb`, "a\u202eb", `a\\u202eb`, `a\u202eb`},
		"a ligature":        {"office", "o\ufb03ce", "office", `o\ufb03ce`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := changed(fixture.Change("name", jsonText(tc.old), jsonText(tc.now)))
			b := open(t, desktop, e)
			assert.Equal(t, []string{"name: " + tc.oldShown + " → " + tc.newShown}, b.cells())
			b.visit("entries/" + e.ID.String())
			assert.Equal(t, tc.oldShown, b.text(".audit-values del"))
			assert.Equal(t, tc.newShown, b.text(".audit-values ins"))
			b.visit("objects/" + e.Object.Type + "/" + e.Object.ID)
			assert.Equal(t, tc.newShown, b.text(".audit-changes ins"))
		})
	}
}

// TestWhatDiffersWithinALongTextOrAList.
func TestWhatDiffersWithinALongTextOrAList(t *testing.T) {
	t.Parallel()
	long := "The contract with Mr. %s ends as it was agreed upon in the year before."
	b := open(t, desktop, changed(
		fixture.Change("note", jsonText(strings.Replace(long, "%s", "M\u00fcller", 1)), jsonText(strings.Replace(long, "%s", "Mu\u0308ller", 1))),
		fixture.Change("tags", `["a b","x"]`, `["a b","a\u00a0b","x"]`),
		fixture.Change("more", `null`, `["e\u0301","\u00e9"]`),
	))
	cell := b.cells()[0]
	assert.Contains(t, cell, `added Mu\u0308ller`)
	assert.Contains(t, cell, `+ added a\u00a0b`)
	assert.Contains(t, cell, `[e\u0301, é]`)
}

// TestNamesThatLookAlike: of fields, and of keys within one.
func TestNamesThatLookAlike(t *testing.T) {
	t.Parallel()
	e := changed(
		fixture.Change("name", `"a"`, `"b"`), fixture.Change("n\u0430me", `"c"`, `"d"`),
		fixture.Change("meta", `{"a b":1,"x":1}`, `{"a\u00a0b":1,"x":1}`),
	)
	b := open(t, desktop, e)
	assert.Equal(t, []string{`name: a → b n\u0430me: c → d meta: a b: 1 → absent a\u00a0b: absent → 1`}, b.cells())
	b.visit("entries/" + e.ID.String())
	assert.Equal(t, []string{"name", `n\u0430me`, "meta"}, b.texts(".audit-values tbody th"))
}

// TestEmojiAndJoinersAreThemselves, and blanks at the ends are seen.
func TestEmojiAndJoinersAreThemselves(t *testing.T) {
	t.Parallel()
	text := "I ❤\ufe0f it 👨\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 1\ufe0f\u20e3 می\u200cخواهم क्\u200dष"
	e := changed(fixture.Change("name", `"x"`, jsonText(text)), fixture.Change("hidden", `"x"`, jsonText("a\u200db\ufe0f")), fixture.Change("ends", `"x"`, `"y "`))
	b := open(t, desktop, e)
	assert.Equal(t, []string{`name: x → ` + text + ` hidden: x → a\u200db\ufe0f ends: x → y· 1 space`}, b.cells())
	b.visit("entries/" + e.ID.String())
	assert.Equal(t, text, b.text(".audit-values ins"))
}

// TestCommentStandsAfterTheChanges, whole on the entry's page.
func TestCommentStandsAfterTheChanges(t *testing.T) {
	t.Parallel()
	e := changed(fixture.Change("name", `"a"`, `"b"`))
	e.Comment = "ticket 4711, asked by phone"
	alone := fixture.Entry(fixture.Now.Add(-2), 2)
	alone.Action, alone.Changes, alone.Comment = "login_failed", nil, "wrong password"
	long := fixture.Entry(fixture.Now.Add(-3), 3)
	long.Changes, long.Comment = e.Changes, strings.Repeat("because of this ", 100)
	b := open(t, desktop, e, alone, long)
	cells := b.cells()
	assert.ElementsMatch(t, []string{
		"name: a → b Comment: ticket 4711, asked by phone",
		"wrong password",
		"name: a → b Comment: " + strings.Repeat("because of this ", 10) + "… 1,440 more characters whole entry",
	}, cells)
	b.link("whole entry")
	assert.Contains(t, b.text(".audit-facts"), strings.TrimSpace(long.Comment))
	b.visit("objects/" + e.Object.Type + "/" + e.Object.ID)
	assert.Contains(t, strings.Join(b.texts(".audit-changes"), "\n"), "Comment: ticket 4711, asked by phone")
}
