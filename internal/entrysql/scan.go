package entrysql

import (
	"database/sql"
	"fmt"
	"net/netip"
	"time"

	"github.com/auditkeep/audit"
)

// ReadColumns is the list of columns that [Scan] reads, of the table under the
// alias e. The sort keys are not among them: the entry makes its own.
const ReadColumns = "e.org_id, e.id, e.occurred_at, e.recorded_at, e.action, " +
	"e.object_type, e.object_id, e.parent_type, e.parent_id, " +
	"e.actor_kind, e.actor_id, e.actor_email, e.on_behalf_of, " +
	"e.ip, e.request_id, e.user_agent, e.source, e.comment, " +
	"e.changes, e.metadata, e.format"

// Scan reads an entry from a row of ReadColumns. It takes the Scan method of
// the rows of pgx or database/sql.
func Scan(scan func(dest ...any) error) (audit.Entry, error) {
	var (
		e           audit.Entry
		ip, changes string
		metadata    sql.NullString
	)
	err := scan(
		&e.Org, &e.ID, (*Instant)(&e.OccurredAt), (*Instant)(&e.RecordedAt), (*string)(&e.Action),
		&e.Object.Type, &e.Object.ID, &e.Parent.Type, &e.Parent.ID,
		(*string)(&e.Actor.Kind), &e.Actor.ID, &e.Actor.Email, &e.Actor.OnBehalfOf,
		&ip, &e.RequestID, &e.UserAgent, (*string)(&e.Source), &e.Comment,
		&changes, &metadata, &e.Format,
	)
	if err != nil {
		return audit.Entry{}, err
	}
	// A driver that knows times itself gives them in its own zone.
	e.OccurredAt, e.RecordedAt = e.OccurredAt.UTC(), e.RecordedAt.UTC()
	if ip != "" {
		if e.IP, err = netip.ParseAddr(ip); err != nil {
			return audit.Entry{}, fmt.Errorf("reading entry %s: %w", e.ID, err)
		}
	}
	// PostgreSQL gives jsonb back with keys reordered and numbers rewritten;
	// parsing brings back the canonical form that was stored.
	if e.Changes, err = audit.ParseChanges(changes); err != nil {
		return audit.Entry{}, fmt.Errorf("reading entry %s: %w", e.ID, err)
	}
	if e.Metadata, err = audit.ParseValue(metadata.String); err != nil {
		return audit.Entry{}, fmt.Errorf("reading entry %s: %w", e.ID, err)
	}
	return e, nil
}

// Instant reads a time: PostgreSQL's timestamptz, or SQLite's integer of
// microseconds since 1970.
type Instant time.Time

// Scan implements [sql.Scanner].
func (t *Instant) Scan(src any) error {
	switch v := src.(type) {
	case time.Time:
		*t = Instant(v)
	case int64:
		*t = Instant(time.UnixMicro(v))
	default:
		return fmt.Errorf("scanning time: cannot read a %T", src)
	}
	return nil
}
