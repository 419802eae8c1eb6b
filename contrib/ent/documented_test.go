package auditent_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	auditent "github.com/auditkeep/audit/contrib/ent"
)

// documented is a line of the package documentation's tables, and what holds it.
type documented struct {
	name string
	do   func(*scene)
	want []string
}

// scene is where a case takes place.
type scene struct {
	*world
	t *testing.T
	c client
}

// users makes users without the hook.
func (s *scene) users(n int) (ids []int) {
	for i := range n {
		ids = append(ids, s.plain.User.Create().SetName(fmt.Sprint("u", i+1)).SaveX(s.t.Context()).ID)
	}
	return ids
}

// pets makes pets without the hook.
func (s *scene) pets(n int) (ids []int) {
	for i := range n {
		ids = append(ids, s.plain.Pet.Create().SetName(fmt.Sprint("p", i+1)).SaveX(s.t.Context()).ID)
	}
	return ids
}

func (s *scene) ok(err error) {
	s.t.Helper()
	require.NoError(s.t, err)
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// brief returns an entry as one line: "update pet 1: user_pets null→1". What
// is NULL in a row that is made or removed is left out, as are times.
func brief(e audit.Entry) string {
	line := string(e.Action) + " " + e.Object.Type + " " + e.Object.ID + ":"
	for _, c := range e.Changes {
		text := func(v audit.Value) string { return strings.ReplaceAll(v.JSON(), `{"$audit":"redacted"}`, "redacted") }
		switch before, after := text(c.Old), text(c.New); {
		case strings.HasSuffix(c.Field, "_time") || c.Field == "liked_at":
			if e.Action == audit.ActionUpdate {
				line += " " + c.Field
			}
		case e.Action == audit.ActionUpdate:
			line += " " + c.Field + " " + before + "→" + after
		case e.Action == audit.ActionCreate && after != "null" && after != "redacted":
			line += " " + c.Field + " " + after
		case e.Action == audit.ActionDestroy && before != "null" && before != "redacted":
			line += " " + c.Field + " " + before
		}
	}
	return uuids.ReplaceAllString(line, "UUID")
}

// empty removes all rows of the tables, and begins the IDs anew.
func (w *world) empty(t *testing.T, tables []string) {
	t.Helper()
	if w.dialect == dialect.Postgres {
		_, err := w.db.ExecContext(t.Context(), "TRUNCATE "+strings.Join(tables, ", ")+" RESTART IDENTITY CASCADE")
		require.NoError(t, err)
		return
	}
	for left := slices.Clone(tables); len(left) > 0; {
		left = slices.DeleteFunc(left, func(table string) bool { // tables that others refer to come later
			_, err := w.db.ExecContext(t.Context(), "DELETE FROM "+table)
			return err == nil
		})
	}
	_, err := w.db.ExecContext(t.Context(), "DELETE FROM sqlite_sequence WHERE name NOT LIKE 'audit%'")
	require.NoError(t, err)
}

var serial = regexp.MustCompile(` \d+:`)

func TestDocumented(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		tables := slices.Collect(maps.Keys(w.dump(t, w.db)))
		for _, c := range slices.Concat(builderCases, edgeCases, hookCases, fieldCases, refusedCases) {
			t.Run(c.name, func(t *testing.T) {
				w.empty(t, tables)
				seen := len(w.entries(t))
				s := &scene{world: w, t: t, c: w.newClient()}
				require.NoError(t, auditent.Use(s.c, w.hook))
				c.do(s)
				var lines []string
				for i, e := range w.entries(t)[seen:] {
					line := brief(e)
					if i < len(c.want) && strings.Contains(c.want[i], " #:") { // an ID that a rollback moved on
						line = serial.ReplaceAllString(line, " #:")
					}
					lines = append(lines, line)
				}
				assert.Equal(t, c.want, lines)
			})
		}
	})
}

// TestDocumentedLines holds the names of the cases to the lines of the package
// documentation.
func TestDocumentedLines(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var lines, names []string
	for _, m := range regexp.MustCompile(`(?m)^//\t(\S.*?)  +\S`).FindAllStringSubmatch(string(text), -1) {
		lines = append(lines, m[1])
	}
	for _, c := range slices.Concat(builderCases, edgeCases, hookCases, fieldCases, refusedCases) {
		names = append(names, c.name)
	}
	assert.Equal(t, lines, names)
}
