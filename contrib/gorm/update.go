package auditgorm

import (
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"

	"github.com/auditkeep/audit"
)

// beforeUpdate reads the rows as they are before an update.
func (p *Plugin) beforeUpdate(db *gorm.DB) {
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
	// The statement's condition is complete only after its assignments are
	// made. That is done once, here: GORM's own callback takes them as given.
	for _, c := range m.schema.UpdateClauses {
		db.Statement.AddClause(c)
	}
	if _, ok := db.Statement.Clauses["SET"]; !ok {
		set := callbacks.ConvertToAssignments(db.Statement)
		if db.Error != nil || len(set) == 0 {
			return // GORM does nothing then
		}
		db.Statement.AddClause(set)
	}
	keep(db, b)
	if !hasCondition(db) {
		return // GORM refuses it
	}
	unscoped := func(q *gorm.DB) *gorm.DB { return q.Unscoped() } // the condition has it all
	if err := p.affected(db, b, "NO KEY UPDATE", unscoped); err != nil {
		refuse(db, err)
	}
}

// afterUpdate reads them again, and records what has changed.
func (p *Plugin) afterUpdate(db *gorm.DB) {
	b := kept(db)
	if b == nil {
		return
	}
	delete(db.Statement.Clauses, "SET") // as GORM does with its own
	if err := p.recordUpdate(db, b); err != nil {
		fail(db, err)
	}
}

func (p *Plugin) recordUpdate(db *gorm.DB, b *before) error {
	if err := b.checkNumber(db); err != nil || len(b.list) == 0 {
		return err
	}
	after, err := b.model.readAgain(db, b.list)
	if err != nil {
		return err
	}
	events := make([]audit.Event, 0, len(b.list))
	for _, old := range b.list {
		now := after.get(b.model.keyOf(db.Statement.Context, old))
		if !now.IsValid() {
			return errors.New("a row is not there any more under its primary key: a change of the key cannot be followed; create the new record and delete the old one")
		}
		events = append(events, b.model.updated(old, now))
	}
	return p.record(db, events)
}
