package auditgorm

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"gorm.io/gorm"

	"github.com/auditkeep/audit"
)

// Plugin is a [gorm.Plugin] that records. Make one with [New] for each
// [gorm.DB]. It is safe for concurrent use.
type Plugin struct {
	trail   *audit.Log
	adapt   adapter
	options Options
	models  sync.Map // *schema.Schema to *model or error
}

var _ gorm.Plugin = (*Plugin)(nil)

// Options adjusts a Plugin. The zero Options is useful.
type Options struct {
	// Only names the tables that are audited. Defaults to all.
	Only []string
	// Skip names tables that are not audited. Defaults to none; the log's own
	// never is.
	Skip []string
	// MaxRows is how many rows one statement may change: they are kept in
	// memory, twice for an update. Beyond, the statement fails before it has
	// changed anything. Defaults to 10,000.
	MaxRows int
}

const defaultMaxRows = 10_000

// New returns a plugin that records in the log, in the transactions that tx
// adapts: Store.SQLTx of package postgres, or Store.Tx of package sqlite.
func New[T any](trail *audit.Log, tx func(T) audit.Tx, o Options) (*Plugin, error) {
	if trail == nil {
		return nil, errors.New("auditgorm: the log is nil: give the one that audit.New returned")
	}
	if o.MaxRows < 0 {
		return nil, fmt.Errorf("auditgorm: Options.MaxRows is %d: give a positive number, or 0 for %d", o.MaxRows, defaultMaxRows)
	}
	if o.MaxRows == 0 {
		o.MaxRows = defaultMaxRows
	}
	o.Only, o.Skip = slices.Clone(o.Only), append(slices.Clone(o.Skip), "audit_entries")
	adapt, err := newAdapter(tx)
	if err != nil {
		return nil, err
	}
	return &Plugin{trail: trail, adapt: adapt, options: o}, nil
}

// Name implements [gorm.Plugin].
func (*Plugin) Name() string { return "audit" }

// Initialize implements [gorm.Plugin]: it registers the callbacks.
func (p *Plugin) Initialize(db *gorm.DB) error {
	create, update, remove := db.Callback().Create(), db.Callback().Update(), db.Callback().Delete()
	// Whatever else a statement does (hooks, associations) lies between begin
	// and end. The rows are read right before and right after the statement
	// itself, so that entries come in the order of the changes.
	return errors.Join(
		create.Before("gorm:before_create").Register("audit:begin", p.begin),
		create.Before("gorm:create").Register("audit:before", p.beforeCreate),
		create.After("gorm:create").Before("gorm:save_after_associations").Register("audit:after", p.afterCreate),
		create.After("gorm:after_create").Before("gorm:commit_or_rollback_transaction").Register("audit:end", p.end),

		update.Before("gorm:setup_reflect_value").Register("audit:begin", p.begin),
		update.Before("gorm:update").Register("audit:before", p.beforeUpdate),
		update.After("gorm:update").Before("gorm:save_after_associations").Register("audit:after", p.afterUpdate),
		update.After("gorm:after_update").Before("gorm:commit_or_rollback_transaction").Register("audit:end", p.end),

		remove.Before("gorm:before_delete").Register("audit:begin", p.begin),
		remove.Before("gorm:delete").Register("audit:before", p.beforeDelete),
		remove.After("gorm:delete").Before("gorm:after_delete").Register("audit:after", p.afterDelete),
		remove.After("gorm:after_delete").Before("gorm:commit_or_rollback_transaction").Register("audit:end", p.end),
	)
}

// audits reports whether the statement is to be recorded.
func (p *Plugin) audits(db *gorm.DB) bool {
	if db.Error != nil || db.DryRun {
		return false
	}
	table := tableOf(db)
	return !slices.Contains(p.options.Skip, table) && (len(p.options.Only) == 0 || slices.Contains(p.options.Only, table))
}

// tableOf returns the table's name, also where the statement gives it another.
func tableOf(db *gorm.DB) string {
	if db.Statement.Schema != nil {
		return db.Statement.Schema.Table
	}
	return db.Statement.Table
}

// prepare returns the model of a statement that is about to be executed, after
// looking for all that can be known to be wrong with it.
func (p *Plugin) prepare(db *gorm.DB) (*model, error) {
	switch stmt := db.Statement; {
	case stmt.Schema == nil:
		return nil, errors.New("it has no model: give one with Model, or name the table in Options.Skip")
	case stmt.SQL.Len() > 0:
		return nil, errors.New("it is raw SQL, which cannot be followed: name the table in Options.Skip, and record it with Log.Record")
	case len(stmt.Joins) > 0:
		return nil, errors.New("it joins another table, which cannot be followed: select the primary keys first")
	}
	if _, ok := db.Statement.Clauses["FROM"]; ok {
		return nil, errors.New("it has a FROM clause of its own, which cannot be followed: select the primary keys first")
	}
	if _, err := p.adapt(db.Statement.ConnPool); err != nil {
		return nil, err
	}
	// No event yet, but what is wrong with organization and actor shows now,
	// before anything has changed.
	if _, err := p.trail.Prepare(db.Statement.Context); err != nil {
		return nil, err
	}
	return p.modelOf(db.Statement.Schema)
}

// record records the events of a statement that was executed.
func (p *Plugin) record(db *gorm.DB, events []audit.Event) error {
	tx, err := p.adapt(db.Statement.ConnPool)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(events, audit.MaxEvents) {
		if err := p.trail.Record(db.Statement.Context, tx, chunk...); err != nil {
			return err
		}
	}
	return nil
}
