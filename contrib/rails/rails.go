// Package rails imports the history that a Rails application kept with the gems
// audited or paper_trail:
//
//	progress, err := rails.ImportAudited(ctx, railsDB, trail, store, rails.Options{
//		Progress: func(p rails.Progress) { log.Printf("%d of %d", p.Rows, p.Of) },
//	})
//
// An import can be repeated. Each row becomes an entry whose ID is made from
// the row's time and ID, so an entry that exists stays as it is. An import can
// also be resumed, from Progress.Last. Values go through the log's own
// redaction and limits. Entries say that they were imported (their source), and
// from which row (their metadata).
//
// The history is in PostgreSQL or SQLite. Its rows have a primary key named id
// of any type: integers, UUIDs, ULIDs, texts, bytes. Rows are read in the order
// of that key. If keys are not in the order of time, as random UUIDs, an import
// may miss rows that Rails writes meanwhile: import once more after the switch.
//
// On PostgreSQL, first make the months that the history covers
// (postgres.Admin.MakePartitions).
package rails

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/auditkeep/audit"
)

// Options adjusts an import. The zero Options is useful for a log with
// Config.Org.
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
	// Class returns the class of the record that a row is about. Defaults to the
	// row's own: auditable_type, or item_subtype if paper_trail stored one (the
	// class itself where several share a table), else item_type.
	Class func(Row) string
	// After leaves out the rows up to this ID, as Progress.Last has it. Defaults
	// to none.
	After string
	// Progress is called after each batch of rows. Defaults to nothing.
	Progress func(Progress)
	// OnError is asked about a row that cannot be imported: nil goes on without
	// it. Defaults to ending the import.
	OnError func(Row, error) error
}

// Progress is how far an import has come.
type Progress struct {
	// Rows is how many rows have been read, Of how many there are, and Skipped
	// how many OnError has left out.
	Rows, Of, Skipped int
	// Last is the ID of the last row done, for Options.After.
	Last string
}

// Row is one row of the history, as far as both gems have it.
type Row struct {
	// ID is the row's own, as the database writes it as text. Bytes that are not
	// text are \x and hexadecimal digits.
	ID string
	// Class and Key are the record's class and ID.
	Class, Key string
	// UserID, UserClass and UserName say who did it; paper_trail has only what
	// the application put into whodunnit, which is UserID here.
	UserID, UserClass, UserName string
	// Columns are all columns of the row, by name, as texts; NULL is absent.
	Columns map[string]string
}

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
	rows, err := openHistory(ctx, source, t.name, o.After)
	if err != nil {
		return progress, err
	}
	if progress.Of, err = rows.count(ctx); err != nil {
		return progress, err
	}
	for {
		batch, err := rows.next(ctx)
		if err != nil {
			return progress, err
		}
		if len(batch) == 0 {
			return progress, nil
		}
		entries := make([]audit.Entry, 0, len(batch))
		skipped := 0
		for _, columns := range batch {
			row := t.row(columns)
			if o.Class != nil {
				row.Class = o.Class(row)
			}
			entry, err := t.entry(ctx, trail, o, row)
			if err == nil {
				entries = append(entries, entry)
				continue
			}
			err = fmt.Errorf("importing row %s of %s: %w", row.ID, t.name, err)
			if o.OnError == nil || o.OnError(row, err) != nil {
				return progress, err
			}
			skipped++
		}
		if err := store.InsertDetached(ctx, entries); err != nil {
			return progress, fmt.Errorf("importing rows of %s after %q: %w", t.name, progress.Last, err)
		}
		progress.Rows += len(batch)
		progress.Skipped += skipped
		progress.Last = batch[len(batch)-1]["id"]
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
		WithComment(row.Columns["comment"]).
		WithMetadata(t.origin(row))
	entries, err := trail.Prepare(ctx, event)
	if err != nil {
		return audit.Entry{}, err
	}
	if len(entries) == 0 { // an update whose fields are all left out: that it happened is kept
		bare := audit.Performed(audit.ActionUpdate, object).WithID(rowID(t.gem, at, row.ID)).
			WithMetadata(t.origin(row))
		if entries, err = trail.Prepare(ctx, bare); err != nil {
			return audit.Entry{}, err
		}
	}
	entries[0].Source = audit.SourceImport
	return entries[0], nil
}

// origin says which row an entry comes from. Whole numbers stay numbers.
func (t table) origin(row Row) map[string]any {
	var id any = row.ID
	if n, err := strconv.ParseInt(row.ID, 10, 64); err == nil && strconv.FormatInt(n, 10) == row.ID {
		id = n
	}
	return map[string]any{"imported_from": t.gem, "row": id}
}
