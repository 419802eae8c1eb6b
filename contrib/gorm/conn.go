package auditgorm

import (
	"context"
	"database/sql"
	"errors"

	"gorm.io/gorm"
)

// operation is what a statement does to rows, as the application means it.
type operation int

const (
	creating operation = iota
	updating
	deleting
)

// followed is the connection of one audited statement. GORM executes the
// statement on it when the SQL is complete. followed then reads the rows,
// executes the statement, and records. So the plugin neither repeats nor
// guesses what GORM does.
type followed struct {
	gorm.ConnPool
	plugin *Plugin
	db     *gorm.DB
	op     operation
}

// follow returns the callback that puts a followed connection in place.
func (p *Plugin) follow(op operation) func(*gorm.DB) {
	return func(db *gorm.DB) {
		if db.Error != nil || db.DryRun || !p.audits(db) {
			return
		}
		if db.Statement.SQL.Len() > 0 {
			p.refuse(db, errors.New("it is raw SQL, which cannot be followed: name the table in Options.Skip, and record it with Log.Record"))
			return
		}
		if _, ok := db.Statement.ConnPool.(*followed); !ok {
			db.Statement.ConnPool = &followed{ConnPool: db.Statement.ConnPool, plugin: p, db: db, op: op}
		}
	}
}

// leave gives the statement its own connection back.
func (p *Plugin) leave(db *gorm.DB) {
	if f, ok := db.Statement.ConnPool.(*followed); ok {
		db.Statement.ConnPool = f.ConnPool
	}
}

// isOwn reports whether the SQL is that of the statement, and not what some
// other plugin executes beside it.
func (f *followed) isOwn(text string) bool { return text == f.db.Statement.SQL.String() }

// ExecContext implements [gorm.ConnPool].
func (f *followed) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if !f.isOwn(text) {
		return f.ConnPool.ExecContext(ctx, text, args...)
	}
	done, err := f.run(ctx, text, args, false)
	if err != nil {
		return nil, err
	}
	return executed{rows: int64(len(done.all)), lastID: done.lastID, hasIDs: isSQLite(f.db)}, nil
}

// QueryContext implements [gorm.ConnPool]. GORM calls it for a statement that
// has its own RETURNING clause.
func (f *followed) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if !f.isOwn(text) {
		return f.ConnPool.QueryContext(ctx, text, args...)
	}
	done, err := f.run(ctx, text, args, true)
	if err != nil {
		return nil, err
	}
	return done.replay(ctx)
}

// Commit and Rollback implement [gorm.TxCommitter].
func (f *followed) Commit() error {
	if tx, ok := f.ConnPool.(gorm.TxCommitter); ok {
		return tx.Commit()
	}
	return gorm.ErrInvalidTransaction
}

func (f *followed) Rollback() error {
	if tx, ok := f.ConnPool.(gorm.TxCommitter); ok {
		return tx.Rollback()
	}
	return gorm.ErrInvalidTransaction
}

// unprepared returns the transaction below GORM's prepared statements, so that
// the plugin's own queries do not fill their cache.
func unprepared(conn gorm.ConnPool) gorm.ConnPool {
	for {
		prepared, ok := conn.(*gorm.PreparedStmtTX)
		if !ok {
			return conn
		}
		conn = prepared.Tx
	}
}

// isSQLite reports whether the database is SQLite; else it is PostgreSQL.
func isSQLite(db *gorm.DB) bool { return db.Name() == "sqlite" }

// executed is the [sql.Result] of a statement whose rows were returned.
type executed struct {
	rows, lastID int64
	hasIDs       bool
}

func (e executed) RowsAffected() (int64, error) { return e.rows, nil }

func (e executed) LastInsertId() (int64, error) {
	if !e.hasIDs {
		return 0, errors.New("LastInsertId is not supported by this driver")
	}
	return e.lastID, nil
}
