package audit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
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

// A cursor is a place in one order. In another order it would begin anywhere,
// so that a page would repeat entries, or leave some out.
func TestCursorOfAnotherSortIsRefused(t *testing.T) {
	t.Parallel()
	log, _ := audittest.New(t)
	for range 3 {
		require.NoError(t, log.RecordDetached(t.Context(), audit.Performed("look", audit.Object{Type: "key", ID: "1"})))
	}
	var sorts []audit.Sort
	for _, column := range audit.Columns() {
		for _, dir := range []audit.Direction{audit.Ascending, audit.Descending} {
			sorts = append(sorts, audit.Sort{By: column, Dir: dir})
		}
	}
	for _, of := range sorts {
		page, err := log.Page(t.Context(), audit.Query{Sort: of, Limit: 1})
		require.NoError(t, err)
		require.False(t, page.Next.IsZero())
		for _, sort := range sorts {
			for name, query := range map[string]audit.Query{
				"after":  {Sort: sort, After: page.Next},
				"before": {Sort: sort, Before: page.Next},
			} {
				_, err := log.Page(t.Context(), query)
				if sort == of {
					require.NoError(t, err, "%s, %v", name, sort)
					continue
				}
				require.ErrorIs(t, err, audit.ErrInvalidFilter, "%s, cursor of %v in %v", name, of, sort)
				require.ErrorContains(t, err, "the cursor belongs to another sort")
			}
		}
	}
	_, err := log.Page(t.Context(), audit.Query{After: audit.CursorAt(audit.Entry{ID: audit.NewID()}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending})})
	require.NoError(t, err, "the default sort, left out")
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
