package auditgorm

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm/schema"
)

// row is a row of a table as it was read.
type row struct {
	key   string          // what distinguishes it from the table's other rows
	ident []any           // the same, as values
	raw   []any           // what was read, as the driver gives it
	table []any           // of that, the table's columns
	model reflect.Value   // the model with these values; invalid without one
	odd   map[string]bool // columns whose values the model's field does not take
	fresh bool            // of a returned row: it was inserted, not updated
}

// rows are rows of one table, in the order in which they were read, each once.
type rows struct {
	columns []string // of the table
	types   []*sql.ColumnType
	all     []*row // repeated ones too
	list    []*row
	index   map[string]*row
}

func (r *rows) add(found *row) {
	r.all = append(r.all, found)
	if _, known := r.index[found.key]; known {
		return
	}
	if r.index == nil {
		r.index = map[string]*row{}
	}
	r.index[found.key] = found
	r.list = append(r.list, found)
}

// returned are the rows that a statement changed, as its RETURNING clause gives
// them: first the columns that the statement asked for itself.
type returned struct {
	rows
	lastID   int64 // SQLite's, before the entry is inserted
	own      int
	ownNames []string
	ownTypes []*sql.ColumnType
}

// reading says how to read the rows of a query: first skipped columns, then the
// table's, then those that identify a row, then perhaps whether it is fresh.
type reading struct {
	model       *model
	skip, ident int
	fresh, all  bool // all: the table's columns are there
}

// read reads the rows of a query into r.
func (g reading) read(ctx context.Context, found *sql.Rows, r *rows) error {
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return err
	}
	types, err := found.ColumnTypes()
	if err != nil {
		return err
	}
	end := len(columns) - g.ident
	if g.fresh {
		end--
	}
	r.columns, r.types = columns[g.skip:end], types[g.skip:end]
	for found.Next() {
		one := &row{raw: make([]any, len(columns))}
		into := make([]any, len(columns))
		for i := range into {
			into[i] = &one.raw[i]
		}
		if err := found.Scan(into...); err != nil {
			return err
		}
		one.table = one.raw[g.skip:end]
		one.ident = one.raw[end : end+g.ident]
		one.key = keyOf(one.ident)
		if g.ident == 0 {
			one.key = strconv.Itoa(len(r.all)) // nothing distinguishes the rows
		}
		if g.fresh {
			one.fresh, _ = one.raw[len(columns)-1].(bool)
		}
		if g.all && g.model != nil {
			if err := g.scan(ctx, found, columns[g.skip:end], one, len(columns)); err != nil {
				return err
			}
		}
		r.add(one)
	}
	return found.Err()
}

// scan reads the row again, into the model. Other than GORM's own, it reads
// fields that GORM may only write too (`gorm:"->:false"`): that a password
// changed is recorded. A value that a field does not take is left raw.
func (g reading) scan(ctx context.Context, found *sql.Rows, columns []string, one *row, width int) error {
	one.model = reflect.New(g.model.schema.ModelType).Elem()
	fields, into := make([]*schema.Field, len(columns)), make([]any, width)
	for i := range into {
		into[i] = new(any)
	}
	for i, column := range columns {
		if f := g.model.schema.FieldsByDBName[column]; f != nil && one.raw[g.skip+i] != nil {
			fields[i], into[g.skip+i] = f, f.NewValuePool.Get()
		}
	}
	failed := found.Scan(into...) != nil
	for i, f := range fields {
		if f == nil {
			continue
		}
		if failed { // which of them?
			single := make([]any, width)
			for j := range single {
				single[j] = new(any)
			}
			single[g.skip+i] = into[g.skip+i]
			if found.Scan(single...) != nil {
				one.setOdd(f)
				continue
			}
		}
		if err := f.Set(ctx, one.model, into[g.skip+i]); err != nil {
			one.setOdd(f)
			continue
		}
		f.NewValuePool.Put(into[g.skip+i])
	}
	return nil
}

func (r *row) setOdd(f *schema.Field) {
	if r.odd == nil {
		r.odd = map[string]bool{}
	}
	r.odd[f.DBName] = true
}

// digest returns an ID for a row of a table without a key, made of its values.
func (r *row) digest() string {
	sum := sha256.Sum256([]byte(keyOf(r.table)))
	return "row-" + hex.EncodeToString(sum[:8])
}

// keyOf returns values of a key as one text, which differs for different keys.
func keyOf(values []any) string {
	parts := make([]string, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case []byte:
			parts[i] = "x" + strconv.Quote(string(v))
		case string:
			parts[i] = strconv.Quote(v)
		case time.Time:
			parts[i] = v.UTC().Format(time.RFC3339Nano)
		default:
			parts[i] = fmt.Sprintf("%T %v", v, v)
		}
	}
	return strings.Join(parts, ",")
}
