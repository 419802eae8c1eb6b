package auditgorm

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// before is what a statement keeps for after it.
type before struct {
	model *model
	rows
	conflict *conflict // of an INSERT … ON CONFLICT
}

// keep keeps what was read before a statement, and forgets what an earlier run
// of the same statement has kept.
func keep(db *gorm.DB, b *before) { db.InstanceSet(beforeKey, b) }

// kept returns it, or nil for a statement that is not audited or has failed.
func kept(db *gorm.DB) *before {
	if db.Error != nil || db.DryRun {
		return nil
	}
	value, _ := db.InstanceGet(beforeKey)
	b, _ := value.(*before)
	return b
}

// affected reads and locks the rows that a statement's condition covers. With
// more, the condition is narrowed first.
func (p *Plugin) affected(db *gorm.DB, b *before, lock string, more func(q *gorm.DB) *gorm.DB) error {
	q := query(db, b.model)
	if where, ok := db.Statement.Clauses["WHERE"]; ok {
		q.Statement.Clauses["WHERE"] = where
	}
	q = locked(more(q), lock).Limit(p.options.MaxRows + 1)
	if err := b.model.read(q, &b.rows); err != nil {
		return err
	}
	if len(b.list) > p.options.MaxRows {
		return fmt.Errorf("it changes more than %d rows, the limit of Options.MaxRows: change fewer at once, or raise it", p.options.MaxRows)
	}
	return nil
}

// checkNumber compares with how many rows the database says it has changed.
func (b *before) checkNumber(db *gorm.DB) error {
	if db.RowsAffected > int64(len(b.list)) {
		return fmt.Errorf("%d rows were changed, but only %d matched right before: others came in between; try again", db.RowsAffected, len(b.list))
	}
	return nil
}

// hasCondition reports whether GORM will accept the statement, which it does
// without a condition only where that is explicitly allowed. It tells so after
// the rows are read, which could be the whole table.
func hasCondition(db *gorm.DB) bool {
	if db.AllowGlobalUpdate {
		return true
	}
	where, ok := db.Statement.Clauses["WHERE"]
	if _, soft := db.Statement.Clauses["soft_delete_enabled"]; ok && soft {
		exprs, isWhere := where.Expression.(clause.Where)
		return isWhere && len(exprs.Exprs) > 1
	}
	return ok
}
