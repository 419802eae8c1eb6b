package entrysql

import "github.com/auditkeep/audit"

// ReadColumns is the list of columns that a [Reader] reads, of the table under
// the alias e. The last ones are the sort keys that an entry makes itself: a row
// that came in by other means may have others.
const ReadColumns = "e.org_id, e.id, e.occurred_at, e.recorded_at, e.action, " +
	"e.object_type, e.object_id, e.parent_type, e.parent_id, " +
	"e.actor_kind, e.actor_id, e.actor_email, e.on_behalf_of, " +
	"e.ip, e.request_id, e.user_agent, e.source, e.comment, " +
	"e.changes, e.metadata, e.format, " +
	"e.object_sort, e.ip_key, e.changed_fields"

// The columns of ReadColumns, by their places.
const (
	orgColumn = iota
	idColumn
	occurredAtColumn
	recordedAtColumn
	actionColumn
	objectTypeColumn
	objectIDColumn
	parentTypeColumn
	parentIDColumn
	actorKindColumn
	actorIDColumn
	actorEmailColumn
	onBehalfOfColumn
	ipColumn
	requestIDColumn
	userAgentColumn
	sourceColumn
	commentColumn
	changesColumn
	metadataColumn
	formatColumn
	objectSortColumn
	ipKeyColumn
	changedFieldsColumn
	columnCount
)

// Reader reads entries from rows of ReadColumns. No value that a row may hold
// is an error: what cannot be read makes the entry unreadable (see
// [audit.Entry].Unreadable), so that one row never hides all others. It is for
// one goroutine.
type Reader struct {
	Cells [columnCount]Cell
	dest  []any
}

// Scan reads an entry by the Scan method of the rows of database/sql. Its
// errors are those of the rows.
func (r *Reader) Scan(scan func(dest ...any) error) (audit.Entry, error) {
	if r.dest == nil {
		r.dest = make([]any, columnCount)
		for i := range r.Cells {
			r.dest[i] = &r.Cells[i]
		}
	}
	if err := scan(r.dest...); err != nil {
		return audit.Entry{}, err
	}
	return r.Entry(), nil
}
