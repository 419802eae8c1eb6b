package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// List implements [audit.Store].
func (s *Store) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	a, err := entrysql.Analyse(audit.SQLite, walk)
	if err != nil {
		return nil, fmt.Errorf("listing entries: %w", err)
	}
	entries, err := collect(ctx, s.db, entryScanner(), wayOf(a).query(a), entrysql.Room(walk))
	if err != nil {
		return nil, fmt.Errorf("listing entries: %w", err)
	}
	return entries, nil
}

// way is one way to read a walk's entries, by one query.
type way struct {
	name  string
	query func(*entrysql.Analysis) sq.Sqlizer
}

// wayOf returns the way to read a walk.
func wayOf(a *entrysql.Analysis) way {
	_, spans, ok := a.Spans()
	switch {
	case ok && len(spans) <= maxSpans:
		return bySpans
	case !a.ByTime() && a.IsInTime():
		return byKeys
	default:
		return inOrder
	}
}

// inOrder lets SQLite choose the index: the one with the order, or the one with the
// filter.
//
//	SELECT … FROM audit_entries AS e WHERE e.org_id = ? AND (e.action, e.id) > (?, ?) ORDER BY e.action, e.id LIMIT 51
var inOrder = way{"in order", func(a *entrysql.Analysis) sq.Sqlizer {
	where, by := matching(a, a.InTime(a.Where())), a.Order.By("e.")
	if a.Walk.Offset == 0 {
		return entrysql.Entries(entrysql.ReadColumns, where, by, a.Walk.Limit)
	}
	return fetch(entrysql.Entries(a.Order.Keys("e."), where, by, entrysql.Depth(a.Walk)), a)
}}

// byKeys reads a range of time in the order of another column. SQLite would read
// every entry of the range only to sort them: it knows no histogram, takes every
// range to be short, and so prefers it to the index that gives the order. A query
// for keys only, it rather answers from that index, if the unary plus keeps it from
// searching by ID.
//
//	SELECT … FROM (SELECT * FROM (SELECT e.org_id, e.action, e.id FROM audit_entries AS e
//		WHERE e.org_id = ? AND +e.id >= ? AND +e.id < ? ORDER BY e.action, e.id LIMIT 51) LIMIT 51 OFFSET ?) AS k
//	JOIN audit_entries AS e ON e.org_id = k.org_id AND e.id = k.id ORDER BY k.action, k.id
var byKeys = way{"by keys", func(a *entrysql.Analysis) sq.Sqlizer {
	where := a.InTime(a.Where())
	if a.IsUnfiltered() {
		where = append(a.Org(), sq.Expr("+e.id >= ?", idArg(a.From)), sq.Expr("+e.id < ?", idArg(a.Before)))
	}
	return fetch(entrysql.Entries(a.Order.Keys("e."), matching(a, where), a.Order.By("e."), entrysql.Depth(a.Walk)), a)
}}

// matching adds the condition that an entry lies behind the walk's cursor. In the
// order of time, the analysis' IDs say it already.
func matching(a *entrysql.Analysis, where sq.And) sq.And {
	if a.Walk.After.IsZero() || a.ByTime() {
		return where
	}
	operator := ">"
	if a.Order.Descending {
		operator = "<"
	}
	return append(where, sq.Expr("(e."+strings.Join(a.Order.Columns, ", e.")+") "+operator+" (?, ?)", a.Walk.After.Key(), idArg(a.Walk.After.ID())))
}

// fetch reads the entries of a walk by their keys. What is passed over is read
// only from the index: only the rows that are wanted are fetched.
func fetch(keys sq.Sqlizer, a *entrysql.Analysis) sq.Sqlizer {
	return sq.Expr("SELECT "+entrysql.ReadColumns+" FROM (SELECT * FROM (?) "+entrysql.Limit(a.Walk.Limit)+" OFFSET ?) AS k"+
		" JOIN audit_entries AS e ON e.org_id = k.org_id AND e.id = k.id ORDER BY "+a.Order.By("k."), keys, a.Walk.Offset)
}

