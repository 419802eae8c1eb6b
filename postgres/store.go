// Package postgres keeps the audit log in PostgreSQL 14 or later, through pgx,
// or through database/sql where the host's transaction is of that kind.
//
// A complete program:
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//		"log"
//		"os"
//
//		"github.com/jackc/pgx/v5"
//		"github.com/jackc/pgx/v5/pgxpool"
//
//		"github.com/auditkeep/audit"
//		"github.com/auditkeep/audit/postgres"
//	)
//
//	type APIKey struct {
//		ID           int
//		Name, Secret string
//	}
//
//	func main() {
//		ctx := audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"})
//		pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer pool.Close()
//		store := postgres.New(pool)
//		if err := store.Migrate(ctx); err != nil { // or at deployment, as the owner: Admin.Migrate
//			log.Fatal(err)
//		}
//		trail, err := audit.New(store, audit.Config{Org: "acme"})
//		if err != nil {
//			log.Fatal(err)
//		}
//		err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//			// … SELECT … FOR UPDATE, UPDATE api_keys …
//			before, after := APIKey{7, "ci", "s1"}, APIKey{7, "deploy", "s2"}
//			return trail.Record(ctx, store.Tx(tx), audit.Updated(before, after))
//		})
//		if err != nil {
//			log.Fatal(err)
//		}
//		for entry, err := range trail.All(ctx, audit.Filter{}, audit.Sort{}) {
//			if err != nil {
//				log.Fatal(err)
//			}
//			fmt.Println(entry.Action, entry.Object, entry.Changes.JSON(), entry.Actor.Email)
//		}
//	}
//
// The entry is written by the host's own transaction: it exists if and only if
// that commits. [Store.SQLTx] takes one of database/sql. [Queue] and [Commit]
// do the same without a further round trip.
//
// # One pool
//
// A host on database/sql (GORM, ent, sqlx, bun) needs no second pool:
//
//	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
//	…
//	db := stdlib.OpenDBFromPool(pool) // github.com/jackc/pgx/v5/stdlib
//	store := postgres.New(pool)
//
// [NewSQL] takes a *sql.DB that is open already. Recording takes no connection
// but the transaction's. docs/stacks.md has the four libraries.
//
// # Two roles
//
// A [Store] needs INSERT and SELECT. What needs the tables' owner (migrations,
// monthly partitions, retention, protection) is an [Admin]'s, on its own
// connection: then the application cannot change what it recorded.
// docs/roles.md has the roles as SQL.
//
// # Poolers
//
// A pooler such as pgbouncer with pool_mode = transaction gives a server
// connection to each transaction. What works behind it depends on the pool's
// query mode (default_query_exec_mode in its URL):
//
//   - exec, simple_protocol, cache_describe: everything.
//   - cache_statement, which is pgx's default: with pgbouncer 1.21 or later and
//     its max_prepared_statements. Otherwise statements fail, and the error says so.
//   - describe_exec: what this package sends. It does not use that mode for
//     statements outside a transaction: there it may execute what another client
//     prepared. The host's own statements have that problem: choose another mode.
//
// What the package sets (the planner's settings, the organization, the context
// of triggers) ends with the transaction. No lock and no LISTEN outlives a
// transaction.
//
// # Changes that nobody records
//
// [Admin.Watch] has triggers record the changes of a table, whoever makes them;
// [SetContext], [SetContextSQL] and [QueueContext] say who acts.
// docs/capture.md says what is captured.
package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auditkeep/audit"
)

// Store is an [audit.Store] in PostgreSQL. It is safe for concurrent use, and
// works in every query mode of pgx; behind a pooler, see the package's comment.
type Store struct {
	pool       pool   // nil if none is given
	orgSetting string // see WithOrgSetting; none: the database does not learn it
	schema     string // see WithSchema; none: the search_path finds the tables
	lists      *valuesLists
	*statements
}

var _ audit.Store = (*Store)(nil)

// New returns a store on the pool, whose role needs INSERT and SELECT on
// audit_entries, and for [Store.Migrate] the right to create tables. Tables
// are found by the connections' search_path, unless [Store.WithSchema] names
// their schema. A host on database/sql shares the pool by
// stdlib.OpenDBFromPool(pool), or gives what it has to [NewSQL]. New does not
// touch the database.
func New(pool *pgxpool.Pool) *Store {
	s := &Store{lists: new(valuesLists), statements: bySearchPath}
	if pool != nil { // a nil pointer in an interface would not be nil
		s.pool = newConnPool(pool)
	}
	return s
}

var errNoPool = errors.New("postgres: no pool is given: call postgres.New or NewAdmin with a *pgxpool.Pool, or NewSQL with a *sql.DB")

// InsertDetached implements [audit.Store].
func (s *Store) InsertDetached(ctx context.Context, entries []audit.Entry) error {
	switch {
	case s.pool == nil:
		return errNoPool
	case s.orgSetting != "":
		return s.insertByOrg(ctx, entries)
	case len(entries) == 1:
		// One statement is a transaction by itself, in one round trip.
		return s.insert(ctx, pgxHandle{s.pool}, entries)
	default:
		return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			return s.insert(ctx, pgxHandle{tx}, entries)
		})
	}
}
