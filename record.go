package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// Record writes the events as entries in the host's transaction, in one
// statement: they exist if and only if the transaction commits. Organization,
// actor and request come from the context (see [WithOrg], [WithActor],
// [WithRequest]). An update that changed nothing writes nothing.
//
// Errors about the events wrap [ErrInvalidEvent] and leave the transaction as
// it was; [ErrConflict] and errors of the database call for a rollback, so
// return every error from the transaction's function.
func (l *Log) Record(ctx context.Context, tx Tx, events ...Event) error {
	if tx == nil {
		return invalidEvent("tx", "", "no transaction is given", "adapt the host's own with store.Tx, or use RecordDetached for a fact without a change")
	}
	entries, err := l.Prepare(ctx, events...)
	if err != nil || len(entries) == 0 {
		return err
	}
	if cheap, ok := tx.(FreshTx); ok && !slices.ContainsFunc(events, func(e Event) bool { return !e.id.IsZero() }) {
		return cheap.InsertFresh(ctx, entries)
	}
	return tx.Insert(ctx, entries)
}

// RecordDetached writes the events in its own transaction. It is for facts without
// a business change, such as a failed login. For a change, use [Log.Record]: else
// one may be committed without the other.
func (l *Log) RecordDetached(ctx context.Context, events ...Event) error {
	entries, err := l.Prepare(ctx, events...)
	if err != nil || len(entries) == 0 {
		return err
	}
	return l.store.InsertDetached(ctx, entries)
}

// Prepare returns the entries that Record would write, without writing them:
// for adapters that send them in another way. Each call makes new IDs.
func (l *Log) Prepare(ctx context.Context, events ...Event) ([]Entry, error) {
	if len(events) > MaxEvents {
		return nil, invalidEvent("events", fmt.Sprint(len(events)), fmt.Sprintf("at most %d events are recorded in one call", MaxEvents), "make several calls in the same transaction")
	}
	base, err := l.base(ctx)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	var room Changes
	if len(events) == 1 {
		one := new(oneEntry)
		entries, room = one.entries[:0], one.changes[:]
	} else {
		entries = make([]Entry, 0, len(events))
	}
	var previous ID
	for i := range events {
		entries = append(entries, base)
		entry := &entries[len(entries)-1]
		changed, err := l.complete(entry, &events[i], previous, room)
		switch {
		case err != nil && len(events) > 1:
			return nil, fmt.Errorf("event %d of %d: %w", i+1, len(events), err)
		case err != nil:
			return nil, err
		case changed:
			previous = entry.ID
		default:
			entries = entries[:len(entries)-1]
		}
	}
	return entries, nil
}

// base returns the part of an entry that all events of one call share.
func (l *Log) base(ctx context.Context) (Entry, error) {
	org, err := l.orgOf(ctx, "")
	if wrong := (*FieldError)(nil); errors.As(err, &wrong) {
		return Entry{}, invalidEvent("Org", wrong.Value, wrong.Problem, "give WithOrg the organization's stable key")
	}
	if err != nil {
		return Entry{}, err
	}
	request, _ := RequestFrom(ctx)
	actor, ok := ActorFrom(ctx)
	if !ok && l.config.Actor != nil {
		actor = l.config.Actor(ctx)
	}
	if l.config.RequireActor && actor.isMissing() {
		return Entry{}, ErrNoActor
	}
	actor = actor.withKind()
	entry := Entry{
		Org:       org,
		Actor:     actor,
		IP:        plainIP(request.IP),
		RequestID: request.ID,
		UserAgent: request.UserAgent,
		Source:    SourceApp,
		Format:    Format,
	}
	entry.Metadata = baseMetadata(request.IPNote, fitRequest(&entry))
	return entry, nil
}

func checkEventText(field, value string, most int) error {
	if problem := stored.Problem(value, most); problem != "" {
		return invalidEvent(field, value, problem, "record a shorter, plain key")
	}
	return nil
}

