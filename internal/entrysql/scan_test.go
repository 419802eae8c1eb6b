package entrysql_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// read reads a row whose columns have these values and are empty otherwise.
func read(t *testing.T, values map[string]any) audit.Entry {
	t.Helper()
	columns := strings.Split(entrysql.ReadColumns, ", ")
	e, err := new(entrysql.Reader).Scan(func(dest ...any) error {
		require.Len(t, dest, len(columns))
		for i, column := range columns {
			value, given := values[strings.TrimPrefix(column, "e.")]
			if !given {
				value = ""
			}
			if err := dest[i].(sql.Scanner).Scan(value); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	return e
}

// readable is a row of only what each has.
func readable(id audit.ID) map[string]any {
	return map[string]any{
		"org_id": "acme", "id": id.String(), "occurred_at": id.Time(), "recorded_at": id.Time(),
		"changes": "[]", "metadata": nil, "format": int64(1), "object_sort": "t",
	}
}

func TestReadersOfAllDrivers(t *testing.T) {
	t.Parallel()
	id := audit.NewID()
	want := audit.Entry{Org: "acme", ID: id, OccurredAt: id.Time(), RecordedAt: id.Time(), Format: 1}
	assert.Equal(t, want, read(t, readable(id)))
	for name, values := range map[string]map[string]any{
		"another zone": {"occurred_at": id.Time().In(time.FixedZone("", 7200)), "recorded_at": id.Time().In(time.FixedZone("", -3600))},
		"SQLite":       {"id": id[:], "occurred_at": id.Time().UnixMicro(), "recorded_at": id.Time().UnixMicro()},
		"bytes":        {"id": []byte(id.String()), "org_id": []byte("acme"), "changes": []byte("[]"), "object_sort": []byte("t")},
		"no changes":   {"changes": " [ ] "},
	} {
		row := readable(id)
		maps.Copy(row, values)
		assert.Equal(t, want, read(t, row), name)
	}
	gone := errors.New("gone")
	_, err := new(entrysql.Reader).Scan(func(...any) error { return gone })
	require.ErrorIs(t, err, gone)
}

// Whatever stands in a column, the entry is there and says what is wrong.
func TestNoRowIsAnError(t *testing.T) {
	t.Parallel()
	id := audit.NewID()
	values := []any{
		nil, "", " ", "x", "7", "999.1.1.1", "garbage", "{", "[", "null", "infinity", `"text"`, "[{}]", "[null]", `[{"field":5}]`, `[{"field":"a","new":1},7]`,
		`{"a":1}`, strings.Repeat("[", 9001) + strings.Repeat("]", 9001), strings.Repeat("[", 20_000), `[{"field":"n","new":1e400},{"field":"n","new":1e999999999}]`,
		"a\x00b", "\xff\xfe", []byte("\xff"), []byte(nil), int64(0), int64(-1), int64(99), int64(math.MaxInt64), int64(math.MinInt64), 1.5, math.NaN(), math.Inf(1), true,
		time.Time{},
		time.Unix(1<<40, 0), time.Unix(-1<<40, 0), id.Time().Add(time.Microsecond), strings.Repeat("long ", 100_000),
	}
	for _, column := range strings.Split(strings.ReplaceAll(entrysql.ReadColumns, "e.", ""), ", ") {
		for _, value := range values {
			row := readable(id)
			row[column] = value
			e := read(t, row)
			what := fmt.Sprintf("%s: %.40v", column, value)
			if column != "id" {
				assert.Equal(t, id, e.ID, what)
			}
			assert.Equal(t, e.ID.Time(), e.OccurredAt, what)
			assert.Less(t, len(e.Unreadable), 1000, what)
			assert.True(t, utf8.ValidString(e.Unreadable), what)
			if e.Unreadable != "" {
				assert.Contains(t, e.Unreadable, column+" ", what)
			}
			text, err := json.Marshal(e)
			require.NoError(t, err, what)
			var again audit.Entry
			if column != "id" {
				require.NoError(t, json.Unmarshal(text, &again), what)
				assert.Equal(t, e.Unreadable, again.Unreadable, what)
			}
		}
	}
	for column, value := range map[string]any{
		"id": "x", "occurred_at": "infinity", "recorded_at": "infinity", "ip": "garbage", "changes": "7", "metadata": "7", "format": int64(99), "action": "a\x00b", "comment": nil,
	} {
		row := readable(id)
		row[column] = value
		assert.Contains(t, read(t, row).Unreadable, column+" ")
	}
	row := readable(id)
	row["changes"] = `[{"field":5},{"field":"a","new":1},7]`
	e := read(t, row)
	assert.Equal(t, []string{"a"}, e.Changes.Fields(), "what can be read of it")
	assert.Contains(t, e.Unreadable, "changes is ")
}

// What filters and orders go by must be what the library would have written.
func TestColumnsThatDisagreeAreMarked(t *testing.T) {
	t.Parallel()
	row := readable(audit.NewID())
	maps.Copy(row, map[string]any{
		"object_id": "5", "object_sort": "n0015", "ip": "10.0.0.1", "ip_key": "40a000001",
		"changes": `[{"field":"a","new":1},{"field":"b","old":1}]`, "changed_fields": "a,b", "actor_email": "dana@acme.test",
	})
	require.Empty(t, read(t, row).Unreadable)
	for column, values := range map[string][]any{
		"object_id": {"6", "", "05", strings.Repeat("5", 256)}, "object_sort": {"", "t5", "n0016", nil, int64(5)}, "ip": {"", "10.0.0.2", "::1"}, "ip_key": {"", "40a000002", nil},
		"changes": {"[]", `[{"field":"a","new":1}]`, `[{"field":"b"},{"field":"a"}]`, `[{"field":"a","new":1},{"field":"b","old":1,"note":""}]`}, "changed_fields": {"", "a", "b,a", "a,b,", nil},
		"occurred_at": {time.Time{}, int64(0)}, "format": {int64(0), int64(2)}, "actor_email": {strings.Repeat("d", 321)}, "action": {strings.Repeat("a", 65)},
	} {
		for _, value := range values {
			changed := maps.Clone(row)
			changed[column] = value
			assert.NotEmpty(t, read(t, changed).Unreadable, "%s: %v", column, value)
		}
	}
	for changes, want := range map[string]string{
		`[5]`: `changes is "[5]", not a list of changes: change 1 is "5", not an object`, `7`: `changes is "7", not a list of changes: not a list`,
		`[{"field":"a"},{"field":7}]`: `change 2 has no text under "field"`, `[{"Field":"a"}]`: `change 1 has no text under "field"`,
		`[{"field":"a","why":1}]`: `change 1 has the key "why" besides "field", "old" and "new"`, `{`: "not JSON: unexpected end",
	} {
		changed := maps.Clone(row)
		changed["changes"] = changes
		assert.Contains(t, read(t, changed).Unreadable, want)
	}
}

// A row may be sorted by other texts than those that the library makes.
func TestSortKeysAreTheRows(t *testing.T) {
	t.Parallel()
	row := readable(audit.NewID())
	for column, value := range map[string]any{
		"object_type": "t", "object_id": "5", "object_sort": "x", "action": "a\x00", "changes": `[{"field":"a","new":1}]`, "changed_fields": "", "actor_email": "e", "ip": "10.0.0.1", "ip_key": "4",
	} {
		row[column] = value
	}
	e := read(t, row)
	for by, want := range map[audit.Column]string{
		audit.ByObjectType: "t", audit.ByObjectID: "x", audit.ByAction: "a\x00", audit.ByChanges: "", audit.ByActorEmail: "e", audit.ByIPAddress: "4", audit.ByTimestamp: "",
	} {
		assert.Equal(t, want, e.SortKey(by), by)
		c := audit.CursorAt(e, audit.Sort{By: by, Dir: audit.Ascending})
		again, err := audit.ParseCursor(c.String())
		require.NoError(t, err)
		assert.Equal(t, c, again)
	}
}

func TestCheckTaken(t *testing.T) {
	t.Parallel()
	one := audit.Entry{Org: "acme", ID: audit.NewID(), Comment: "one"}
	stored := one
	stored.RecordedAt = time.Now()
	require.NoError(t, entrysql.CheckTaken([]audit.Entry{one, one}, []audit.Entry{stored}))

	other := one
	other.Comment = "other"
	err := entrysql.CheckTaken([]audit.Entry{one, other}, []audit.Entry{stored})
	require.ErrorIs(t, err, audit.ErrConflict)
	require.ErrorContains(t, err, one.ID.String())

	stored.Unreadable = "changes is 7"
	require.ErrorIs(t, entrysql.CheckTaken([]audit.Entry{one}, []audit.Entry{stored}), audit.ErrConflict, "of which only a part could be read")
	stored.Unreadable = ""

	foreign := one
	foreign.Org = "other"
	err = entrysql.CheckTaken([]audit.Entry{foreign}, []audit.Entry{stored})
	require.ErrorContains(t, err, "neither inserted nor can it be read")
	require.NotErrorIs(t, err, audit.ErrConflict)
}
