package auditgorm

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"

	"gorm.io/gorm"

	"github.com/auditkeep/audit"
)

// adapter makes the log's transaction of the connection that a statement uses.
type adapter func(gorm.ConnPool) (audit.Tx, error)

func newAdapter[T any](tx func(T) audit.Tx) (adapter, error) {
	if tx == nil {
		return nil, errors.New("auditgorm: no function for transactions is given: give Store.SQLTx of package postgres, or Store.Tx of package sqlite")
	}
	if _, ok := any((*sql.Tx)(nil)).(T); !ok {
		return nil, fmt.Errorf("auditgorm: the function for transactions takes a %s, but GORM's are of database/sql: give Store.SQLTx of package postgres, or Store.Tx of package sqlite", reflect.TypeFor[T]())
	}
	return func(conn gorm.ConnPool) (audit.Tx, error) {
		own, ok := any(unprepared(conn)).(T)
		if !ok {
			return nil, fmt.Errorf("its connection is a %T, which is not known as a transaction", conn)
		}
		return tx(own), nil
	}, nil
}

// keys of what a statement keeps from one callback to the next.
const (
	startedKey  = "audit:started" // the plugin's own transaction
	gormsOwnKey = "gorm:started_transaction"
)

// ending is a transaction that ends with a statement, and what went wrong
// within it. Statements within (in hooks, for associations) find it in the
// context.
type ending struct{ err error }

type endingKey struct{}

// begin sees to it that the statement is in a transaction.
func (p *Plugin) begin(db *gorm.DB) {
	if db.Error != nil || db.DryRun {
		return
	}
	_, started := db.InstanceGet(gormsOwnKey)
	if _, ok := db.Statement.ConnPool.(gorm.TxCommitter); !ok && p.audits(db) {
		tx := db.Begin()
		if tx.Error != nil {
			_ = db.AddError(fmt.Errorf("auditgorm: beginning a transaction: %w", tx.Error))
			return
		}
		db.Statement.ConnPool = tx.Statement.ConnPool
		db.InstanceSet(startedKey, true)
		started = true
	}
	if started {
		db.Statement.Context = context.WithValue(db.Statement.Context, endingKey{}, &ending{})
	}
}

// end fails the statement if one within it could not be recorded and nobody
// has cared, and ends the plugin's own transaction.
func (p *Plugin) end(db *gorm.DB) {
	_, own := db.InstanceGet(startedKey)
	_, gorms := db.InstanceGet(gormsOwnKey)
	if own || gorms {
		if e, ok := db.Statement.Context.Value(endingKey{}).(*ending); ok && e.err != nil && db.Error == nil {
			_ = db.AddError(e.err)
		}
	}
	if !own {
		return
	}
	if db.Error != nil {
		db.Rollback()
	} else {
		db.Commit()
	}
	db.Statement.ConnPool = db.ConnPool
}

// refuse fails a statement before it is executed.
func (p *Plugin) refuse(db *gorm.DB, err error) { _ = db.AddError(p.refusal(db, err)) }

// refusal is the error of a statement that is not executed.
func (p *Plugin) refusal(db *gorm.DB, err error) error {
	name := targetOf(db).name
	p.tables.Delete(name) // its definition may have changed
	return fmt.Errorf("auditgorm: the statement on %q cannot be recorded: %w", name, err)
}

// failure is the error of a statement that was executed already. It sees to it
// that its change cannot be committed.
func (p *Plugin) failure(db *gorm.DB, conn gorm.ConnPool, err error) error {
	err = fmt.Errorf("auditgorm: recording a change of %q: %w", targetOf(db).name, err)
	if e, ok := db.Statement.Context.Value(endingKey{}).(*ending); ok {
		e.err = err // rolled back at the end
	} else if tx, ok := conn.(gorm.TxCommitter); ok {
		_ = tx.Rollback()
	}
	return err
}
