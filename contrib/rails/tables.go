package rails

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"

	"github.com/auditkeep/audit"
)

// ImportAudited imports the table of the gem audited: its changes in YAML, JSON
// or jsonb, of any version of the gem. It returns how far it came, also with an
// error.
func ImportAudited(ctx context.Context, source *sql.DB, trail *audit.Log, store audit.Store, o Options) (Progress, error) {
	return table{gem: "audited", name: "audits", row: auditedRow, event: auditedEvent, request: auditedRequest, parent: auditedParent}.
		run(ctx, source, trail, store, o)
}

// ImportPaperTrail imports the table of the gem paper_trail: object_changes
// where the table has them, else the object as it was for a destroy. An update
// without object_changes becomes an entry without fields.
func ImportPaperTrail(ctx context.Context, source *sql.DB, trail *audit.Log, store audit.Store, o Options) (Progress, error) {
	return table{
		gem: "paper_trail", name: "versions", row: versionRow, event: versionEvent,
		request: func(Row) audit.Request { return audit.Request{} },
		parent:  func(Row, func(string) string) audit.Object { return audit.Object{} },
	}.run(ctx, source, trail, store, o)
}

func auditedRow(columns map[string]string) Row {
	return Row{
		ID: columns["id"], Class: columns["auditable_type"], Key: columns["auditable_id"],
		UserID: columns["user_id"], UserClass: columns["user_type"], UserName: columns["username"], Columns: columns,
	}
}

func auditedRequest(row Row) audit.Request {
	r := audit.Request{ID: row.Columns["request_uuid"]}
	if text := row.Columns["remote_address"]; text != "" {
		var err error
		if r.IP, err = netip.ParseAddr(text); err != nil {
			r.IPNote = "not an address: " + text
		}
	}
	return r
}

func auditedParent(row Row, typeOf func(string) string) audit.Object {
	if row.Columns["associated_type"] == "" || row.Columns["associated_id"] == "" {
		return audit.Object{}
	}
	return audit.Object{Type: typeOf(row.Columns["associated_type"]), ID: row.Columns["associated_id"]}
}

// auditedEvent reads audited_changes: of a create and a destroy the values, of
// an update pairs of old and new.
func auditedEvent(row Row, object audit.Object) (audit.Event, error) {
	fields, err := decodeMap(row.Columns["audited_changes"])
	if err != nil {
		return audit.Event{}, fmt.Errorf("audited_changes: %w", err)
	}
	action := row.Columns["action"]
	switch {
	case len(fields) == 0:
		return audit.Performed(audit.Action(action), object), nil
	case action == "create":
		return audit.Created(fields), nil
	case action == "destroy":
		return audit.Destroyed(fields), nil
	}
	before, after, err := pairs(fields)
	if err != nil {
		return audit.Event{}, fmt.Errorf("audited_changes: %w", err)
	}
	return audit.Updated(before, after).WithAction(audit.Action(action)), nil
}

func versionRow(columns map[string]string) Row {
	class := columns["item_subtype"]
	if class == "" {
		class = columns["item_type"]
	}
	return Row{ID: columns["id"], Class: class, Key: columns["item_id"], UserID: columns["whodunnit"], Columns: columns}
}

func versionEvent(row Row, object audit.Object) (audit.Event, error) {
	action := row.Columns["event"]
	changes, err := decodeMap(row.Columns["object_changes"])
	if err != nil {
		return audit.Event{}, fmt.Errorf("object_changes: %w", err)
	}
	before, after, err := pairs(changes)
	if err != nil {
		return audit.Event{}, fmt.Errorf("object_changes: %w", err)
	}
	if action == "destroy" {
		// The object is whole, its changes are not always there.
		whole, err := decodeMap(row.Columns["object"])
		if err != nil {
			return audit.Event{}, fmt.Errorf("object: %w", err)
		}
		if len(whole) > 0 {
			before = whole
		}
	}
	switch {
	case action == "create" && len(after) > 0:
		return audit.Created(after), nil
	case action == "destroy" && len(before) > 0:
		return audit.Destroyed(before), nil
	case len(changes) > 0 && action != "create" && action != "destroy":
		return audit.Updated(before, after).WithAction(audit.Action(action)), nil
	default:
		return audit.Performed(audit.Action(action), object), nil
	}
}

// pairs parts a map of old and new values.
func pairs(fields map[string]any) (before, after map[string]any, err error) {
	before, after = map[string]any{}, map[string]any{}
	for field, value := range fields {
		pair, ok := value.([]any)
		if !ok || len(pair) != 2 {
			return nil, nil, fmt.Errorf("field %q: not a pair of an old and a new value", field)
		}
		before[field], after[field] = pair[0], pair[1]
	}
	return before, after, nil
}
