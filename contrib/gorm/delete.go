package auditgorm

import (
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/auditkeep/audit"
)

// beforeDelete reads the rows that a delete is about.
func (p *Plugin) beforeDelete(db *gorm.DB) {
	keep(db, nil)
	if !p.audits(db) {
		return
	}
	m, err := p.prepare(db)
	if err != nil {
		refuse(db, err)
		return
	}
	b := &before{model: m}
	keep(db, b)
	conditions := deleteConditions(db)
	if len(conditions) == 0 && !hasCondition(db) {
		return // GORM refuses it
	}
	err = p.affected(db, b, clause.LockingStrengthUpdate, func(q *gorm.DB) *gorm.DB {
		if db.Statement.Unscoped {
			q = q.Unscoped()
		}
		for _, condition := range conditions {
			q.Statement.AddClause(condition)
		}
		return q
	})
	if err != nil {
		refuse(db, err)
	}
}

// deleteConditions returns the conditions that GORM adds to a delete for the
// values given to Delete and Model.
func deleteConditions(db *gorm.DB) (conditions []clause.Where) {
	stmt := db.Statement
	add := func(v reflect.Value) {
		_, keys := schema.GetIdentityFieldValuesMap(stmt.Context, v, stmt.Schema.PrimaryFields)
		if column, values := schema.ToQueryValues(stmt.Table, stmt.Schema.PrimaryFieldDBNames, keys); len(values) > 0 {
			conditions = append(conditions, clause.Where{Exprs: []clause.Expression{clause.IN{Column: column, Values: values}}})
		}
	}
	add(stmt.ReflectValue)
	if stmt.ReflectValue.CanAddr() && stmt.Dest != stmt.Model && stmt.Model != nil {
		add(reflect.ValueOf(stmt.Model))
	}
	return conditions
}

// afterDelete records the rows that were read before.
func (p *Plugin) afterDelete(db *gorm.DB) {
	b := kept(db)
	if b == nil {
		return
	}
	if err := p.recordDelete(db, b); err != nil {
		fail(db, err)
	}
}

func (p *Plugin) recordDelete(db *gorm.DB, b *before) error {
	if err := b.checkNumber(db); err != nil {
		return err
	}
	if db.RowsAffected < int64(len(b.list)) {
		return fmt.Errorf("of %d rows only %d were deleted, and it is not known which: a trigger or a rule of the database keeps the others", len(b.list), db.RowsAffected)
	}
	events := make([]audit.Event, len(b.list))
	for i, row := range b.list {
		events[i] = b.model.destroyed(row)
	}
	return p.record(db, events)
}
