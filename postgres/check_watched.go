package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// ProblemCapture: changes of a watched table are not recorded, or not as Watch
// was told.
const ProblemCapture ProblemKind = "capture"

// checkWatched looks at the triggers of each watched table, and at the function
// that they call.
func checkWatched(ctx context.Context, db querier, entries table) ([]Problem, error) {
	all, err := captures(ctx, db, entries)
	if err != nil {
		return nil, err
	}
	var problems []Problem
	for _, c := range all {
		found, err := checkCapture(ctx, db, entries, c)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

const watchAgain = "call Admin.Watch for it again"

func checkCapture(ctx context.Context, db querier, entries table, c captured) ([]Problem, error) {
	if c.relation.OID == 0 {
		name := c.config.Table
		if name == "" {
			name = c.function
		}
		return []Problem{{
			ProblemCapture, name, "it was watched, and has no trigger any more or is gone",
			"call Admin.Watch for it again, or Admin.Unwatch with this name", nil,
		}}, nil
	}
	name := c.relation.sql()
	var problems []Problem
	var missing []string
	for _, trigger := range captureTriggers {
		if !slices.Contains(c.triggers, trigger.name) {
			missing = append(missing, trigger.name)
		}
	}
	if missing != nil {
		problems = append(problems, Problem{
			ProblemCapture, name, "the triggers that capture its changes are missing or disabled: " + strings.Join(missing, ", "),
			watchAgain, nil,
		})
	}
	if !c.defined {
		problems = append(problems, Problem{
			ProblemPrivilege, name, fmt.Sprintf("the function %s of its triggers is not the log owner's own, or others may make triggers of it", c.function),
			watchAgain, nil,
		})
	}
	problem, err := c.staleness(ctx, db, entries)
	if err != nil {
		return nil, err
	}
	if problem != "" {
		problems = append(problems, Problem{ProblemCapture, name, problem, watchAgain, nil})
	}
	return problems, nil
}

// staleness says in what way the function no longer fits its table, or nothing.
func (c captured) staleness(ctx context.Context, db querier, entries table) (string, error) {
	if c.config.Columns == nil {
		return "the comment of function " + c.function + ", which holds its configuration, is gone", nil
	}
	now := watchConfig{Columns: map[string]int{}, Key: c.config.Key}
	if err := now.readColumns(ctx, db, c.relation); err != nil {
		return "", err
	}
	for _, column := range c.config.Key {
		if _, ok := now.Columns[column]; !ok {
			return fmt.Sprintf("its key column %q was renamed or dropped", column), nil
		}
	}
	if err := now.readKey(ctx, db, c.relation); err != nil {
		return "rows cannot be told apart: " + err.Error(), nil
	}
	if !slices.Equal(now.columnNames(), c.config.columnNames()) {
		return "columns were added, dropped or renamed since, so capturing is slower", nil
	}
	return "", nil
}
