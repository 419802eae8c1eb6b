package postgres

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// checkMonths looks for months that are missing, misnamed or detached.
func checkMonths(ctx context.Context, db querier, entries table) ([]Finding, error) {
	partitions, err := partitionsOf(ctx, db, entries)
	if err != nil {
		return nil, err
	}
	var now time.Time
	if err := db.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return nil, err
	}
	var findings []Finding
	if !slices.ContainsFunc(partitions, func(p partition) bool { return p.isDefault }) {
		findings = append(findings, Finding{
			FindingPartition, entries.Name, "there is no default partition, so an entry that no month covers is refused",
			"CREATE TABLE " + entries.sibling("audit_entries_default") + " PARTITION OF " + entries.sql() + " DEFAULT, and call Admin.Protect", nil,
		})
	}
	for _, s := range []span{monthOf(now), monthOf(now).next()} {
		lower, upper := s.bounds()
		if !slices.ContainsFunc(partitions, func(p partition) bool { return p.covers(lower, upper) }) {
			findings = append(findings, Finding{
				FindingPartition, entries.Name, "there is no partition for the month " + s.from.Format("2006-01"), "call Admin.MakePartitionsAhead every day", nil,
			})
		}
	}
	lost, err := checkLostMonths(ctx, db, entries, partitions, now)
	if err != nil {
		return nil, err
	}
	detached, err := checkDetached(ctx, db, entries)
	return slices.Concat(findings, misnamed(partitions), lost, detached), err
}

// checkLostMonths looks for months that were made, are missing, and were not removed
// by Expire. It finds nothing for a role that may not read audit_months.
func checkLostMonths(ctx context.Context, db querier, entries table, partitions []partition, now time.Time) ([]Finding, error) {
	list := entries.sibling("audit_months")
	var readable bool
	err := db.QueryRow(ctx, "SELECT coalesce(has_table_privilege(to_regclass($1), 'SELECT'), false)", list).Scan(&readable)
	if err != nil || !readable {
		return nil, err
	}
	rows, err := db.Query(ctx, "SELECT starts_at FROM "+list+" ORDER BY starts_at")
	if err != nil {
		return nil, err
	}
	made, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, start := range made {
		s := monthOf(start)
		lower, upper := s.bounds()
		if s == monthOf(now) || s == monthOf(now).next() || slices.ContainsFunc(partitions, func(p partition) bool { return p.covers(lower, upper) }) {
			continue
		}
		findings = append(findings, Finding{
			FindingPartition, entries.Name, "the month " + s.from.Format("2006-01") + " was made and is not there any more, although Expire has not removed it",
			"attach or restore its partition, or accept the loss: Admin.MakePartitions makes it again, empty", nil,
		})
	}
	return findings, nil
}

var monthName = regexp.MustCompile(`^audit_entries_y\d{4}m\d{2}$`)

// misnamed looks for partitions whose range is not the month of their name.
func misnamed(partitions []partition) (findings []Finding) {
	for _, p := range partitions {
		if !monthName.MatchString(p.Name) {
			continue
		}
		s, err := time.Parse("audit_entries_y2006m01", p.Name)
		lower, upper := monthOf(s).bounds()
		if err == nil && p.lower == lower && p.upper == upper {
			continue
		}
		findings = append(findings, Finding{
			FindingPartition, p.Name, "its range is not the month of its name: " + p.bound,
			"detach it, and let Admin.MakePartitions make the month", nil,
		})
	}
	return findings
}

// checkDetached looks for tables that were partitions, for partitions that are being
// detached, and for subscriptions that write to the log without its triggers.
func checkDetached(ctx context.Context, db querier, entries table) ([]Finding, error) {
	rows, err := db.Query(ctx, `WITH `+logTables+`
		SELECT n.nspname, c.relname, 'detached'
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'f') AND c.oid NOT IN (SELECT oid FROM tables)
			AND (c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = $1) AND c.relname LIKE 'audit\_entries\_%'
				OR c.oid IN (SELECT tgrelid FROM pg_trigger WHERE tgfoid = to_regprocedure($2)))
		UNION ALL
		SELECT t.nspname, t.relname, 'detaching'
		FROM tables AS t JOIN pg_inherits AS i ON i.inhrelid = t.oid WHERE i.inhdetachpending
		UNION ALL
		SELECT t.nspname, t.relname, 'subscribed'
		FROM tables AS t JOIN pg_subscription_rel AS s ON s.srrelid = t.oid
		ORDER BY 1, 2, 3`, entries.OID, entries.sibling(refuseFunction)+"()")
	if err != nil {
		return nil, err
	}
	var findings []Finding
	var t table
	var state string
	_, err = pgx.ForEachRow(rows, []any{&t.Schema, &t.Name, &state}, func() error {
		p := Finding{Kind: FindingPartition, Table: t.Name}
		switch state {
		case "detached":
			p.Problem = "it is not a partition of audit_entries, and looks like one that was detached: its entries are in no list"
			p.Remedy = "ALTER TABLE " + entries.sql() + " ATTACH PARTITION " + t.sql() + " with its range, or move it out of the log's schema"
		case "detaching":
			p.Problem = "a DETACH CONCURRENTLY of it was begun: its entries are in no list"
			p.Remedy = "ALTER TABLE " + entries.sql() + " DETACH PARTITION " + t.sql() + " FINALIZE, and attach it again"
		default:
			p.Problem = "a subscription writes to it, past its triggers"
			p.Remedy = "take it out of the subscription's publication"
		}
		findings = append(findings, p)
		return nil
	})
	return findings, err
}
