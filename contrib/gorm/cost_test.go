package auditgorm_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/driver/postgres"
	"gorm.io/gorm/clause"

	"github.com/auditkeep/audit/internal/pgtest"
	auditpostgres "github.com/auditkeep/audit/postgres"
)

// tracer notes what is sent to the database.
type tracer struct {
	mu   sync.Mutex
	sent []string
}

func (r *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, data.SQL)
	return ctx
}

func (*tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// The cost that the documentation names: one more query for a create or a
// delete, two for an update. A condition that is not on the key costs a savepoint.
func TestCost(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := auditpostgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	config, err := pgx.ParseConfig(pool.Config().ConnString())
	require.NoError(t, err)
	r := new(tracer)
	config.Tracer = r
	std := stdlib.OpenDB(*config)
	t.Cleanup(func() { std.Close() })
	db := open(t, postgres.New(postgres.Config{Conn: std}), setup{})
	w := with(t, db, store, store.SQLTx, setup{}.options)
	require.NoError(t, w.Create(&Team{Name: "warm"}).Error)
	byID := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"name"})}
	for _, c := range []struct {
		name       string
		do         func() error
		reads      int
		savepoints int // set and released
	}{
		{"create", func() error { return w.Create(&Team{Name: "a"}).Error }, 1, 0},
		{"create many", func() error { return w.Create(&[]Team{{Name: "a"}, {Name: "b"}}).Error }, 1, 0},
		{"create without model", func() error { return w.Table("teams").Create(map[string]any{"name": "c"}).Error }, 1, 0},
		{"update", func() error { return w.Model(&Team{ID: 1}).Update("name", "b").Error }, 2, 0},
		{"update many", func() error { return w.Model(&Team{}).Where("id < 9").Update("name", "c").Error }, 2, 2},
		{"upsert", func() error { return w.Clauses(byID).Create(&Team{ID: 1, Name: "d"}).Error }, 2, 0},
		{"delete by number", func() error { return w.Delete(&Team{}, []int{2}).Error }, 1, 0},
		{"delete", func() error { return w.Delete(&Team{ID: 1}).Error }, 1, 0},
	} {
		r.sent = nil
		require.NoError(t, c.do(), c.name)
		reads := 0
		for _, text := range r.sent {
			if strings.HasPrefix(text, "SELECT") {
				reads++
			}
		}
		assert.Equal(t, c.reads, reads, "%s: %q", c.name, r.sent)
		assert.Len(t, r.sent, c.reads+c.savepoints+4, "%s: BEGIN, the statement, the entries and COMMIT beside: %q", c.name, r.sent)
	}
}
