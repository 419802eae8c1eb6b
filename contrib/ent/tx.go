package auditent

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// recordingTx is a transaction that sees what a mutation's statements do to the
// rows. Statements that belong to no mutation pass.
type recordingTx struct {
	Tx          dialect.Tx // nil until it is begun
	start       func() (dialect.Tx, error)
	dialectName string

	mu     sync.Mutex
	failed error // a change that was not recorded
	points int   // savepoints so far
	ended  bool
	vars   []string // session variables to reset
}

func newRecordingTx(tx dialect.Tx, dialectName string) *recordingTx {
	return &recordingTx{Tx: tx, dialectName: dialectName}
}

// begin begins the transaction unless it has begun. The hook's own do so with
// the first statement that may change something: of the mutations of a bulk
// create, each of which passes through the hook, only one has any.
func (t *recordingTx) begin(ctx context.Context) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Tx == nil {
		if t.Tx, err = t.start(); err != nil {
			return fmt.Errorf("auditent: beginning a transaction: %w", err)
		}
	}
	if t.start != nil && t.dialectName == dialect.Postgres {
		for _, name := range varsOf(ctx) {
			if !slices.Contains(t.vars, name) {
				t.vars = append(t.vars, name)
			}
		}
	}
	return nil
}

// end ends the hook's own transaction. A context that outlives the mutation
// leads to it no more.
func (t *recordingTx) end(commit bool) error {
	t.mu.Lock()
	t.ended = true
	begun, vars := t.Tx != nil, t.vars
	t.mu.Unlock()
	if !begun {
		return nil
	}
	if !commit {
		return t.Rollback()
	}
	for _, name := range vars {
		if err := t.Tx.Exec(context.Background(), "RESET "+name, []any{}, nil); err != nil {
			return errors.Join(err, t.Rollback())
		}
	}
	return t.Commit()
}

func (t *recordingTx) live() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.ended
}

func (t *recordingTx) begun() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Tx != nil
}

// Exec implements [dialect.ExecQuerier].
func (t *recordingTx) Exec(ctx context.Context, query string, args, v any) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	f := frameOf(ctx, t)
	if f == nil {
		return t.Tx.Exec(ctx, query, args, v)
	}
	return f.exec(ctx, query, args, v)
}

// Query implements [dialect.ExecQuerier].
func (t *recordingTx) Query(ctx context.Context, query string, args, v any) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	f := frameOf(ctx, t)
	if f == nil {
		return t.Tx.Query(ctx, query, args, v)
	}
	return f.query(ctx, query, args, v)
}

// fail keeps the transaction from being committed.
func (t *recordingTx) fail(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// failure returns the first change that was not recorded.
func (t *recordingTx) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Commit implements [dialect.Tx]. It rolls back if a change could not be
// recorded, for hosts that overlooked the error.
func (t *recordingTx) Commit() error {
	if failed := t.failure(); failed != nil {
		return errors.Join(fmt.Errorf("auditent: the transaction is rolled back, since a change in it was not recorded: %w", failed), t.Tx.Rollback())
	}
	return t.Tx.Commit()
}

// Rollback implements [dialect.Tx].
func (t *recordingTx) Rollback() error { return t.Tx.Rollback() }

type execer interface {
	ExecContext(context.Context, string, ...any) (stdsql.Result, error)
}

type queryer interface {
	QueryContext(context.Context, string, ...any) (*stdsql.Rows, error)
}

// ExecContext is for the methods of sql/execquery. It is raw SQL, which is not
// recorded.
func (t *recordingTx) ExecContext(ctx context.Context, query string, args ...any) (stdsql.Result, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	return execContext(ctx, t.Tx, query, args)
}

// QueryContext is for the methods of sql/execquery.
func (t *recordingTx) QueryContext(ctx context.Context, query string, args ...any) (*stdsql.Rows, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	return queryContext(ctx, t.Tx, query, args)
}

func execContext(ctx context.Context, on any, query string, args []any) (stdsql.Result, error) {
	if e, ok := on.(execer); ok {
		return e.ExecContext(ctx, query, args...)
	}
	return nil, fmt.Errorf("auditent: a %T has no ExecContext", on)
}

func queryContext(ctx context.Context, on any, query string, args []any) (*stdsql.Rows, error) {
	if q, ok := on.(queryer); ok {
		return q.QueryContext(ctx, query, args...)
	}
	return nil, fmt.Errorf("auditent: a %T has no QueryContext", on)
}

// standard returns the transaction of package database/sql within, or nil.
func standard(tx any) *stdsql.Tx {
	for {
		switch t := tx.(type) {
		case *recordingTx:
			tx = t.Tx
		case *dialect.DebugTx:
			tx = t.Tx
		case *sql.Tx:
			own, ok := t.Tx.(*stdsql.Tx)
			if !ok {
				own, _ = t.ExecQuerier.(*stdsql.Tx)
			}
			return own
		case onConn:
			return t.tx
		default:
			return nil
		}
	}
}

// savepoint is a transaction that is begun within another: by ent for the
// statements of one mutation, or by a hook.
type savepoint struct {
	*recordingTx
	ctx     context.Context
	name    string
	journal *journal
	length  int
}

func (t *recordingTx) savepoint(ctx context.Context) (dialect.Tx, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.points++
	s := &savepoint{recordingTx: t, ctx: context.WithoutCancel(ctx), name: fmt.Sprintf("auditent_%d", t.points)}
	t.mu.Unlock()
	if f := frameOf(ctx, t); f != nil {
		s.journal = f.journal
		s.length = s.journal.length()
	}
	return s, t.Tx.Exec(ctx, "SAVEPOINT "+s.name, []any{}, nil)
}

// Commit implements [dialect.Tx].
func (s *savepoint) Commit() error {
	return s.Tx.Exec(s.ctx, "RELEASE SAVEPOINT "+s.name, []any{}, nil)
}

// Rollback implements [dialect.Tx].
func (s *savepoint) Rollback() error {
	if s.journal != nil {
		s.journal.cut(s.length)
	}
	if err := s.Tx.Exec(s.ctx, "ROLLBACK TO SAVEPOINT "+s.name, []any{}, nil); err != nil {
		return err
	}
	return s.Commit()
}
