// Package pgtest gives each test its own PostgreSQL schema.
package pgtest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The environment variables that tests on PostgreSQL obey.
const (
	// URLVariable is where the server is, as a postgres:// URL.
	URLVariable = "AUDIT_TEST_DATABASE_URL"
	// RequireVariable, if it is "1", makes a missing server a failure instead of a
	// skipped test.
	RequireVariable = "AUDIT_TEST_REQUIRE"
)

// URL makes a schema for the test and returns a URL whose connections have it
// as their search_path. Without a server, it skips the test.
func URL(t testing.TB) string {
	t.Helper()
	server := os.Getenv(URLVariable)
	if server == "" {
		missing(t, "no PostgreSQL server: set "+URLVariable+" to a postgres:// URL, or run \"make test\", which starts one itself")
	}
	parsed, err := url.Parse(server)
	if err != nil || !strings.HasPrefix(parsed.Scheme, "postgres") {
		t.Fatalf("%s must be a postgres:// URL", URLVariable) // it may hold a password
	}
	schema := "test_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { run(t, server, "DROP SCHEMA "+schema+" CASCADE") })

	query := parsed.Query()
	query.Set("search_path", schema)
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// New makes a schema for the test, and a pool whose connections have it as
// their search_path. The options may change the pool's configuration.
func New(t testing.TB, options ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(URL(t))
	if err != nil {
		t.Fatalf("parsing the database's URL: %v", err)
	}
	config.MaxConns = 10 // for eight goroutines and a test beside them
	for _, option := range options {
		option(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("making a pool: %v", err)
	}
	t.Cleanup(pool.Close) // before the schema is dropped: the last is the first
	return pool
}

// missing skips the test for a missing part, or fails it if nothing may be
// missing.
func missing(t testing.TB, message string) {
	t.Helper()
	if os.Getenv(RequireVariable) == "1" {
		t.Fatal(message)
	}
	t.Skip(message)
}

// run runs one statement on its own connection.
func run(t testing.TB, server, statement string) {
	t.Helper()
	// Not the test's context, which has ended when it cleans up.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connecting to the server of %s: %v", URLVariable, err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
