package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// WithLockTimeout returns an Admin that waits otherwise, for tests that let it
// wait in vain.
func (a *Admin) WithLockTimeout(timeout time.Duration) *Admin {
	patient := *a
	patient.lockTimeout = timeout
	return &patient
}

// PlanOnce is what the store sends with a statement to plan it once.
const PlanOnce = planOnce

// InOrder is what it sends with such a statement on a connection that does not
// prepare, and PlanEach with one whose plan depends on the values.
const (
	InOrder  = inOrder
	PlanEach = planEach
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
