package postgres

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Problem is a thing that the log's protection or upkeep is missing.
type Problem struct {
	// Kind sorts problems, for hosts that want to hear of some only.
	Kind ProblemKind
	// Table is what it is about: audit_entries, a partition, or another table.
	Table string
	// Problem says what is missing, Remedy what to do.
	Problem, Remedy string

	repair []string // what Protect does about it, if it can
}

// ProblemKind is a kind of [Problem].
type ProblemKind string

// The kinds of problems.
const (
	// ProblemTrigger: UPDATE, DELETE or TRUNCATE would not be refused to the
	// owner.
	ProblemTrigger ProblemKind = "trigger"
	// ProblemPrivilege: a role that is not the owner may change entries, or what
	// protects them.
	ProblemPrivilege ProblemKind = "privilege"
	// ProblemRole: no role but the owner can record, so the application must be
	// connecting as the owner; or a table is another role's.
	ProblemRole ProblemKind = "role"
	// ProblemConstraint: rows with IDs that break the order would be accepted.
	ProblemConstraint ProblemKind = "constraint"
	// ProblemIndex: an index is missing or not valid.
	ProblemIndex ProblemKind = "index"
	// ProblemPartition: the default partition or a month is missing, or a
	// partition would not outlive a crash.
	ProblemPartition ProblemKind = "partition"
)

// String returns the problem in a line.
func (p Problem) String() string {
	return fmt.Sprintf("%s: %s; %s", p.Table, p.Problem, p.Remedy)
}

// Check compares the database's catalogue with what should be there, on
// audit_entries and every partition: triggers, privileges, indexes, constraints,
// the default partition, the months of now and next, and the triggers of watched
// tables. It returns what is
// missing, each with its remedy. It reads no entry and takes no lock that
// anybody waits for, so it can run at every start and once a day; any role may
// call it.
func (a *Admin) Check(ctx context.Context) ([]Problem, error) {
	entries, err := a.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("checking the log: %w", err)
	}
	var all []Problem
	for _, part := range []func(context.Context, querier, table) ([]Problem, error){
		checkTables, checkFunction, checkGrants, checkRoles, checkIndexes, checkMonths, checkWatched,
	} {
		problems, err := part(ctx, a.pool, entries)
		if err != nil {
			return nil, fmt.Errorf("checking the log: %w", err)
		}
		all = append(all, problems...)
	}
	return all, nil
}

// Bits of tgtype: a trigger for each row (1), before (2), on INSERT (4), DELETE
// (8), UPDATE (16), TRUNCATE (32).
const refusesChange, refusesTruncate = 1 | 2 | 8 | 16, 2 | 32

// checkTables looks at audit_entries and each partition by itself.
func checkTables(ctx context.Context, db querier, entries table) ([]Problem, error) {
	rows, err := db.Query(ctx, `WITH triggers AS (
			SELECT tgrelid, tgtype FROM pg_trigger
			WHERE tgfoid = to_regprocedure($2) AND tgenabled IN ('O', 'A') AND tgqual IS NULL AND tgattr::text = '')
		SELECT c.relname, n.nspname, pg_get_userbyid(c.relowner), c.relpersistence = 'p',
			EXISTS (SELECT FROM triggers WHERE tgrelid = c.oid AND tgtype = $3),
			EXISTS (SELECT FROM triggers WHERE tgrelid = c.oid AND tgtype = $4),
			EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c' AND convalidated
				AND conname = 'audit_entries_id_holds_microseconds' AND pg_get_expr(conbin, conrelid) LIKE '%7000%73e7%')
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.oid = $1 OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1)
		ORDER BY c.oid <> $1, c.relname`, entries.OID, refuseFunction(entries), refusesChange, refusesTruncate)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var problems []Problem
	for rows.Next() {
		var t table
		var logged, change, truncate, id bool
		if err := rows.Scan(&t.Name, &t.Schema, &t.Owner, &logged, &change, &truncate, &id); err != nil {
			return nil, err
		}
		if !change {
			problems = append(problems, Problem{
				ProblemTrigger, t.Name, "no enabled trigger refuses UPDATE and DELETE", "call Admin.Protect", restoreChangeTrigger(entries, t),
			})
		}
		if !truncate {
			problems = append(problems, Problem{
				ProblemTrigger, t.Name, "no enabled trigger refuses TRUNCATE", "call Admin.Protect", restoreTruncateTrigger(entries, t),
			})
		}
		if !id {
			problems = append(problems, Problem{
				ProblemConstraint, t.Name, "the constraint audit_entries_id_holds_microseconds is missing", "add it again, as in migration 0001_entries.sql", nil,
			})
		}
		if t.Owner != entries.Owner {
			problems = append(problems, Problem{
				ProblemRole, t.Name, fmt.Sprintf("it belongs to %s, and audit_entries to %s", t.Owner, entries.Owner),
				"ALTER TABLE " + t.sql() + " OWNER TO " + grantee(entries.Owner), nil,
			})
		}
		if !logged {
			problems = append(problems, Problem{
				ProblemPartition, t.Name, "it is UNLOGGED and empty after a crash", "ALTER TABLE " + t.sql() + " SET LOGGED", nil,
			})
		}
	}
	return problems, rows.Err()
}

