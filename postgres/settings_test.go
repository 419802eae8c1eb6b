package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// The pool is the host's. What the log sets for its own statements has gone when
// the connection is back in the pool, or the host's statements would be planned
// by it, and see the organization of somebody else's request.
func TestConnectionsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			_, pool := newStore(t, inMode(mode), func(config *pgxpool.Config) { config.MaxConns = 1 })
			store := postgres.New(pool).WithOrgSetting("audit.org")
			admin, log := postgres.NewAdmin(pool), newLog(t, store)
			exec := func(statement string) {
				t.Helper()
				_, err := pool.Exec(t.Context(), statement)
				require.NoError(t, err)
			}
			exec("CREATE TABLE keys (id int PRIMARY KEY, name text)")
			exec("SET plan_cache_mode = auto; SET work_mem = '5MB'") // the host's own
			settings := func() (all []string) {
				t.Helper()
				rows, err := pool.Query(t.Context(), `SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' ORDER BY 1`)
				require.NoError(t, err)
				all, err = pgx.CollectRows(rows, pgx.RowTo[string])
				require.NoError(t, err)
				for _, name := range []string{"audit.org", "audit.context", "audit.skip", "search_path", "role"} {
					var value string
					require.NoError(t, pool.QueryRow(t.Context(), "SELECT coalesce(current_setting($1, true), '')", name).Scan(&value))
					all = append(all, name+"="+value)
				}
				return all
			}
			before := settings()
			require.Contains(t, before, "plan_cache_mode=auto")

			for _, step := range []struct {
				name string
				do   func() error
			}{
				{"Record", func() error {
					return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
						if err := postgres.SetContext(audit.WithActor(t.Context(), audit.Actor{Email: "dana@acme.test"}), tx); err != nil {
							return err
						}
						return log.Record(t.Context(), store.Tx(tx), performed("a"), performed("b"))
					})
				}},
				{"RecordDetached", func() error { return log.RecordDetached(t.Context(), performed("c")) }},
				{"Page", func() error {
					_, err := log.Page(t.Context(), audit.Query{})
					return err
				}},
				{"Page, filtered", func() error {
					_, err := log.Page(t.Context(), audit.Query{Filter: audit.Filter{Actions: []audit.Action{"a"}, NotActorEmails: []string{"x"}}, Sort: audit.Sort{By: audit.ByChanges}, Limit: audit.MaxLimit})
					return err
				}},
				{"Page, numbered", func() error {
					_, err := log.Page(t.Context(), audit.Query{Filter: audit.Filter{ObjectTypes: []string{"user"}, From: time.Now().AddDate(-1, 0, 0)}, Number: 1, Limit: 1})
					return err
				}},
				{"All", func() error {
					for _, err := range log.All(t.Context(), audit.Filter{}, audit.Sort{}) {
						if err != nil {
							return err
						}
					}
					return nil
				}},
				{"Count", func() error {
					_, err := log.Count(t.Context(), audit.Filter{}, 10)
					return err
				}},
				{"Values", func() error {
					_, err := log.Values(t.Context(), audit.ByAction, "", 10)
					return err
				}},
				{"Entry, of none", func() error {
					_, err := log.Entry(t.Context(), audit.NewID())
					if !errors.Is(err, audit.ErrNotFound) {
						return fmt.Errorf("want none, got %w", err)
					}
					return nil
				}},
				{"MakePartitions", func() error {
					_, err := admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.February, 1))
					return err
				}},
				{"Watch", func() error { return admin.Watch(t.Context(), postgres.WatchTable{Name: "keys"}) }},
				{"Check", func() error {
					_, err := admin.Check(t.Context())
					return err
				}},
				{"Expire", func() error {
					_, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.February, 1)})
					return err
				}},
				{"Migrate", func() error { return admin.Migrate(t.Context()) }},
			} {
				require.NoError(t, step.do(), step.name)
				assert.Equal(t, before, settings(), step.name)
			}
		})
	}
}
