package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Finding is a thing that the log's protection or upkeep is missing.
type Finding struct {
	// Kind sorts problems, for hosts that want to hear of some only.
	Kind FindingKind
	// Table is what it is about: audit_entries, a partition, or another table.
	Table string
	// Problem says what is missing, Remedy what to do.
	Problem, Remedy string

	repair []string // what Protect does about it, if it can
}

// FindingKind is a kind of [Finding].
type FindingKind string

// The kinds of problems.
const (
	// FindingTrigger: UPDATE, DELETE or TRUNCATE would not be refused to the
	// owner, or a trigger or rule of somebody else's meets entries.
	FindingTrigger FindingKind = "trigger"
	// FindingPrivilege: a role that is not the owner may change entries, or what
	// protects them.
	FindingPrivilege FindingKind = "privilege"
	// FindingRole: no role but the owner can record, so the application must be
	// connecting as the owner; or a table is another role's.
	FindingRole FindingKind = "role"
	// FindingConstraint: a column or a constraint is not what the migrations made,
	// so that rows would be accepted that break the order, or entries refused.
	FindingConstraint FindingKind = "constraint"
	// FindingIndex: an index is missing or not valid.
	FindingIndex FindingKind = "index"
	// FindingPartition: the default partition or a month is missing or detached,
	// or a partition would not outlive a crash.
	FindingPartition FindingKind = "partition"
	// FindingPolicy: row-level security hides entries, or refuses them.
	FindingPolicy FindingKind = "policy"
	// FindingSetting: a setting of a role or of the database switches triggers off
	// or leads past the log.
	FindingSetting FindingKind = "setting"
	// FindingShadow: another table can stand before the log.
	FindingShadow FindingKind = "shadow"
	// FindingMigration: the migrations that were applied are not this version's.
	FindingMigration FindingKind = "migration"
)

// String returns the problem in a line.
func (p Finding) String() string {
	return fmt.Sprintf("%s: %s; %s", p.Table, p.Problem, p.Remedy)
}

// Check compares the database's catalogue with what the migrations make, on
// audit_entries and every partition: columns, constraints, indexes, triggers,
// rules, policies, functions, owners and privileges. It also looks at the months,
// the triggers of watched tables, and what roles, settings and schemas let pass.
// It returns what is missing or wrong, each with its remedy.
//
// It reads no entry and takes no lock that anybody waits for, so it can run at
// every start and once a day. Any role may call it; the bodies of the functions of
// watched tables are compared for the log's owner only.
func (a *Admin) Check(ctx context.Context) ([]Finding, error) {
	if a.pool == nil {
		return nil, errNoPool
	}
	var all []Finding
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, a.pool, options, func(tx pgx.Tx) error {
		entries, err := findTable(ctx, tx, a.schema)
		if err != nil {
			return err
		}
		all, err = a.check(ctx, tx, entries)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("checking the log: %w", err)
	}
	return all, nil
}

func (a *Admin) check(ctx context.Context, tx pgx.Tx, entries table) ([]Finding, error) {
	// Names are then written with their schemas, and nobody else's function can
	// stand before one of PostgreSQL's own. To compile a query takes longer than
	// to run it.
	if _, err := tx.Exec(ctx, "SELECT set_config('search_path', 'pg_catalog', true), set_config('jit', 'off', true)"); err != nil {
		return nil, err
	}
	all, current, err := checkMigrations(ctx, tx, entries)
	if err != nil {
		return nil, err
	}
	parts := []func(context.Context, querier, table) ([]Finding, error){checkGrants, checkRoles, checkSchema, checkRowSecurity}
	if current {
		parts = append(parts, checkCatalogue, checkFunctions, checkIndexes)
	}
	if a.schema == "" {
		parts = append(parts, checkShadows)
	}
	parts = append(parts, func(ctx context.Context, db querier, entries table) ([]Finding, error) {
		return checkSettings(ctx, db, entries, a.schema != "")
	}, checkMonths, checkWatched)
	for _, part := range parts {
		problems, err := part(ctx, tx, entries)
		if err != nil {
			return nil, err
		}
		all = append(all, problems...)
	}
	return all, nil
}
