package auditgorm

import (
	"errors"
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// conflict says which rows an INSERT … ON CONFLICT may meet: those with the
// same primary key, and those with the same values in the columns that the
// clause names.
type conflict struct {
	target []*schema.Field // empty for the primary key
}

// conflictOf returns the conflict of a statement, or nil where it has none.
func conflictOf(db *gorm.DB, m *model) (*conflict, error) {
	c, ok := db.Statement.Clauses["ON CONFLICT"]
	if !ok {
		return nil, nil
	}
	on, ok := c.Expression.(clause.OnConflict)
	if !ok {
		return nil, fmt.Errorf("its ON CONFLICT is a %T, which cannot be followed: use clause.OnConflict", c.Expression)
	}
	if on.DoNothing {
		return &conflict{}, nil // whatever row it meets is left alone
	}
	if on.OnConstraint != "" || len(on.Columns) == 0 && !on.UpdateAll {
		return nil, errors.New("its ON CONFLICT does not name the columns in Columns, so the rows that it may update are not known")
	}
	target := new(conflict)
	for _, column := range on.Columns {
		field := m.schema.LookUpField(column.Name)
		if field == nil || field.DBName == "" {
			return nil, fmt.Errorf("its ON CONFLICT names %q, which is no column of the model, so the rows that it may update are not known", column.Name)
		}
		target.target = append(target.target, field)
	}
	return target, nil
}

// read reads the rows.
func (c *conflict) read(db *gorm.DB, m *model, given []reflect.Value, lock bool, into *rows) error {
	if known := withKey(db, m, given); len(known) > 0 {
		if err := m.readWhere(db, m.schema.PrimaryFields, known, lock, into); err != nil {
			return err
		}
	}
	if len(c.target) == 0 {
		return nil
	}
	return m.readWhere(db, c.target, given, lock, into)
}
