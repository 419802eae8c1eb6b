package auditgorm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// chunkParams is how many parameters one query takes. SQLite takes 32,766,
// PostgreSQL twice as many.
const chunkParams = 10_000

// lockSQLite takes SQLite's write lock before the rows are read. A transaction
// that has read first fails, instead of waiting, if another one has written
// meanwhile. If it cannot, the statement itself says why.
func (s *statement) lockSQLite() {
	if !isSQLite(s.db) {
		return
	}
	b := s.builder()
	b.WriteString("DELETE FROM ")
	b.WriteQuoted(targetOf(s.db).expr)
	b.WriteString(" WHERE 0")
	_, _ = s.connection().ExecContext(s.ctx, b.SQL.String())
}

// builder returns a statement to write SQL with, about the same table.
func (s *statement) builder() *gorm.Statement {
	of := s.db.Statement
	return &gorm.Statement{
		DB: s.db.Session(&gorm.Session{NewDB: true}), Table: of.Table, TableExpr: of.TableExpr,
		Schema: of.Schema, Model: of.Model, Context: s.ctx, Clauses: map[string]clause.Clause{},
	}
}

// column returns a column of the table, qualified.
func (s *statement) column(b *gorm.Statement, name string) string {
	return b.Quote(s.target.alias) + "." + b.Quote(name)
}

// identity returns the columns that identify a row, as SQL, each after a comma.
func (s *statement) identity(b *gorm.Statement) string {
	var text strings.Builder
	for _, name := range s.ident {
		text.WriteString(", " + s.column(b, name))
	}
	return text.String()
}

// selectRows begins a SELECT of the table's rows.
func (s *statement) selectRows(b *gorm.Statement) {
	b.WriteString("SELECT " + strings.Join(s.allColumns(b), ", ") + s.identity(b) + " FROM ")
	b.WriteQuoted(s.target.expr)
	b.WriteString(s.table.mark)
}

// read executes a SELECT of the table's rows. They are locked where the
// database can, so that they are still the same when the statement changes them.
func (s *statement) read(b *gorm.Statement, lock string, into *rows) error {
	if lock != "" && !isSQLite(s.db) {
		b.WriteString(" FOR " + lock + " OF " + b.Quote(s.target.alias))
	}
	if b.DB.Error != nil {
		return b.DB.Error
	}
	found, err := s.connection().QueryContext(s.ctx, b.SQL.String(), b.Vars...)
	if err == nil {
		err = reading{model: s.model, ident: len(s.ident), all: true}.read(s.ctx, found, into)
	}
	if err != nil {
		return fmt.Errorf("reading rows: %w", err)
	}
	return nil
}

// readAffected reads and locks the rows that an UPDATE or DELETE is about, by
// the statement's own condition.
func (s *statement) readAffected(into *rows) error {
	b := s.builder()
	s.selectRows(b)
	if from, ok := s.db.Statement.Clauses["FROM"]; ok && s.isUpdate() {
		b.WriteString(", ")
		if from.Expression != nil {
			from.Expression.Build(b)
		}
	}
	if where, ok := s.db.Statement.Clauses["WHERE"]; ok {
		b.WriteString(" ")
		b.Clauses["WHERE"] = where
		b.Build("WHERE")
	}
	fmt.Fprintf(&b.SQL, " LIMIT %d", s.plugin.options.MaxRows+1)
	lock := "NO KEY UPDATE" // does not keep others from inserting rows that refer to these
	if s.op == deleting {
		lock = clause.LockingStrengthUpdate
	}
	return s.read(b, lock, into)
}

// readAgain reads rows by what identifies them.
func (s *statement) readAgain(list []*row, into *rows, lock string) error {
	idents := make([][]any, len(list))
	for i, r := range list {
		idents[i] = r.ident
	}
	return s.readWhere(s.ident, idents, into, lock)
}

// readWhere reads the rows whose columns have one of the values.
func (s *statement) readWhere(columns []string, values [][]any, into *rows, lock string) error {
	for chunk := range slices.Chunk(values, chunkParams/len(columns)) {
		b := s.builder()
		s.selectRows(b)
		b.WriteString(" WHERE (")
		for i, name := range columns {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(s.column(b, name))
		}
		b.WriteString(") IN (")
		if len(columns) > 1 && isSQLite(s.db) {
			b.WriteString("VALUES ")
		}
		for i, one := range chunk {
			if i > 0 {
				b.WriteString(", ")
			}
			if len(columns) == 1 {
				b.AddVar(b, one[0])
				continue
			}
			b.WriteString("(")
			b.AddVar(b, one...)
			b.WriteString(")")
		}
		b.WriteString(")")
		if err := s.read(b, lock, into); err != nil {
			return err
		}
	}
	return nil
}

// returning adds the columns that the plugin needs of each changed row to the
// statement's SQL. It also returns how to read them.
func (s *statement) returning(text string, hasReturning bool, c *conflict) (string, reading) {
	b := s.builder()
	how := reading{model: s.model, ident: len(s.ident)}
	var wanted []string
	if len(s.ident) == 0 {
		how.all = true
		if wanted = s.allColumns(b); isSQLite(s.db) {
			wanted = []string{"*"}
		}
	}
	for _, name := range s.ident {
		if isSQLite(s.db) {
			wanted = append(wanted, b.Quote(name)) // only the table's own columns can be meant
		} else {
			wanted = append(wanted, s.column(b, name))
		}
	}
	if how.fresh = c != nil && s.table.versions; how.fresh {
		wanted = append(wanted, "("+b.Quote(s.target.alias)+".xmax = 0)")
	}
	if hasReturning {
		return text + ", " + strings.Join(wanted, ", ") + s.table.mark, how
	}
	return text + " RETURNING " + strings.Join(wanted, ", ") + s.table.mark, how
}

// allColumns returns the table's columns, as SQL.
func (s *statement) allColumns(b *gorm.Statement) []string {
	if isSQLite(s.db) || len(s.table.columns) == 0 {
		return []string{b.Quote(s.target.alias) + ".*"}
	}
	all := make([]string, len(s.table.columns))
	for i, name := range s.table.columns {
		all[i] = s.column(b, name)
	}
	return all
}

// execOnce executes the statement and reads what it returns.
func (s *statement) execOnce(text string, args []any, hasReturning bool, c *conflict) (*returned, error) {
	query, how := s.returning(text, hasReturning, c)
	found, err := s.ConnPool.QueryContext(s.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	done := new(returned)
	if hasReturning {
		names, err := found.Columns()
		if err != nil {
			return nil, err
		}
		types, err := found.ColumnTypes()
		if err != nil {
			return nil, err
		}
		done.own = len(names) - len(s.ident)
		if how.all {
			done.own -= len(s.table.columns)
		}
		if how.fresh {
			done.own--
		}
		how.skip, done.ownNames, done.ownTypes = done.own, names[:done.own], types[:done.own]
	}
	if err := how.read(context.WithoutCancel(s.ctx), found, &done.rows); err != nil {
		if s.ctx.Err() != nil { // after the statement was executed, perhaps
			err = s.plugin.failure(s.db, s.ConnPool, err)
		}
		return nil, err
	}
	if hasReturning || s.op != creating || !isSQLite(s.db) {
		return done, nil
	}
	return done, s.connection().QueryRowContext(s.ctx, "SELECT last_insert_rowid()").Scan(&done.lastID)
}
