package recipes_test

import (
	"context"
	"testing"

	sq "github.com/Masterminds/squirrel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// busiest counts the changes of the keys that still exist, by the names they
// have now.
func (h host) busiest(ctx context.Context, f audit.Filter) (map[string]int, error) {
	where, err := f.Where(audit.SQLite, "e") // audit.PostgreSQL
	if err != nil {
		return nil, err
	}
	rows, err := sq.Select("k.name", "count(*)").From("audit_entries e").
		Join("api_keys k ON k.org = e.org_id AND CAST(k.id AS TEXT) = e.object_id").
		Where(where).GroupBy("k.name").
		RunWith(h.db).QueryContext(ctx) // PostgreSQL: .PlaceholderFormat(sq.Dollar), and ToSql for pgx
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		counts[name] = n
	}
	return counts, rows.Err()
}

// inTheNameOf returns what others did as somebody.
func (h host) inTheNameOf(ctx context.Context, org, email string) (told []string, err error) {
	where, err := audit.Filter{Org: org}.Where(audit.SQLite, "")
	if err != nil {
		return nil, err
	}
	rows, err := sq.Select("actor_email || ' ' || action || ' ' || object_type").From("audit_entries").
		Where(where).Where(sq.Eq{"on_behalf_of": email}).OrderBy("id").
		RunWith(h.db).QueryContext(ctx)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		told = append(told, one)
	}
	return told, rows.Err()
}

func TestJoin(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, org := range []string{"acme", "globex"} {
		ctx := as(t.Context(), org, "dana@acme.test")
		for _, name := range []string{"ci", "deploy", "gone"} {
			key, err := h.createKey(ctx, name)
			require.NoError(t, err)
			require.NoError(t, h.renameKey(ctx, key.ID, name+" 2"))
			if name == "ci" {
				require.NoError(t, h.renameKey(ctx, key.ID, name+" 3"))
			}
		}
		_, err := h.db.ExecContext(ctx, "DELETE FROM api_keys WHERE name = 'gone 2'")
		require.NoError(t, err)
	}
	counts, err := h.busiest(t.Context(), audit.Filter{Org: "acme", ObjectTypes: []string{"api_key"}, Actions: []audit.Action{audit.ActionUpdate}})
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"ci 3": 2, "deploy 2": 1}, counts)
	_, err = h.busiest(t.Context(), audit.Filter{})
	assert.ErrorIs(t, err, audit.ErrNoOrg)
}