// oneEntry is room for what most calls make, an entry with few changes, in one
// allocation.
type oneEntry struct {
	entries [1]Entry
	changes [6]Change
}

// complete completes an entry, which holds what base returns, for one event.
// It reports false where an update changed nothing, so that there is nothing
// to record.
func (l *Log) complete(entry *Entry, event *Event, previous ID, room Changes) (bool, error) {
	object, parent, changes, err := l.diff(event, room)
	if err != nil {
		return false, err
	}
	if event.before.IsValid() && event.after.IsValid() && len(changes) == 0 {
		return false, nil
	}
	entry.Action, entry.Object, entry.Parent = event.action, object, parent
	entry.Comment, entry.Changes = event.comment, changes
	if err := l.stamp(entry, event, previous); err != nil {
		return false, err
	}
	if altered := fitObject(entry); len(event.metadata)+len(altered) > 0 {
		if entry.Metadata, err = l.metadata(entry.Metadata, altered, event.metadata); err != nil {
			return false, err
		}
	}
	return true, errors.Join(checkEntry(entry), l.checkComment(entry))
}

// checkComment refuses an entry that must say why, and does not.
func (l *Log) checkComment(e *Entry) error {
	required := l.config.RequireComment
	if len(required) == 0 || strings.TrimSpace(e.Comment) != "" ||
		!slices.Contains(required, e.Object.Type) && !slices.Contains(required, "*") {
		return nil
	}
	return invalidEvent("Comment", "", "missing, and required for "+stored.Quote(e.Object.Type), "say why with WithComment")
}

func checkEntry(e *Entry) error {
	missing := func(field, value, remedy string) error {
		if value != "" {
			return nil
		}
		return invalidEvent(field, "", "empty", remedy)
	}
	var parent error
	if !e.Parent.IsZero() && (e.Parent.Type == "" || e.Parent.ID == "") {
		parent = invalidEvent("Parent", e.Parent.String(), "only half given", "give both type and ID, or neither")
	}
	return errors.Join(
		missing("Action", string(e.Action), "give the event an action"),
		missing("Object.Type", e.Object.Type, "name it with WithObject, or record a named type"),
		missing("Object.ID", e.Object.ID, "tag a field `audit:\",id\"`, implement AuditObject, or give it with WithObject; record a create after the database has given the ID"),
		parent,
		checkEventText("Action", string(e.Action), stored.Action),
		checkEventText("Object.Type", e.Object.Type, stored.ObjectType),
		checkEventText("Parent.Type", e.Parent.Type, stored.ObjectType),
	)
}

// stamp gives the entry its ID and the time that the ID holds. Events of one
// call and one time keep their order: previous is the ID of the one before.
func (l *Log) stamp(entry *Entry, event *Event, previous ID) error {
	at := event.time
	switch {
	case !event.id.IsZero():
		if err := event.id.validate(); err != nil {
			return invalidEvent("ID", event.id.String(), err.Error(), "make it with audit.NewID")
		}
		if !at.IsZero() && !at.Truncate(time.Microsecond).Equal(event.id.Time()) {
			return invalidEvent("OccurredAt", at.UTC().Format(time.RFC3339Nano), "differs from the time that the given ID holds", "give an ID or a time, not both")
		}
		entry.ID = event.id
	case at.IsZero():
		now := l.config.Now()
		if err := checkTime(now); err != nil {
			return err
		}
		entry.ID = l.ids.next(now)
	default:
		if err := checkTime(at); err != nil {
			return err
		}
		if entry.ID = newID(at); previous.Time().Equal(entry.ID.Time()) {
			entry.ID = previous.successor()
		}
	}
	entry.OccurredAt = entry.ID.Time()
	return nil
}

func checkTime(t time.Time) error {
	if year := t.UTC().Year(); year < 1970 || year > 9999 {
		return invalidEvent("OccurredAt", t.UTC().Format(time.RFC3339), "outside the years 1970 to 9999", "give the time it happened, or set the clock")
	}
	return nil
}
