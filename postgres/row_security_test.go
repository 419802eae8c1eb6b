package postgres_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/storetest"
)

// rolesSQL is the snippet of docs/roles.md with a text in it, for the roles of
// a test.
func (r roles) rolesSQL(t *testing.T, with string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/roles.md")
	require.NoError(t, err)
	for _, snippet := range strings.Split(string(text), "```sql\n")[1:] {
		sql, _, _ := strings.Cut(snippet, "```")
		if strings.Contains(sql, with) {
			return strings.NewReplacer("audit.audit", r.schema+".audit", " app\n", " "+r.appName+"\n").Replace(sql)
		}
	}
	require.Fail(t, "docs/roles.md has no SQL with "+with)
	return ""
}

// newSecured returns roles whose application is held by the policy of the
// documentation, in a mode of pgx.
func newSecured(t *testing.T, mode pgx.QueryExecMode) roles {
	t.Helper()
	r := newRoles(t)
	require.NoError(t, postgres.NewAdmin(r.owner).Protect(t.Context(), r.appName))
	r.exec(t, r.owner, r.rolesSQL(t, "CREATE POLICY"))
	config := r.app.Config()
	config.ConnConfig.DefaultQueryExecMode = mode
	var err error
	r.app, err = pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(r.app.Close)
	return r
}

// securedStore and tellOrg are what docs/roles.md shows.
func securedStore(pool *pgxpool.Pool) *postgres.Store {
	return postgres.New(pool).WithOrgSetting("audit.org")
}

func tellOrg(ctx context.Context, tx pgx.Tx, org string) error {
	_, err := tx.Exec(ctx, "SELECT set_config('audit.org', $1, true)", org)
	return err
}

// tellingTx is a host's transaction in which the host says whose entries are
// about to come: the suite inserts those of several organizations.
type tellingTx struct {
	tx pgx.Tx
	to audit.Tx
}

func (t tellingTx) Insert(ctx context.Context, entries []audit.Entry) error {
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].Org == entries[0].Org {
			n++
		}
		if err := tellOrg(ctx, t.tx, entries[0].Org); err != nil {
			return err
		}
		if err := t.to.Insert(ctx, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// A store that sets the organization in the database is like any other under the
// policy.
func TestConformanceWithRowSecurity(t *testing.T) {
	if os.Getenv("AUDIT_TEST_LONG") != "1" {
		t.Skip("makes a hundred pairs of roles; set AUDIT_TEST_LONG=1")
	}
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) storetest.Backend {
				r := newSecured(t, mode)
				store := securedStore(r.app)
				return storetest.Backend{Store: store, Begin: func(ctx context.Context) (storetest.Transaction, error) {
					tx, err := r.app.Begin(ctx)
					if err != nil {
						return storetest.Transaction{}, err
					}
					return storetest.Transaction{Tx: tellingTx{tx, store.Tx(tx)}, Commit: tx.Commit, Rollback: tx.Rollback}, nil
				}}
			})
		})
	}
}

// TestRowSecurity takes the first wall away: statements without WHERE, and
// entries of another organization.
func TestRowSecurity(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			ctx, r := t.Context(), newSecured(t, mode)
			store := securedStore(r.app)
			for _, org := range []string{"acme", "globex"} {
				require.NoError(t, newLogOf(t, store, org).RecordDetached(ctx, performed("by"), performed(audit.Action(org))))
			}
			log := newLogOf(t, store, "acme")
			in := func(org string, do func(pgx.Tx) error) error {
				return pgx.BeginFunc(ctx, r.app, func(tx pgx.Tx) error {
					if org != "" {
						if err := tellOrg(ctx, tx, org); err != nil {
							return err
						}
					}
					return do(tx)
				})
			}
			seen := func(org string) (orgs []string) {
				require.NoError(t, in(org, func(tx pgx.Tx) error {
					rows, err := tx.Query(ctx, "SELECT org_id FROM audit_entries") // the WHERE is forgotten
					require.NoError(t, err)
					orgs, err = pgx.CollectRows(rows, pgx.RowTo[string])
					return err
				}))
				return orgs
			}
			assert.Equal(t, []string{"acme", "acme"}, seen("acme"))
			assert.Equal(t, []string{"globex", "globex"}, seen("globex"))
			assert.Empty(t, seen(""), "without the setting, also on a connection that once had it")
			assert.Equal(t, 2, count(t, log, "acme"))
			assert.Equal(t, 2, count(t, log, "globex"))
			_, err := postgres.New(r.app).List(ctx, audit.Walk{Filter: audit.Filter{Org: "acme"}, Sort: audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}, Limit: 9})
			require.NoError(t, err)
			assert.Zero(t, count(t, newLogOf(t, postgres.New(r.app), "acme"), "acme"), "a store that does not tell")

			other := audit.WithOrg(ctx, "globex")
			const refused = "row-level security"
			require.ErrorContains(t, in("acme", func(tx pgx.Tx) error { return log.Record(other, store.Tx(tx), performed("x")) }), refused)
			require.ErrorContains(t, in("", func(tx pgx.Tx) error { return log.Record(ctx, store.Tx(tx), performed("x")) }), refused)
			require.ErrorContains(t, in("acme", func(tx pgx.Tx) error {
				var batch pgx.Batch
				require.NoError(t, postgres.Queue(other, &batch, log, performed("x")))
				return tx.SendBatch(ctx, &batch).Close()
			}), refused)
			require.NoError(t, in("acme", func(tx pgx.Tx) error { return log.Record(ctx, store.Tx(tx), performed("x")) }))
			assert.Equal(t, 3, count(t, log, "acme"))
			assert.Equal(t, 2, count(t, log, "globex"))

			// The owner is not held: its work is about all of them.
			noProblems(t, postgres.NewAdmin(r.owner))
			var all int
			require.NoError(t, r.owner.QueryRow(ctx, "SELECT count(*) FROM audit_entries").Scan(&all))
			assert.Equal(t, 5, all)
		})
	}
}

// Telling the organization adds no round trip to a read.
func TestRowSecurityRoundTrips(t *testing.T) {
	t.Parallel()
	tr := new(trips)
	plain, _ := newStore(t, tr.count)
	read := func(store *postgres.Store) func() error {
		return func() error {
			_, err := store.Count(t.Context(), audit.Filter{Org: "acme"}, 10)
			return err
		}
	}
	assert.Equal(t, 1, tr.of(t, read(plain)))
	assert.Equal(t, 1, tr.of(t, read(plain.WithOrgSetting("audit.org"))))
}
