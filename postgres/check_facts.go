package postgres

import (
	"context"
	_ "embed" // for catalogueText
	"strings"

	"github.com/jackc/pgx/v5"
)

// fact is what the catalogue says of one part of a table of the log.
type fact struct {
	of   string // the table as the migrations call it; "partition" stands for all of them
	kind string // table, column, constraint, reference, trigger, rule, index
	name string
	is   string // how it is defined, without parentheses, which a restore adds or removes
}

// String returns the fact as a line of catalogue.txt.
func (f fact) String() string { return strings.Join([]string{f.of, f.kind, f.name, f.is}, " | ") }

// found is a fact about a table that exists.
type found struct {
	fact
	table table
}

// catalogueText is what the migrations make, a fact a line. TestCatalogue
// compares it with a database, and writes it with -update.
//
//go:embed catalogue.txt
var catalogueText string

// expectedFacts returns the facts of catalogueText by their tables.
func expectedFacts() map[string][]fact {
	all := map[string][]fact{}
	for line := range strings.Lines(catalogueText) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " | ", 4)
		if len(parts) == 4 {
			all[parts[0]] = append(all[parts[0]], fact{parts[0], parts[1], parts[2], parts[3]})
		}
	}
	return all
}

// besideEntries are the log's tables beside audit_entries and its partitions.
var besideEntries = []string{"audit_holds", "audit_months", "audit_migrations", "audit_capture_orgs", "audit_capture_seen"}

// logTables names the log's tables, and its one type, for the queries of the
// catalogue: $1 is the OID of audit_entries.
var logTables = `log AS MATERIALIZED (SELECT relowner, relnamespace FROM pg_class WHERE oid = $1::oid),
members AS MATERIALIZED (
	SELECT $1::oid AS oid, 'audit_entries' AS template
	UNION ALL
	SELECT inhrelid, 'partition' FROM pg_inherits WHERE inhparent = $1::oid
	UNION ALL
	SELECT c.oid, c.relname FROM log JOIN pg_class AS c ON c.relnamespace = log.relnamespace
		AND c.relname IN ('audit_capture_context', '` + strings.Join(besideEntries, "', '") + `')),
tables AS MATERIALIZED (
	SELECT c.oid, c.relname, c.relnamespace, c.relowner, c.relacl, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
		n.nspname, log.relowner AS log_owner, log.relnamespace AS log_namespace, m.template
	FROM log, members AS m JOIN pg_class AS c USING (oid) JOIN pg_namespace AS n ON n.oid = c.relnamespace)`

// readFacts reads the facts about the log's tables. What a restore or an attached
// partition spells otherwise is left out: the order of columns, the names of a
// partition's key and indexes, parentheses.
//
// Internal triggers are those of foreign keys. Before PostgreSQL 15, the row
// triggers that a partition has from the log are internal too.
func readFacts(ctx context.Context, db querier, entries table) ([]found, error) {
	rows, err := db.Query(ctx, `WITH `+logTables+`, facts AS (
		SELECT oid, 'table' AS kind, '' AS name, concat_ws(' ', relkind, relpersistence, pg_get_partkeydef(oid)) AS definition FROM tables
		UNION ALL
		SELECT t.oid, 'column', a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
			(SELECT 'COLLATE ' || collname FROM pg_collation AS l JOIN pg_type AS y ON y.oid = a.atttypid WHERE l.oid = a.attcollation AND a.attcollation <> y.typcollation),
			CASE WHEN a.attnotnull THEN 'NOT NULL' END,
			(SELECT 'NOT VALID' FROM pg_constraint AS c WHERE c.conrelid = t.oid AND c.contype = 'n' AND c.conkey = ARRAY[a.attnum] AND NOT c.convalidated),
			'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
			nullif('generated ' || a.attgenerated::text, 'generated '), nullif('identity ' || a.attidentity::text, 'identity '))
		FROM tables AS t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
		UNION ALL
		SELECT t.oid, 'constraint', CASE WHEN c.contype = 'p' THEN 'primary key' ELSE c.conname END,
			concat_ws(' ', pg_get_constraintdef(c.oid), CASE WHEN c.condeferrable THEN 'DEFERRABLE' END)
		FROM tables AS t JOIN pg_constraint AS c ON c.conrelid = t.oid AND c.contype NOT IN ('n', 't')
		UNION ALL
		SELECT t.oid, 'reference', c.conname, c.conrelid::regclass::text
		FROM tables AS t JOIN pg_constraint AS c ON c.confrelid = t.oid AND c.contype = 'f' AND c.conparentid = 0
		UNION ALL
		SELECT t.oid, 'trigger', g.tgname, concat_ws(' ', g.tgtype, CASE WHEN p.pronamespace = t.log_namespace THEN p.proname::text ELSE p.oid::regprocedure::text END,
			CASE WHEN g.tgenabled IN ('O', 'A') THEN 'enabled' ELSE 'disabled' END, nullif('of ' || g.tgattr::text, 'of '), CASE WHEN g.tgqual IS NOT NULL THEN 'WHEN' END,
			CASE WHEN g.tgdeferrable THEN 'DEFERRABLE' END)
		FROM tables AS t JOIN pg_trigger AS g ON g.tgrelid = t.oid JOIN pg_proc AS p ON p.oid = g.tgfoid
		WHERE NOT g.tgisinternal OR p.proname = 'audit_refuse_change'
		UNION ALL
		SELECT t.oid, 'rule', r.rulename, pg_get_ruledef(r.oid)
		FROM tables AS t JOIN pg_rewrite AS r ON r.ev_class = t.oid
		UNION ALL
		SELECT t.oid, 'index', c.relname, concat_ws(' ', CASE WHEN x.indisunique THEN 'UNIQUE' END,
			CASE WHEN NOT x.indisvalid AND c.relkind = 'i' THEN 'INVALID' END, substring(pg_get_indexdef(c.oid) FROM ' USING (.*)$'))
		FROM tables AS t JOIN pg_index AS x ON x.indrelid = t.oid JOIN pg_class AS c ON c.oid = x.indexrelid
		WHERE t.template <> 'partition' OR (x.indisunique OR x.indexprs IS NOT NULL) AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid))
	SELECT t.template, t.oid, t.nspname, t.relname, pg_get_userbyid(t.relowner), f.kind, f.name::text, regexp_replace(f.definition, '[()]', '', 'g')
	FROM tables AS t JOIN facts AS f USING (oid)
	ORDER BY t.oid <> $1, t.template = 'partition', t.relname, f.kind, f.name COLLATE "C"`, entries.OID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f found, err error) {
		err = row.Scan(&f.of, &f.table.OID, &f.table.Schema, &f.table.Name, &f.table.Owner, &f.kind, &f.name, &f.is)
		return f, err
	})
}
