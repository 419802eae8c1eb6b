package main

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// auditedTable is a table with the same rows, and the indexes that the Ruby gem
// audited makes: (auditable_type, auditable_id, version), (associated_type,
// associated_id), (user_id, user_type), (request_uuid), (created_at). The
// organization is what an application adds to it.
var auditedTable = []string{
	"DROP TABLE IF EXISTS audited_entries", // that a kept log may have
	"CREATE TABLE audited_entries (LIKE audit_entries)",
	"INSERT INTO audited_entries SELECT * FROM audit_entries",
	"ALTER TABLE audited_entries ADD PRIMARY KEY (id)",
	"CREATE INDEX ON audited_entries (object_type, object_id, id)",
	"CREATE INDEX ON audited_entries (parent_type, parent_id)",
	"CREATE INDEX ON audited_entries (actor_id, actor_kind)",
	"CREATE INDEX ON audited_entries (request_id)",
	"CREATE INDEX ON audited_entries (occurred_at)",
	"CREATE INDEX ON audited_entries (org_id)",
	"VACUUM ANALYZE audited_entries",
}

// measureAudited runs some of the page's queries on that table, beside the
// library's on its own.
func measureAudited(ctx context.Context, b *bench) error {
	l, err := b.log(ctx, b.scale.large)
	if err != nil {
		return err
	}
	label := "copying the log into a table with audited's indexes"
	for i, statement := range auditedTable {
		if err := l.exec(ctx, statement); err != nil {
			return err
		}
		b.progress.show(label, i+1, len(auditedTable))
	}
	s, err := sampleOf(ctx, l.trail, timeRanges()[0])
	if err != nil {
		return err
	}
	newest := audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}
	filtered := func(set func(*audit.Filter)) audit.Query {
		q := audit.Query{Filter: s.base, Sort: newest}
		set(&q.Filter)
		return q
	}
	const theirs = ", audited's indexes"
	var candidates []candidate
	var names []string
	for _, c := range []struct {
		name, where, order string
		args               []any
		query              audit.Query
	}{
		{"first page", "", "occurred_at DESC", nil, filtered(func(*audit.Filter) {})},
		{"page 200", "", "occurred_at DESC", nil, audit.Query{Filter: s.base, Sort: newest, Number: audit.CountCap / 50}},
		{"sort: action asc", "", "action, occurred_at", nil, audit.Query{Filter: s.base, Sort: audit.Sort{By: audit.ByAction}}},
		{"filter: user", " AND actor_email = $2", "occurred_at DESC", []any{s.Actor.Email}, filtered(func(f *audit.Filter) { f.ActorEmails = []string{s.Actor.Email} })},
		{"filter: record", " AND object_type = $2 AND object_id = $3", "occurred_at DESC", []any{s.Object.Type, s.Object.ID}, filtered(func(f *audit.Filter) {
			f.ObjectTypes, f.ObjectIDs = []string{s.Object.Type}, []string{s.Object.ID}
		})},
		{"filter: an address that does not occur", " AND ip = $2", "occurred_at DESC", []any{"192.0.2.1"}, filtered(func(f *audit.Filter) { f.IPs = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")} })},
	} {
		offset := ""
		if c.query.Number > 0 {
			offset = fmt.Sprintf(" OFFSET %d", (c.query.Number-1)*50)
		}
		query := "SELECT " + entrysql.ReadColumns + " FROM audited_entries AS e WHERE org_id = $1" + c.where + " ORDER BY " + c.order + " LIMIT 50" + offset
		args := append([]any{largestOrg}, c.args...)
		names = append(names, c.name)
		candidates = append(candidates,
			candidate{name: c.name, do: func(ctx context.Context) error {
				_, err := l.trail.Page(ctx, c.query)
				return err
			}},
			candidate{name: c.name + theirs, do: func(ctx context.Context) error { return readRaw(ctx, l.pool, query, args...) }})
	}
	result, err := b.race(ctx, 1, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table(fmt.Sprintf("The index set of the Ruby gem audited, %s entries", count(b.scale.large)), "page", "library, ms", "audited's indexes, ms", "× the library")
	for _, name := range names {
		t.row(name, result.time(name).times(1e-6), result.time(name+theirs).times(1e-6), result.ratio(name+theirs, name))
	}
	t.Note = "For scale: the SQL is what an application would write on that table, rows read bare."
	return nil
}
