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
	models  sync.Map // *schema.Schema to *model
	seen    sync.Map // a table's name to its *model
	shards  sync.Map // a table's name to the *model of another that it was changed with
	images  sync.Map // imageKey to *image
	tables  sync.Map // a table's name to its *table
}

var _ gorm.Plugin = (*Plugin)(nil)

// Options adjusts a Plugin. The zero Options is useful.
type Options struct {
	// Only names the tables that are audited. Defaults to all.
	Only []string
	// Skip names tables that are not audited. Defaults to none; the log's own
	// never is.
	Skip []string
	// Models are models whose tables are also changed by statements without a
	// model, such as db.Table("users").Where(…).Updates(map[string]any{…}): their
	// names and audit tags hold for those too. The tags hold also for the tables
	// that their rows are split into: those whose names begin with the table's
	// name and "_", as orders_2026, and that have all its columns. Defaults to the
	// models that the plugin has seen in other statements. Name all models that
	// have audit tags: the first statement after a start may be one without a
	// model.
	Models []any
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
	o.Models = slices.Clone(o.Models)
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
	for _, m := range p.options.Models {
		stmt := &gorm.Statement{DB: db}
		if err := stmt.Parse(m); err != nil {
			return fmt.Errorf("auditgorm: Options.Models has a %T, which is not a model: %w", m, err)
		}
		p.see(&gorm.DB{Statement: stmt})
	}
	// Whatever else a statement does (hooks, associations) lies between begin
	// and end. Only the statement itself is executed on the followed connection,
	// so that entries come in the order of the changes.
	return errors.Join(
		create.Before("gorm:before_create").Register("audit:begin", p.begin),
		create.Before("gorm:create").Register("audit:follow", p.follow(creating)),
		create.After("gorm:create").Before("gorm:save_after_associations").Register("audit:leave", p.leave),
		create.After("gorm:after_create").Before("gorm:commit_or_rollback_transaction").Register("audit:end", p.end),

		update.Before("gorm:setup_reflect_value").Register("audit:begin", p.begin),
		update.Before("gorm:update").Register("audit:follow", p.follow(updating)),
		update.After("gorm:update").Before("gorm:save_after_associations").Register("audit:leave", p.leave),
		update.After("gorm:after_update").Before("gorm:commit_or_rollback_transaction").Register("audit:end", p.end),

		remove.Before("gorm:before_delete").Register("audit:begin", p.begin),
		remove.Before("gorm:delete").Register("audit:follow", p.follow(deleting)),
		remove.After("gorm:delete").Before("gorm:after_delete").Register("audit:leave", p.leave),
		remove.After("gorm:after_delete").Before("gorm:commit_or_rollback_transaction").Register("audit:end", p.end),

		db.Callback().Query().Before("gorm:query").Register("audit:see", p.see),
		db.Callback().Raw().After("gorm:raw").Register("audit:forget", p.forget),
	)
}

// see notes the model of a table, for statements on the table without one.
func (p *Plugin) see(db *gorm.DB) {
	if s := db.Statement.Schema; s != nil {
		if _, known := p.models.Load(s); !known {
			p.seen.LoadOrStore(s.Table, p.modelOf(s))
		}
	}
}

// audits reports whether the plugin records the statement.
func (p *Plugin) audits(db *gorm.DB) bool {
	if db.Error != nil || db.DryRun {
		return false
	}
	p.see(db)
	t := targetOf(db)
	return !t.isIn(p.options.Skip, isSQLite(db)) && (len(p.options.Only) == 0 || t.isIn(p.options.Only, isSQLite(db)))
}

// record records the events of a statement that was executed.
func (p *Plugin) record(db *gorm.DB, conn gorm.ConnPool, events []audit.Event) error {
	if len(events) == 0 {
		return nil
	}
	tx, err := p.adapt(conn)
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
