package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// checkWatched looks at the triggers of each watched table, and at the function
// that they call.
func checkWatched(ctx context.Context, db querier, entries table) ([]Finding, error) {
	all, err := captures(ctx, db, entries)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	// The rest of the transaction finds the log's functions as the triggers do.
	var callable bool
	err = db.QueryRow(ctx, `SELECT has_function_privilege(to_regprocedure($1), 'EXECUTE') AND to_regclass($3) IS NOT NULL, set_config('search_path', $2, true)`,
		entries.sibling("audit_capture_source")+"(oid, jsonb)", capturePath(entries), entries.sibling("audit_capture_seen")).Scan(&callable, nil)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, c := range all {
		found, err := checkCapture(ctx, db, c, callable)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	findings = append(findings, checkParents(all)...)
	for _, check := range []func(context.Context, querier, []captured) ([]Finding, error){checkRelatives, subscribed} {
		found, err := check(ctx, db, all)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

const watchAgain = "call Admin.Watch for it again"

func checkCapture(ctx context.Context, db querier, c captured, callable bool) ([]Finding, error) {
	if c.relation.OID == 0 {
		name := c.config.Table
		if name == "" {
			name = c.function
		}
		return []Finding{{
			FindingCapture, name, "it was watched, and has no trigger any more or is gone",
			"call Admin.Watch for it again, or Admin.Unwatch with this name", nil,
		}}, nil
	}
	name := c.relation.sql()
	var findings []Finding
	var missing []string
	for _, trigger := range captureTriggers {
		if !slices.Contains(c.triggers, trigger.name) {
			missing = append(missing, trigger.name)
		}
	}
	if missing != nil {
		findings = append(findings, Finding{
			FindingCapture, name, "the triggers that capture its changes are missing or disabled: " + strings.Join(missing, ", "),
			watchAgain, nil,
		})
	}
	if !c.defined {
		findings = append(findings, Finding{
			FindingPrivilege, name, fmt.Sprintf("the function %s of its triggers is not the log owner's own, or others may make triggers of it", c.function),
			watchAgain, nil,
		})
	}
	stale, err := c.staleness(ctx, db)
	if err != nil {
		return nil, err
	}
	if len(stale) == 0 && callable {
		replaced, err := c.replacement(ctx, db)
		if err != nil {
			return nil, err
		}
		stale = append(stale, replaced...)
	}
	for _, problem := range stale {
		findings = append(findings, Finding{FindingCapture, name, problem, watchAgain, nil})
	}
	return findings, nil
}

// staleness says how the function no longer fits its table.
func (c captured) staleness(ctx context.Context, db querier) (problems []string, err error) {
	if !c.comment {
		problems = append(problems, "the comment of function "+c.function+", which holds its configuration, is gone")
	}
	if c.config.Columns == nil {
		return problems, nil
	}
	fits, err := c.fits(ctx, db)
	if err != nil {
		return nil, err
	}
	now := watchConfig{Columns: map[string]int{}, Types: map[string]columnType{}, Key: slices.Clone(c.config.Key)}
	if err := now.readColumns(ctx, db, c.relation); err != nil {
		return nil, err
	}
	before := history{config: c.config, fits: fits}
	gone := func(field, column, effect string) {
		if _, ok := now.Columns[column]; ok || column == "" {
			return
		}
		if _, ok := c.config.Columns[column]; !ok {
			return // a default, or a key of JSON
		}
		fate := "is gone"
		if !fits && strings.HasPrefix(effect, "nothing") {
			effect = "if it has another name since a dump and restore, it is redacted"
		}
		if name := before.now(column, now); name != "" {
			fate, effect = fmt.Sprintf("is called %q now", name), "it is known by its number until a dump and restore"
		}
		problems = append(problems, fmt.Sprintf("column %q, named by WatchTable.%s, %s: %s", column, field, fate, effect))
	}
	for _, column := range c.config.Key {
		if _, ok := now.Columns[column]; !ok {
			problems = append(problems, fmt.Sprintf("its key column %q was renamed or dropped", column))
		}
	}
	gone("OrgColumn", c.config.OrgColumn, "entries go to the platform's organization, with a mark in their metadata")
	for _, column := range c.config.ParentColumns {
		effect := "entries have no parent"
		if c.config.OrgOfParent {
			effect += " and go to the platform's organization, with a mark in their metadata"
		}
		gone("ParentColumns", column, effect)
	}
	for _, column := range c.config.Ignore {
		gone("Ignore", column, "nothing is left to ignore")
	}
	now.Redact = c.config.Redact
	idle, err := now.idleNames(ctx, db, c.relation)
	if err != nil {
		return nil, err
	}
	for _, name := range c.config.Redact {
		if _, ok := c.config.Columns[name]; ok {
			gone("Redact", name, "nothing is left to redact")
		} else if slices.Contains(idle, name) {
			problems = append(problems, fmt.Sprintf("the name %q in WatchTable.Redact fits no column: a column that was called so stays redacted, and needs its name of now", name))
		}
	}
	for _, column := range c.config.Plain {
		gone("Plain", column, "nothing is left to show")
	}
	for _, column := range c.config.Hidden {
		if !slices.Contains(c.config.Redact, column) {
			gone("Redact or the built-in names of secrets", column, "nothing is left to redact")
		}
	}
	if err := now.readKey(ctx, db, c.relation); err != nil && len(problems) == 0 {
		problems = append(problems, "rows cannot be distinguished: "+err.Error())
	}
	if unseen := before.unseen(now); len(unseen) > 0 {
		problems = append(problems, fmt.Sprintf("its columns %q were added since Watch was called: they are recorded, and redacted only if their name or type says so, "+
			"or did so at a write since; name those that hold secrets in WatchTable.Redact", unseen))
	}
	switch {
	case !fits:
		problems = append(problems, "it was restored from a dump, or replaced, since Watch was called: columns that Watch did not know are redacted, and capturing is slower")
	case !maps.Equal(now.Columns, c.config.Columns):
		problems = append(problems, "columns were added, dropped or renamed since, so capturing is slower")
	}
	if fits {
		problems = append(problems, c.config.retyped(now)...)
	}
	return problems, nil
}

// retyped says which columns had another type when Watch was called.
func (c *watchConfig) retyped(now watchConfig) (problems []string) {
	for _, column := range c.columnNames() {
		was, known := c.Types[column]
		is, there := now.Types[column]
		if known && there && was.OID != is.OID && c.Columns[column] == now.Columns[column] {
			problems = append(problems, fmt.Sprintf("column %q was of type %s when Watch was called, and is of type %s now, so capturing is slower; what the type kept out of the log stays out",
				column, was.Name, is.Name))
		}
	}
	return problems
}

// subscribed finds watched tables that a subscription writes to.
func subscribed(ctx context.Context, db querier, all []captured) (findings []Finding, err error) {
	var watched []uint32
	names := map[uint32]string{}
	for _, c := range all {
		if c.relation.OID != 0 {
			watched, names[c.relation.OID] = append(watched, c.relation.OID), c.relation.sql()
		}
	}
	rows, err := db.Query(ctx, "SELECT DISTINCT srrelid FROM pg_subscription_rel WHERE srrelid = ANY ($1) ORDER BY 1", watched)
	if err != nil {
		return nil, err
	}
	var oid uint32
	_, err = pgx.ForEachRow(rows, []any{&oid}, func() error {
		findings = append(findings, Finding{
			FindingCapture, names[oid], "a subscription writes to it: what logical replication applies fires no trigger for each statement, whether it is enabled ALWAYS or not, so those changes are not captured here",
			"watch the table in the database that publishes it, and read the log there; Admin.Unwatch it here if nobody else writes to it", nil,
		})
		return nil
	})
	return findings, err
}

// checkRelatives finds tables that show what their watched parents or partitions
// hide: the same values pass through both.
func checkRelatives(ctx context.Context, db querier, all []captured) (findings []Finding, err error) {
	for _, c := range all {
		if c.relation.OID == 0 || c.config.Columns == nil {
			continue
		}
		related, err := relatives(ctx, db, c.relation.OID)
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if other.relation.OID == 0 || !slices.Contains(related, other.relation.OID) {
				continue
			}
			for _, column := range other.config.Hidden {
				_, there := c.config.Columns[column]
				if there && !slices.Contains(c.config.Hidden, column) && !slices.Contains(c.config.Plain, column) {
					findings = append(findings, Finding{
						FindingCapture, c.relation.sql(), fmt.Sprintf("it shows column %q, which %s, whose rows are the same, redacts", column, other.relation.sql()),
						watchAgain, nil,
					})
				}
			}
		}
	}
	return findings, nil
}

// replacement says how the function differs from the one that Watch would make now,
// if it does. A restore changes the table's OID and the signature of its columns;
// that does not count. The function then makes its statement anew each time.
func (c captured) replacement(ctx context.Context, db querier) ([]string, error) {
	encoded, err := json.Marshal(c.config)
	if err != nil {
		return nil, fmt.Errorf("encoding the configuration of %s: %w", c.relation.Name, err)
	}
	var source, settings string
	err = db.QueryRow(ctx, "SELECT audit_capture_source($1, $2::text::jsonb), audit_capture_settings($1)", c.relation.OID, string(encoded)).Scan(&source, &settings)
	if err != nil {
		return nil, fmt.Errorf("making the function of %s: %w", c.relation.Name, err)
	}
	if restored(c.source) != restored(source) {
		return []string{"the function " + c.function + " is not the one that Watch makes: somebody replaced its body, or another version of this library made it"}, nil
	}
	want := []string{"search_path=" + strings.ReplaceAll(c.path, `"`, "")}
	for _, found := range settingPattern.FindAllStringSubmatch(settings, -1) {
		want = append(want, found[1]+"="+strings.Trim(found[2], "'"))
	}
	is := slices.Clone(c.settings)
	for i := range is {
		is[i] = strings.ReplaceAll(is[i], `"`, "")
	}
	slices.Sort(want)
	slices.Sort(is)
	if !slices.Equal(want, is) {
		return []string{fmt.Sprintf("the function %s is set %q, and not %q as Watch sets it", c.function, is, want)}, nil
	}
	return nil, nil
}

var (
	settingPattern  = regexp.MustCompile(`SET (\w+) = ('[^']*'|\S+)`)
	restoredPattern = regexp.MustCompile(`TG_RELID = '?\d+'? AND (pg_catalog\.)?[\w."]*audit_capture_signature\([^)]*\) = '?-?\d+'?`)
)

// restored returns a function's source without the parts that a restore changes.
func restored(source string) string { return restoredPattern.ReplaceAllString(source, "…") }
