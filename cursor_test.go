package audit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

func TestCursorSurvivesItsText(t *testing.T) {
	t.Parallel()
	entry := audit.Entry{ID: audit.NewID(), Action: "create", Object: audit.Object{Type: "api_key", ID: "42"}, Actor: audit.Actor{Email: "dana@acme.test"}}
	for _, column := range audit.Columns() {
		for _, dir := range []audit.Direction{audit.Ascending, audit.Descending} {
			c := audit.CursorAt(entry, audit.Sort{By: column, Dir: dir})
			again, err := audit.ParseCursor(c.String())
			require.NoError(t, err)
			assert.Equal(t, c, again)
			assert.Equal(t, entry.SortKey(column), again.Key())
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(audit.CursorAt(audit.Entry{ID: audit.NewID(), Action: "x"}, audit.Sort{By: audit.ByAction, Dir: audit.Ascending}).String())
	f.Add("AAEBnAAAAABwAIAAAAAAAAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := audit.ParseCursor(text)
		if err != nil {
			require.ErrorIs(t, err, audit.ErrInvalidFilter)
			return
		}
		require.Equal(t, text, c.String())
	})
}
