package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Finding is something that Check found missing or misconfigured.
type Finding struct {
	// Kind is what sort of finding it is, for hosts that act on some of them only.
	Kind FindingKind
	// Table is the table with the problem: audit_entries, a partition, or another.
	Table string
	// Problem says what is missing or wrong, Remedy what to do.
	Problem, Remedy string

	repair []string // what Protect does about it, if it can
}

// FindingKind is a kind of [Finding].
type FindingKind string

// The kinds of findings.
const (
	// FindingTrigger: the owner's UPDATE, DELETE or TRUNCATE would not be refused,
	// or a trigger or rule that is not the library's sees entries.
	FindingTrigger FindingKind = "trigger"
	// FindingPrivilege: a role that is not the owner may change entries, or what
	// protects them.
	FindingPrivilege FindingKind = "privilege"
	// FindingRole: only the owner can record, so the application connects as the
	// owner; or a table belongs to another role.
	FindingRole FindingKind = "role"
	// FindingConstraint: a column or a constraint is not what the migrations made.
	// The table may accept rows that break the order, or refuse entries.
	FindingConstraint FindingKind = "constraint"
	// FindingIndex: an index is missing or not valid.
	FindingIndex FindingKind = "index"
	// FindingPartition: the default partition or a month is missing or detached, or
	// a partition would lose its entries in a crash.
	FindingPartition FindingKind = "partition"
	// FindingPolicy: row-level security hides or refuses entries.
	FindingPolicy FindingKind = "policy"
	// FindingSetting: a setting of a role or of the database switches triggers off,
	// or makes statements find another table than the log.
	FindingSetting FindingKind = "setting"
	// FindingShadow: another table can take the log's place in a search_path.
	FindingShadow FindingKind = "shadow"
	// FindingMigration: the migrations or functions that were applied are not this
	// version's.
	FindingMigration FindingKind = "migration"
	// FindingCapture: changes of a watched table are not recorded, or not as Watch
	// was asked to.
	FindingCapture FindingKind = "capture"
)

// String returns the finding in one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s; %s", f.Table, f.Problem, f.Remedy)
}

// Check compares the database's catalogue with what the migrations make, on
// audit_entries and every partition: columns, constraints, indexes, triggers,
// rules, policies, functions, owners and privileges. It also looks at the
// months, at the triggers of watched tables, and at roles, settings and
// schemas. It returns what is missing or wrong, each with its remedy.
//
// Check reads no entry and takes no lock that others wait for, so it can run at
// every start and once a day. Any role may call it. Only for the log's owner
// does it compare the bodies of the functions of watched tables.
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
	// With this search_path, PostgreSQL writes names with their schemas, and finds
	// only its own functions. To compile a query takes longer than to run it.
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
		findings, err := part(ctx, tx, entries)
		if err != nil {
			return nil, err
		}
		all = append(all, findings...)
	}
	return all, nil
}
