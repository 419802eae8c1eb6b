package auditgorm

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// rows are rows of one table as values of its model, in the order in which they
// were read, each once.
type rows struct {
	list  []reflect.Value
	index map[string]int // by primary key
}

func (r *rows) add(key string, row reflect.Value) {
	if _, known := r.index[key]; known {
		return
	}
	if r.index == nil {
		r.index = map[string]int{}
	}
	r.index[key] = len(r.list)
	r.list = append(r.list, row)
}

// get returns the row with a primary key, or an invalid Value.
func (r *rows) get(key string) reflect.Value {
	if i, ok := r.index[key]; ok {
		return r.list[i]
	}
	return reflect.Value{}
}

// query returns a new SELECT on the table that a statement is about, on the
// statement's own connection. It asks no hook of the model.
func query(db *gorm.DB, m *model) *gorm.DB {
	q := db.Session(&gorm.Session{NewDB: true, SkipHooks: true}).Model(reflect.New(m.schema.ModelType).Interface()).Select("*")
	q.Statement.Table, q.Statement.TableExpr = db.Statement.Table, db.Statement.TableExpr
	return q
}

// locked lets a query lock the rows that it reads, so that they are still the
// same when the statement changes them. PostgreSQL has a lock for updates that
// does not keep others from inserting rows that refer to these. Databases
// without such locks leave it out.
func locked(q *gorm.DB, strength string) *gorm.DB {
	if strength != clause.LockingStrengthUpdate && q.Name() != "postgres" {
		strength = clause.LockingStrengthUpdate
	}
	return q.Clauses(clause.Locking{Strength: strength})
}

// read reads the rows of a query into r.
func (m *model) read(q *gorm.DB, r *rows) error {
	found, err := q.Rows()
	if err != nil {
		return fmt.Errorf("reading rows: %w", err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return fmt.Errorf("reading rows: %w", err)
	}
	for found.Next() {
		row, err := m.scan(q.Statement.Context, found, columns)
		if err != nil {
			return fmt.Errorf("reading rows: %w", err)
		}
		r.add(m.keyOf(q.Statement.Context, row), row)
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("reading rows: %w", err)
	}
	return nil
}

// scan reads one row. Other than GORM's own, it reads fields that GORM may
// only write too (`gorm:"->:false"`): that a password changed is recorded.
func (m *model) scan(ctx context.Context, found *sql.Rows, columns []string) (reflect.Value, error) {
	fields, values := make([]*schema.Field, len(columns)), make([]any, len(columns))
	for i, column := range columns {
		if fields[i] = m.schema.FieldsByDBName[column]; fields[i] == nil {
			values[i] = new(any)
			continue
		}
		values[i] = fields[i].NewValuePool.Get()
	}
	if err := found.Scan(values...); err != nil {
		return reflect.Value{}, err
	}
	row := reflect.New(m.schema.ModelType).Elem()
	for i, f := range fields {
		if f == nil {
			continue
		}
		if err := f.Set(ctx, row, values[i]); err != nil {
			return reflect.Value{}, err
		}
		f.NewValuePool.Put(values[i])
	}
	return row, nil
}

// chunkParams is how many parameters one query takes. SQLite takes 32,766,
// PostgreSQL twice as many.
const chunkParams = 10_000

// readWhere reads the rows whose fields have the values of one of the given
// rows.
func (m *model) readWhere(db *gorm.DB, fields []*schema.Field, given []reflect.Value, lock bool, into *rows) error {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.DBName
	}
	for chunk := range slices.Chunk(given, chunkParams/len(fields)) {
		values := make([][]any, len(chunk))
		for i, row := range chunk {
			for _, f := range fields {
				value, _ := f.ValueOf(db.Statement.Context, row)
				values[i] = append(values[i], value)
			}
		}
		column, in := schema.ToQueryValues(db.Statement.Table, names, values)
		q := query(db, m).Unscoped().Where(clause.IN{Column: column, Values: in})
		if lock {
			q = locked(q, "NO KEY UPDATE")
		}
		if err := m.read(q, into); err != nil {
			return err
		}
	}
	return nil
}

// readAgain reads rows by their primary key.
func (m *model) readAgain(db *gorm.DB, given []reflect.Value) (*rows, error) {
	r := new(rows)
	return r, m.readWhere(db, m.schema.PrimaryFields, given, false, r)
}
