package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/auditkeep/audit/internal/migration"
)

// checkCatalogue compares the log's tables, and each partition by itself, with
// what the migrations make.
func checkCatalogue(ctx context.Context, db querier, entries table) ([]Finding, error) {
	all, err := readFacts(ctx, db, entries)
	if err != nil {
		return nil, err
	}
	expected := expectedFacts()
	var findings []Finding
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].table.OID == all[0].table.OID {
			n++
		}
		t := all[0].table
		findings = append(findings, compareFacts(entries, t, expected[all[0].of], all[:n])...)
		if t.Owner != entries.Owner {
			findings = append(findings, Finding{
				FindingRole, t.Name, fmt.Sprintf("it belongs to %s, and audit_entries to %s", t.Owner, entries.Owner),
				"ALTER TABLE " + t.sql() + " OWNER TO " + grantee(entries.Owner), nil,
			})
		}
		delete(expected, all[0].of)
		if all[0].of == "partition" { // for the next one
			expected["partition"] = expectedFacts()["partition"]
		}
		all = all[n:]
	}
	for _, name := range append([]string{"audit_capture_context"}, besideEntries...) {
		// A host that migrates with another tool has no table audit_migrations.
		if _, missing := expected[name]; missing && name != "audit_migrations" {
			findings = append(findings, Finding{FindingConstraint, name, "it is missing", "make it again, as in the migrations", nil})
		}
	}
	return findings, nil
}

// compareFacts compares one table with what it should be.
func compareFacts(entries, t table, expected []fact, all []found) []Finding {
	type key struct{ kind, name string }
	is := map[key]string{}
	for _, f := range all {
		is[key{f.kind, f.name}] = f.is
	}
	var findings []Finding
	for _, want := range expected {
		definition, ok := is[key{want.kind, want.name}]
		delete(is, key{want.kind, want.name})
		switch {
		case !ok:
			findings = append(findings, missingFact(entries, t, want))
		case definition != want.is:
			findings = append(findings, changedFact(entries, t, want, definition))
		}
	}
	for _, f := range all {
		if _, ok := is[key{f.kind, f.name}]; ok {
			findings = append(findings, foreignFact(t, f.fact)...)
		}
	}
	return findings
}

// Bits of tgtype: a trigger for each row (1), before (2), on INSERT (4), DELETE
// (8), UPDATE (16), TRUNCATE (32).
const refusesChange, refusesTruncate = 1 | 2 | 8 | 16, 2 | 32

func missingFact(entries, t table, want fact) Finding {
	switch {
	case want.kind == "trigger" && strings.HasPrefix(want.is, fmt.Sprint(refusesChange, " ")):
		return Finding{FindingTrigger, t.Name, "no enabled trigger refuses UPDATE and DELETE", "call Admin.Protect", restoreChangeTrigger(entries, t)}
	case want.kind == "trigger":
		return Finding{FindingTrigger, t.Name, "no enabled trigger refuses TRUNCATE", "call Admin.Protect", restoreTruncateTrigger(entries, t)}
	case want.kind == "index":
		return Finding{FindingIndex, t.Name, "index " + want.name + " is missing", "create it again, as in migration " + migrationOf(want.name), nil}
	}
	return Finding{
		FindingConstraint, t.Name, fmt.Sprintf("the %s %s is missing", want.kind, want.name),
		fmt.Sprintf("add it again, as in migration %s: %s", migrationOf(want.of), want.is), nil,
	}
}

func changedFact(entries, t table, want fact, is string) Finding {
	switch {
	case want.kind == "trigger":
		finding := missingFact(entries, t, want)
		finding.Problem += ": it is " + is + ", and not " + want.is
		return finding
	case want.kind == "table" && strings.Replace(is, " u", " p", 1) == want.is:
		return Finding{FindingPartition, t.Name, "it is UNLOGGED and empty after a crash", "ALTER TABLE " + t.sql() + " SET LOGGED", nil}
	}
	kind := FindingConstraint
	switch want.kind {
	case "index":
		kind = FindingIndex
	case "table":
		kind = FindingPartition
	}
	return Finding{
		kind, t.Name, strings.TrimSpace(fmt.Sprintf("the %s %s", want.kind, want.name)) + " is not that of the migrations: it is " + is,
		"make it again, as in migration " + migrationOf(want.of) + ": " + want.is, nil,
	}
}

// foreignFact returns the finding about something that no migration made. An index
// that cannot refuse an entry is not a finding.
func foreignFact(t table, f fact) []Finding {
	name := quoteName(f.name)
	switch f.kind {
	case "trigger":
		return []Finding{{
			FindingTrigger, t.Name, "the trigger " + name + " is not the library's, and can change, drop or refuse entries: " + f.is,
			"DROP TRIGGER " + name + " ON " + t.sql(), nil,
		}}
	case "rule":
		return []Finding{{
			FindingTrigger, t.Name, "the rule " + name + " is not the library's, and can change or drop entries: " + f.is,
			"DROP RULE " + name + " ON " + t.sql(), nil,
		}}
	case "constraint":
		return []Finding{{
			FindingConstraint, t.Name, "the constraint " + name + " is not the library's, and can refuse entries: " + f.is,
			"ALTER TABLE " + t.sql() + " DROP CONSTRAINT " + name, nil,
		}}
	case "reference":
		return []Finding{{
			FindingConstraint, t.Name, fmt.Sprintf("the foreign key %s of %s refers to it, and keeps months from being removed", name, f.is),
			"ALTER TABLE " + f.is + " DROP CONSTRAINT " + name, nil,
		}}
	case "index":
		if plainIndex.MatchString(f.is) {
			return nil
		}
		return []Finding{{
			FindingIndex, t.Name, "the index " + name + " is not the library's, and can refuse entries: " + f.is,
			"DROP INDEX " + t.sibling(f.name), nil,
		}}
	default:
		return []Finding{{
			FindingConstraint, t.Name, fmt.Sprintf("the %s %s is not the library's: %s", f.kind, name, f.is),
			fmt.Sprintf("ALTER TABLE %s DROP %s %s", t.sql(), strings.ToUpper(f.kind), name), nil,
		}}
	}
}

// plainIndex matches an index on columns only. An index on an expression calls
// functions, which can fail. A unique one refuses values that it has already.
var plainIndex = regexp.MustCompile(`^(btree|hash|gin|gist|brin|spgist) [\w, ]+$`)

// migrationOf names the file that makes something.
func migrationOf(name string) string {
	if name == "partition" {
		name = "audit_entries"
	}
	known, err := migration.Read(numberedFiles())
	if err != nil {
		return ""
	}
	for _, m := range known {
		if strings.Contains(m.SQL, " "+name+" ") {
			return m.Name
		}
	}
	return "0001_entries.sql"
}
