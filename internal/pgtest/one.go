package pgtest

import (
	"context"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// NewSmall makes a schema for the test, and a pool of at most so many
// connections, which connections counts on the server. Whoever asks for one more
// while all are taken waits, and fails with its context.
func NewSmall(t testing.TB, most int32) (pool *pgxpool.Pool, connections func() int) {
	t.Helper()
	server, err := url.Parse(URL(t))
	if err != nil {
		t.Fatalf("parsing the database's URL: %v", err)
	}
	query := server.Query()
	name := query.Get("search_path")
	query.Set("application_name", name) // in the URL, so that another pool of the same URL counts too
	server.RawQuery = query.Encode()
	config, err := pgxpool.ParseConfig(server.String())
	if err != nil {
		t.Fatalf("parsing the database's URL: %v", err)
	}
	config.MaxConns = most
	if pool, err = pgxpool.NewWithConfig(t.Context(), config); err != nil {
		t.Fatalf("making a pool: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool, func() int {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, os.Getenv(URLVariable))
		if err != nil {
			t.Fatalf("connecting to the server of %s: %v", URLVariable, err)
		}
		defer conn.Close(ctx)
		var n int
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", name).Scan(&n); err != nil {
			t.Fatalf("counting connections: %v", err)
		}
		return n
	}
}