// checkFunction compares the triggers' function with that of the migration: one
// that returns instead of raising an error would let everything pass.
func checkFunction(ctx context.Context, db querier, entries table) ([]Problem, error) {
	text, err := appendOnlySQL()
	if err != nil {
		return nil, err
	}
	var same bool
	err = db.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_proc WHERE oid = to_regprocedure($1) AND prosrc = $2", refuseFunction(entries), between(text, "$$", "$$")).Scan(&same)
	if err != nil || same {
		return nil, err
	}
	return []Problem{{
		ProblemTrigger, entries.Name, "the function audit_refuse_change is not that of migration 0002_append_only.sql", "call Admin.Protect",
		[]string{"CREATE OR REPLACE FUNCTION " + refuseFunction(entries) + between(text, "audit_refuse_change()", "\n$$;") + "\n$$"},
	}}, nil
}

var indexPattern = regexp.MustCompile(`(?m)^CREATE INDEX (\w+) ON audit_entries `)

func checkIndexes(ctx context.Context, db querier, entries table) ([]Problem, error) {
	text, err := migrationFiles.ReadFile("migrations/0001_entries.sql")
	if err != nil {
		return nil, err
	}
	missing := []string{"audit_entries_pkey"}
	for _, found := range indexPattern.FindAllStringSubmatch(string(text), -1) {
		missing = append(missing, found[1])
	}
	// Each index of the log with those partitions that lack their part of it.
	rows, err := db.Query(ctx, `SELECT c.relname, ARRAY(
			SELECT p.relname::text FROM pg_inherits AS member JOIN pg_class AS p ON p.oid = member.inhrelid
			WHERE member.inhparent = $1 AND NOT EXISTS (
				SELECT FROM pg_inherits AS part JOIN pg_index AS x ON x.indexrelid = part.inhrelid
				WHERE part.inhparent = i.indexrelid AND x.indrelid = p.oid AND x.indisvalid AND x.indisready)
			ORDER BY 1)
		FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
		WHERE i.indrelid = $1
		ORDER BY c.relname`, entries.OID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var problems []Problem
	for rows.Next() {
		var index string
		var without []string
		if err := rows.Scan(&index, &without); err != nil {
			return nil, err
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == index })
		for _, partition := range without {
			problems = append(problems, Problem{
				ProblemIndex, partition, "its part of index " + index + " is missing or not valid",
				"REINDEX it, or create it and ALTER INDEX " + entries.sibling(index) + " ATTACH PARTITION", nil,
			})
		}
	}
	for _, index := range missing {
		problems = append(problems, Problem{ProblemIndex, entries.Name, "index " + index + " is missing", "create it again, as in migration 0001_entries.sql", nil})
	}
	return problems, rows.Err()
}

func checkMonths(ctx context.Context, db querier, entries table) ([]Problem, error) {
	partitions, err := partitionsOf(ctx, db, entries)
	if err != nil {
		return nil, err
	}
	var now time.Time
	if err := db.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return nil, err
	}
	var problems []Problem
	if !slices.ContainsFunc(partitions, func(p partition) bool { return p.isDefault }) {
		problems = append(problems, Problem{
			ProblemPartition, entries.Name, "there is no default partition, so an entry that no month covers is refused",
			"CREATE TABLE " + entries.sibling("audit_entries_default") + " PARTITION OF " + entries.sql() + " DEFAULT, and call Admin.Protect", nil,
		})
	}
	for _, s := range []span{monthOf(now), monthOf(now).next()} {
		lower, upper := s.bounds()
		if !slices.ContainsFunc(partitions, func(p partition) bool { return p.covers(lower, upper) }) {
			problems = append(problems, Problem{
				ProblemPartition, entries.Name, "there is no partition for the month " + s.from.Format("2006-01"), "call Admin.MakeMonthsAhead every day", nil,
			})
		}
	}
	return problems, nil
}

// refuseFunction is the function of the triggers, as to_regprocedure takes it.
func refuseFunction(entries table) string { return entries.sibling("audit_refuse_change") + "()" }

func appendOnlySQL() (string, error) {
	text, err := migrationFiles.ReadFile("migrations/0002_append_only.sql")
	return string(text), err
}

// between returns what stands after the first start and before the next end.
func between(text, start, end string) string {
	_, text, _ = strings.Cut(text, start)
	text, _, _ = strings.Cut(text, end)
	return text
}
