package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// WithLockTimeout returns an Admin that waits otherwise, for tests that let it
// wait in vain.
func (a *Admin) WithLockTimeout(timeout time.Duration) *Admin {
	patient := *a
	patient.lockTimeout = timeout
	return &patient
}

// PlanOnce is what the store sends with a statement to plan it once.
const PlanOnce = planOnceSQL

// InOrder is what it sends with such a statement on a connection that does not
// prepare, and PlanEach with one whose plan depends on the values.
const (
	InOrder  = inOrderSQL
	PlanEach = planEachSQL
)

// Catalogue is what a database says of the log's tables, as catalogue.txt has it,
// and CatalogueText is that file.
func Catalogue(ctx context.Context, pool *pgxpool.Pool) (string, error) {
	entries, err := findTable(ctx, pool, "")
	if err != nil {
		return "", err
	}
	all, err := readFacts(ctx, pool, entries)
	if err != nil {
		return "", err
	}
	lines := make([]string, len(all))
	for i, f := range all {
		lines[i] = f.String() + "\n"
	}
	slices.Sort(lines)
	return strings.Join(lines, ""), nil
}

// CatalogueText is the file of what the migrations make.
var CatalogueText = catalogueText

// CheckIn is Check in a transaction, whose changes it sees.
func (a *Admin) CheckIn(ctx context.Context, tx pgx.Tx) ([]Finding, error) {
	entries, err := findTable(ctx, tx, a.schema)
	if err != nil {
		return nil, err
	}
	return a.check(ctx, tx, entries)
}

// Query is a query that the store reads with, and PlannedOnce is its Planning if
// there is only one way to run it.
type Query = query

const PlannedOnce = planOnce

// WaysOf returns the names of the ways that a store tries to read a walk, in order,
// on connections that prepare statements or do not.
func WaysOf(w audit.Walk, prepares bool) (names []string, err error) {
	a, err := entrysql.Analyse(audit.PostgreSQL, w)
	if err != nil {
		return nil, err
	}
	return namesOf(waysOf(a, prepares)), nil
}

func namesOf(ways []way) (names []string) {
	for _, w := range ways {
		names = append(names, w.name)
	}
	return names
}

// ListQuery is the query of the way that has a walk's entries for certain.
func ListQuery(w audit.Walk) (Query, error) {
	a, err := entrysql.Analyse(audit.PostgreSQL, w)
	if err != nil {
		return Query{}, err
	}
	switch ways := waysOf(a, false); ways[len(ways)-1].name {
	case inOrder.name:
		return inOrderQuery(a)
	case spans.name:
		return spansQuery(a)
	case sorted.name:
		return sortedQuery(a)
	default: // at once or in windows
		if a.IsInSpans() {
			return spansQuery(a)
		}
		return byTimeQuery(a)
	}
}

// AmongQuery is the query that looks for a walk's entries among a few, if it is
// worth it.
func AmongQuery(w audit.Walk) (q Query, ok bool, err error) {
	a, err := entrysql.Analyse(audit.PostgreSQL, w)
	if err != nil {
		return Query{}, false, err
	}
	for _, way := range waysOf(a, true) {
		switch way.name {
		case few.name:
			q, err = amongQuery(a, amongRarest(a))
			return q, true, err
		case shortTime.name:
			q, err = amongQuery(a, amongShortTime(a))
			return q, true, err
		}
	}
	return Query{}, false, nil
}

// HeadQuery is the query that looks for a walk's entries among the first in its
// order, if it is worth it.
func HeadQuery(w audit.Walk) (q Query, ok bool, err error) {
	a, err := entrysql.Analyse(audit.PostgreSQL, w)
	if err != nil || !slices.Contains(namesOf(waysOf(a, true)), head.name) {
		return Query{}, false, err
	}
	q, err = headQuery(a)
	return q, true, err
}

// CountQuery, HistogramQuery and ValuesQuery are the other queries.
var (
	CountQuery     = countQuery
	HistogramQuery = histogramQuery
)

func ValuesQuery(org string, column audit.Column, prefix string, limit int) (Query, error) {
	return valuesQuery(valuesKey{org, column, prefix, limit})
}

// WindowsOf returns the IDs of a walk, and those of its windows: from one on and less
// than the other.
func WindowsOf(w audit.Walk, now, start time.Time) (all [2]audit.ID, windows [][2]audit.ID, err error) {
	a, err := entrysql.Analyse(audit.PostgreSQL, w)
	if err != nil {
		return all, nil, err
	}
	for _, window := range windowsOf(a, now, start) {
		windows = append(windows, [2]audit.ID{window.From, window.Before})
	}
	return [2]audit.ID{a.From, a.Before}, windows, nil
}
