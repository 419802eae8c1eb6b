package postgres_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// roles is a database with the roles of docs/roles.md.
type roles struct {
	super, owner, app                     *pgxpool.Pool
	schema, superName, ownerName, appName string
}

// newRoles makes an owner and an application's role, and the owner's tables.
func newRoles(t *testing.T) roles {
	t.Helper()
	suffix := strings.ToLower(rand.Text())
	r := roles{super: pgtest.New(t), ownerName: "audit_owner_" + suffix, appName: "audit_app_" + suffix}
	require.NoError(t, r.super.QueryRow(t.Context(), "SELECT current_schema(), current_user").Scan(&r.schema, &r.superName))
	r.exec(t, r.super, "CREATE ROLE "+r.ownerName, "CREATE ROLE "+r.appName, "GRANT ALL ON SCHEMA "+r.schema+" TO "+r.ownerName+" WITH GRANT OPTION")
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for _, role := range []string{r.ownerName, r.appName} {
			for _, statement := range []string{"DROP OWNED BY " + role + " CASCADE", "DROP ROLE " + role} {
				_, err := r.super.Exec(ctx, statement)
				require.NoError(t, err)
			}
		}
	})
	r.owner, r.app = r.as(t, r.ownerName), r.as(t, r.appName)
	require.NoError(t, postgres.NewAdmin(r.owner).Migrate(t.Context()))
	return r
}

// as returns a pool whose connections act as the role.
func (r roles) as(t *testing.T, role string) *pgxpool.Pool {
	t.Helper()
	config := r.super.Config()
	config.ConnConfig.RuntimeParams["role"] = role
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func (r roles) exec(t *testing.T, pool *pgxpool.Pool, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := pool.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}
