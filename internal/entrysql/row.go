// Package entrysql holds what the SQL stores share: how an entry becomes a row
// of audit_entries and comes back, and the statements that read the table. The
// statements that write it are each store's own.
package entrysql

import (
	"strconv"

	"github.com/auditkeep/audit"
)

// Columns are the columns of audit_entries that an insert gives, in the order
// of the table. Missing is only recorded_at, which is the database's clock.
var Columns = [...]string{
	"org_id", "id", "occurred_at", "action",
	"object_type", "object_id", "object_sort", "parent_type", "parent_id",
	"actor_kind", "actor_id", "actor_email", "on_behalf_of",
	"ip", "ip_key", "request_id", "user_agent", "source", "comment",
	"changes", "changed_fields", "metadata", "format",
}

// Row is an entry as it is stored, each of Columns as text; what is absent is
// empty. Two entries have the same content, RecordedAt aside, if and only if
// their rows are equal.
type Row [len(Columns)]string

// RowOf returns an entry's row.
func RowOf(e audit.Entry) Row {
	var ip string
	if e.IP.IsValid() {
		ip = e.IP.String()
	}
	return Row{
		e.Org, e.ID.String(), e.OccurredAt.UTC().Format("2006-01-02T15:04:05.000000Z"), string(e.Action),
		e.Object.Type, e.Object.ID, e.SortKey(audit.ByObjectID), e.Parent.Type, e.Parent.ID,
		string(e.Actor.Kind), e.Actor.ID, e.Actor.Email, e.Actor.OnBehalfOf,
		ip, e.SortKey(audit.ByIPAddress), e.RequestID, e.UserAgent, string(e.Source), e.Comment,
		e.Changes.JSON(), e.SortKey(audit.ByChanges), e.Metadata.JSON(), strconv.Itoa(e.Format),
	}
}

// Size is about how many bytes the row takes on its way to the database.
func (r Row) Size() int {
	var bytes int
	for _, text := range r {
		bytes += len(text)
	}
	return bytes
}
