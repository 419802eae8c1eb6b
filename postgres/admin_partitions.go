package postgres

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
)

// Partition is a partition of audit_entries: a calendar month in UTC if
// [Admin.MakePartitions] made it, another range of time if somebody else did,
// or the default partition, which takes the entries that no other partition
// covers.
type Partition struct {
	// Name is the partition's table, such as audit_entries_y2026m11.
	Name string
	// From and Until are the times that it covers, in UTC, From included and
	// Until not. A zero time is an open end. Both are zero for the default
	// partition.
	From, Until time.Time
	// Default reports whether it is the default partition.
	Default bool
	// Rows is the number of entries by PostgreSQL's statistics, an estimate.
	Rows int64
	// Bytes is its size on disk, with its indexes.
	Bytes int64
}

// Partitions returns the partitions in the order of time, the default partition
// last.
func (a *Admin) Partitions(ctx context.Context) ([]Partition, error) {
	entries, err := a.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing partitions: %w", err)
	}
	partitions, err := partitionsOf(ctx, a.pool, entries)
	if err != nil {
		return nil, fmt.Errorf("listing partitions: %w", err)
	}
	months := make([]Partition, len(partitions))
	for i, p := range partitions {
		months[i] = p.public()
	}
	return months, nil
}

// partition is a partition of audit_entries as the catalogue knows it.
type partition struct {
	table
	bound        string // as ATTACH PARTITION takes it
	isDefault    bool
	lower, upper audit.ID // the range of IDs; firstID and lastID are open ends
	rows, bytes  int64
}

// The ends of an open range. No entry has such an ID.
var firstID, lastID = audit.ID{}, audit.ID(bytes.Repeat([]byte{0xff}, 16))

// partitionsOf returns the partitions in the order of their ranges, the
// default partition last.
func partitionsOf(ctx context.Context, db querier, entries table) ([]partition, error) {
	const attempts = 10
	for attempt := 1; ; attempt++ {
		partitions, err := readPartitions(ctx, db, entries)
		if err != nil {
			return nil, err
		}
		// A partition that another transaction has dropped meanwhile has no bound.
		// Another one may have replaced it, which the next attempt finds.
		left := slices.DeleteFunc(partitions, func(p partition) bool { return p.bound == "" })
		if len(left) == len(partitions) || attempt == attempts {
			return left, nil
		}
	}
}

func readPartitions(ctx context.Context, db querier, entries table) ([]partition, error) {
	// A partition without statistics has a count of its inserts.
	rows, err := db.Query(ctx, `WITH partitions AS MATERIALIZED (
			SELECT c.oid, n.nspname, c.relname, pg_get_userbyid(c.relowner) AS owner,
				coalesce(pg_get_expr(c.relpartbound, c.oid), '') AS bound, c.reltuples
			FROM pg_inherits AS i
			JOIN pg_class AS c ON c.oid = i.inhrelid
			JOIN pg_namespace AS n ON n.oid = c.relnamespace
			WHERE i.inhparent = $1)
		SELECT oid, nspname, relname, owner, bound,
			CASE WHEN reltuples < 0 THEN coalesce(pg_stat_get_live_tuples(oid), 0) ELSE reltuples::bigint END,
			coalesce(pg_total_relation_size(oid), 0)
		FROM partitions
		ORDER BY bound = 'DEFAULT', bound NOT LIKE '%FROM (MINVALUE)%', bound COLLATE "C"`, entries.OID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p partition, err error) {
		if err := row.Scan(&p.OID, &p.Schema, &p.Name, &p.Owner, &p.bound, &p.rows, &p.bytes); err != nil {
			return p, err
		}
		if p.isDefault = p.bound == "DEFAULT"; p.isDefault || p.bound == "" {
			return p, nil
		}
		if p.lower, p.upper, err = parseBound(p.bound); err != nil {
			return p, fmt.Errorf("partition %s: %w", p.Name, err)
		}
		return p, nil
	})
}

var boundPattern = regexp.MustCompile(`^FOR VALUES FROM \((MINVALUE|'[0-9a-f-]{36}')\) TO \((MAXVALUE|'[0-9a-f-]{36}')\)$`)

// parseBound reads the range of a partition as PostgreSQL writes it. The ends can
// be any UUIDs, not only IDs of entries.
func parseBound(bound string) (lower, upper audit.ID, err error) {
	parts := boundPattern.FindStringSubmatch(bound)
	if parts == nil {
		return firstID, firstID, fmt.Errorf("parsing bound %q: want one range of id", bound)
	}
	if lower, err = parseEnd(parts[1], firstID); err == nil {
		upper, err = parseEnd(parts[2], lastID)
	}
	if err != nil {
		return firstID, firstID, fmt.Errorf("parsing bound %q: %w", bound, err)
	}
	return lower, upper, nil
}

func parseEnd(end string, open audit.ID) (id audit.ID, err error) {
	if end == "MINVALUE" || end == "MAXVALUE" {
		return open, nil
	}
	digits, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(end, "'"), "-", ""))
	if err != nil {
		return id, err
	}
	if len(digits) != len(id) {
		return id, fmt.Errorf("%s is not a UUID", end)
	}
	return audit.ID(digits), nil
}

// public returns the partition as hosts see it.
func (p partition) public() Partition {
	m := Partition{Name: p.Name, Default: p.isDefault, Rows: p.rows, Bytes: p.bytes}
	if !p.isDefault {
		m.From, m.Until = p.lower.Time(), p.upper.Time() // the zero ID has the zero time
		if p.upper == lastID {
			m.Until = time.Time{}
		}
	}
	return m
}

// covers reports whether every entry of the range belongs to the partition.
func (p partition) covers(lower, upper audit.ID) bool {
	return !p.isDefault && p.lower.Compare(lower) <= 0 && p.upper.Compare(upper) >= 0
}

// span is a calendar month in UTC.
type span struct{ from, until time.Time }

func monthOf(t time.Time) span {
	year, month, _ := t.UTC().Date()
	from := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return span{from, from.AddDate(0, 1, 0)}
}

func (s span) next() span { return monthOf(s.until) }

func (s span) bounds() (lower, upper audit.ID) {
	return audit.FirstID(s.from), audit.FirstID(s.until)
}

func (s span) name() string { return s.from.Format("audit_entries_y2006m01") }