func idArg(id audit.ID) any { return audit.SQLite.IDArg(id) }

// Count implements [audit.Store].
func (s *Store) Count(ctx context.Context, filter audit.Filter, limit int) (int, error) {
	capped, err := someOf(filter, "e.id", limit)
	if err != nil {
		return 0, fmt.Errorf("counting entries: %w", err)
	}
	counts, err := collect(ctx, s.db, scanOne[int], entrysql.Count(capped), 1)
	if err != nil {
		return 0, fmt.Errorf("counting entries: %w", err)
	}
	return counts[0], nil
}

// Histogram implements [audit.Store].
func (s *Store) Histogram(ctx context.Context, filter audit.Filter, bounds []audit.ID, limit int) ([]audit.HistogramBar, error) {
	capped, err := someOf(filter, entrysql.HistogramColumns, limit+1)
	if err != nil {
		return nil, fmt.Errorf("counting entries by time: %w", err)
	}
	bars, err := collect(ctx, s.db, scanBar, entrysql.Histogram(bucketOf(bounds, 0), capped), 0)
	if err != nil {
		return nil, fmt.Errorf("counting entries by time: %w", err)
	}
	return bars, nil
}

// someOf is a query for at most so many of the entries that match, in no order.
func someOf(f audit.Filter, columns string, limit int) (sq.Sqlizer, error) {
	a, err := entrysql.Analyse(audit.SQLite, audit.Walk{Filter: f, Sort: audit.Sort{By: audit.ByTimestamp}, Limit: limit})
	if err != nil {
		return nil, err
	}
	return sq.Select(columns).From("audit_entries AS e").Where(a.InTime(a.Where())).Suffix(entrysql.Limit(limit)), nil
}

// bucketOf is the number of bounds that are not after an entry's ID. It is found by
// binary search: an entry is compared with few of the bounds, and the expression is
// nowhere near as deep as SQLite allows.
func bucketOf(bounds []audit.ID, bucket int) sq.Sqlizer {
	if len(bounds) == 0 {
		return sq.Expr("?", bucket)
	}
	middle := len(bounds) / 2
	return sq.Expr("CASE WHEN id < ? THEN ? ELSE ? END", idArg(bounds[middle]),
		bucketOf(bounds[:middle], bucket), bucketOf(bounds[middle+1:], bucket+middle+1))
}

// Values implements [audit.Store].
func (s *Store) Values(ctx context.Context, org string, column audit.Column, prefix string, limit int) ([]string, error) {
	query, err := entrysql.Values(org, column, prefix, limit)
	if err != nil {
		return nil, fmt.Errorf("listing values: %w", err)
	}
	values, err := collect(ctx, s.db, scanText, query, 0)
	if err != nil {
		return nil, fmt.Errorf("listing values: %w", err)
	}
	return values, nil
}

// collect runs a query and reads all its rows, with room for some at once.
func collect[T any](ctx context.Context, db *sql.DB, read func(*sql.Rows) (T, error), query sq.Sqlizer, room int) ([]T, error) {
	if db == nil {
		return nil, errNoDB
	}
	text, args, err := query.ToSql()
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, unmigrated(err)
	}
	defer rows.Close()
	all := make([]T, 0, room)
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func entryScanner() func(*sql.Rows) (audit.Entry, error) {
	var reader entrysql.Reader
	return func(rows *sql.Rows) (audit.Entry, error) { return reader.Scan(rows.Scan) }
}

func scanBar(rows *sql.Rows) (audit.HistogramBar, error) { return entrysql.ScanBar(rows.Scan) }

// scanText reads a text, whatever a row may hold instead.
func scanText(rows *sql.Rows) (string, error) {
	var cell entrysql.Cell
	err := rows.Scan(&cell)
	return cell.Text, err
}

func scanOne[T any](rows *sql.Rows) (one T, err error) {
	err = rows.Scan(&one)
	return one, err
}
