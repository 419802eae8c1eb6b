package auditent

import (
	"context"
	stdsql "database/sql"
	"errors"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// Driver returns a driver for a client within a transaction of the host's own,
// for databases that [Tx] does not serve: package sqlite takes a *sql.Tx, which
// ent's own transactions do not give away. The name is the dialect's.
//
//	tx, err := db.BeginTx(ctx, nil)
//	…
//	client := ent.NewClient(ent.Driver(auditent.Driver(dialect.SQLite, tx)))
//	client.Use(hook) // its function for transactions returns store.Tx(tx)
//
// The transaction is the host's to end: roll it back after any error.
func Driver(name string, tx *stdsql.Tx) dialect.Driver {
	return onTx{sql.NewDriver(name, sql.Conn{ExecQuerier: tx})}
}

type onTx struct{ *sql.Driver }

// Tx implements [dialect.Driver]. What ent does in a transaction is in one.
func (d onTx) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

// BeginTx keeps a client's BeginTx from beginning another transaction.
func (onTx) BeginTx(context.Context, *stdsql.TxOptions) (dialect.Tx, error) {
	return nil, errors.New("auditent: the client is in a transaction already")
}

// Close implements [dialect.Driver]: the transaction is the host's.
func (onTx) Close() error { return nil }
