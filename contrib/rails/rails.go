// Package rails brings the history along that a Rails application kept with
// the gems audited or paper_trail:
//
//	progress, err := rails.ImportAudited(ctx, railsDB, trail, store, rails.Options{
//		Progress: func(p rails.Progress) { log.Printf("%d of %d", p.Rows, p.Of) },
//	})
//
// An import can be repeated: each row becomes an entry whose ID is made of the
// row's own time and ID, so that one that is there already is left as it is.
// It can be resumed, too, from Progress.Last. Values go through the log's own
// redaction and limits. Entries say that they were imported (their source), and
// from which row (their metadata).
//
// On PostgreSQL, make the months that the history covers before
// (postgres.Admin.MakeMonths).
package rails

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/auditkeep/audit"
)

// Options adjusts an import. The zero Options is useful for a log with an
// organization of its own.
type Options struct {
	// Table is where the history is. Defaults to "audits", or "versions".
	Table string
	// Org returns the organization of a row. Defaults to the context's, then to
	// the log's own.
	Org func(Row) string
	// Type returns the object type for a class of Rails. Defaults to the class
	// in snake_case: "Billing::Invoice" is "billing_invoice".
	Type func(class string) string
	// Actor returns who did it, for hosts that know their users' emails.
	// Defaults to the row's user ID, and its user name as the email.
	Actor func(context.Context, Row) (audit.Actor, error)
	// After leaves out the rows up to this ID. Defaults to none.
	After int64
	// Progress is told after each batch of rows. Defaults to nothing.
	Progress func(Progress)
	// OnError is asked about a row that cannot be imported: nil goes on without
	// it. Defaults to ending the import.
	OnError func(Row, error) error
}

// Progress is how far an import has come.
type Progress struct {
	// Rows have been read of those there are, Skipped of them left out by
	// OnError.
	Rows, Of, Skipped int
	// Last is the ID of the last row done, for Options.After.
	Last int64
}

// Row is one row of the history, as far as both gems have it.
type Row struct {
	// ID is the row's own.
	ID int64
	// Class and Key are the record's class and ID.
	Class, Key string
	// UserID, UserClass and UserName say who did it; paper_trail has only what
	// the application put into whodunnit, which is UserID here.
	UserID, UserClass, UserName string
	// Columns are all columns of the row, by name, as texts; NULL is absent.
	Columns map[string]string
}

// batch is how many rows are read and written at a time.
const batch = 1000

// table reads the rows of a gem's table.
type table struct {
	gem  string // goes into the entries' IDs and metadata
	name string
	// row reads what both gems have, entry turns a row into an event.
	row   func(map[string]string) Row
	event func(Row, audit.Object) (audit.Event, error)
	// request and parent are what else a row knows.
	request func(Row) audit.Request
	parent  func(Row, func(class string) string) audit.Object
}

// run imports a table.
func (t table) run(ctx context.Context, source *sql.DB, trail *audit.Log, store audit.Store, o Options) (Progress, error) {
	progress := Progress{Last: o.After}
	if source == nil || trail == nil || store == nil {
		return progress, errors.New("rails: the source, the log and its store have to be given")
	}
	if o.Table != "" {
		t.name = o.Table
	}
	if o.Type == nil {
		o.Type = snakeCase
	}
	name, err := quoted(t.name)
	if err != nil {
		return progress, err
	}
	count := fmt.Sprintf("SELECT count(*) FROM %s WHERE id > %d", name, o.After)
	if err := source.QueryRowContext(ctx, count).Scan(&progress.Of); err != nil {
		return progress, fmt.Errorf("counting the rows of %s: %w", t.name, err)
	}
	for {
		rows, err := readRows(ctx, source, name, progress.Last)
		if err != nil {
			return progress, fmt.Errorf("reading %s: %w", t.name, err)
		}
		if len(rows) == 0 {
			return progress, nil
		}
		entries := make([]audit.Entry, 0, len(rows))
		skipped := 0
		for _, columns := range rows {
			row := t.row(columns)
			entry, err := t.entry(ctx, trail, o, row)
			if err == nil {
				entries = append(entries, entry)
				continue
			}
			err = fmt.Errorf("importing row %d of %s: %w", row.ID, t.name, err)
			if o.OnError == nil || o.OnError(row, err) != nil {
				return progress, err
			}
			skipped++
		}
		if err := store.InsertDetached(ctx, entries); err != nil {
			return progress, fmt.Errorf("importing rows of %s after %d: %w", t.name, progress.Last, err)
		}
		progress.Rows += len(rows)
		progress.Skipped += skipped
		progress.Last = t.row(rows[len(rows)-1]).ID
		if o.Progress != nil {
			o.Progress(progress)
		}
	}
}

// entry turns a row into an entry.
func (t table) entry(ctx context.Context, trail *audit.Log, o Options, row Row) (audit.Entry, error) {
	at, err := parseTime(row.Columns["created_at"])
	if err != nil {
		return audit.Entry{}, err
	}
	object := audit.Object{Type: o.Type(row.Class), ID: row.Key}
	event, err := t.event(row, object)
	if err != nil {
		return audit.Entry{}, err
	}
	actor := audit.Actor{ID: row.UserID, Email: row.UserName}
	if o.Actor != nil {
		if actor, err = o.Actor(ctx, row); err != nil {
			return audit.Entry{}, fmt.Errorf("asking who it was: %w", err)
		}
	}
	ctx = audit.WithActor(ctx, actor)
	ctx = audit.WithRequest(ctx, t.request(row))
	if o.Org != nil {
		ctx = audit.WithOrg(ctx, o.Org(row))
	}
	event = event.WithObject(object).WithParent(t.parent(row, o.Type)).WithID(rowID(t.gem, at, row.ID)).
		WithComment(cut(row.Columns["comment"], 4096)).
		WithMetadata(map[string]any{"imported_from": t.gem, "row": row.ID})
	entries, err := trail.Prepare(ctx, event)
	if err != nil {
		return audit.Entry{}, err
	}
	if len(entries) == 0 { // an update whose fields are all left out: that it happened is kept
		bare := audit.Performed(audit.Update, object).WithID(rowID(t.gem, at, row.ID)).
			WithMetadata(map[string]any{"imported_from": t.gem, "row": row.ID})
		if entries, err = trail.Prepare(ctx, bare); err != nil {
			return audit.Entry{}, err
		}
	}
	entries[0].Source = audit.SourceImport
	return entries[0], nil
}
