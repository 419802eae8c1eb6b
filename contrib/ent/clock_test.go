package auditent_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	auditent "github.com/auditkeep/audit/contrib/ent"
)

// TestIgnoredUpdateTime: a log that ignores the column of mixin.Time has no entry
// of an update that changes nothing else.
func TestIgnoredUpdateTime(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		var err error
		w.trail, err = audit.New(w.trail.Store(), audit.Config{Org: "acme", Ignore: []string{"update_time"}})
		require.NoError(t, err)
		c := w.newClient()
		require.NoError(t, auditent.Use(c, w.newHook(t, auditent.Options{})))
		doc, err := c.Doc.Create().SetTitle("a").Save(t.Context())
		require.NoError(t, err)
		require.NoError(t, doc.Update().SetTitle("a").Exec(t.Context()))
		require.Len(t, w.recorded(t), 1)
		require.NoError(t, doc.Update().SetTitle("b").Exec(t.Context()))
		entries := w.entries(t)
		require.Len(t, entries, 2)
		require.Len(t, entries[1].Changes, 1)
	})
}
