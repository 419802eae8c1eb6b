package postgres_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
)

var update = flag.Bool("update", false, "write catalogue.txt from the migrations")

// What Check compares with is what the migrations make, on every version of
// PostgreSQL. After a change of a migration: go test -run TestCatalogue ./postgres -update
func TestCatalogue(t *testing.T) {
	t.Parallel()
	_, pool := newStore(t)
	made, err := postgres.Catalogue(t.Context(), pool)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("catalogue.txt", []byte(made), 0o644))
		return
	}
	assert.Equal(t, postgres.CatalogueText, made)
}
