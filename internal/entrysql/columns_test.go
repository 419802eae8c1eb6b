package entrysql_test

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// fullEntry returns an entry that has every field, each with its own value.
func fullEntry(t testing.TB) audit.Entry {
	t.Helper()
	changes, err := audit.ParseChanges(`[{"field":"name","old":"a","new":"b"}]`)
	require.NoError(t, err)
	metadata, err := audit.ParseValue(`{"why":"asked"}`)
	require.NoError(t, err)
	id := audit.NewID()
	e := audit.Entry{
		Org: "acme", ID: id, OccurredAt: id.Time(), RecordedAt: id.Time().Add(time.Second),
		Action: "update", Object: audit.Object{Type: "api_key", ID: "7"}, Parent: audit.Object{Type: "account", ID: "8"},
		Actor: audit.Actor{Kind: audit.ActorUser, ID: "9", Email: "dana@acme.test", OnBehalfOf: "kim@acme.test"},
		IP:    netip.MustParseAddr("10.0.0.1"), RequestID: "r1", UserAgent: "curl", Source: audit.SourceApp, Comment: "why",
		Changes: changes, Metadata: metadata, Format: audit.Format,
	}
	for i := range reflect.TypeFor[audit.Entry]().NumField() {
		if f := reflect.TypeFor[audit.Entry]().Field(i); f.IsExported() && f.Name != "Unreadable" {
			require.False(t, reflect.ValueOf(e).Field(i).IsZero(), "give %s a value here", f.Name)
		}
	}
	return e
}

// cells are what a driver gives for an entry's row.
func cells(e *audit.Entry) map[string]any {
	row := map[string]any{"recorded_at": e.RecordedAt.UnixMicro()}
	for i, value := range entrysql.SQLiteValues(e, 0) {
		row[entrysql.Columns[i]] = value
	}
	return row
}

// A row holds the whole entry.
func TestEveryFieldComesBackFromItsColumn(t *testing.T) {
	t.Parallel()
	e := fullEntry(t)
	assert.Equal(t, e, read(t, cells(&e)))
	e.Metadata, e.IP, e.Actor = audit.Value{}, netip.Addr{}, audit.Actor{}
	assert.Equal(t, e, read(t, cells(&e)), "with what may be absent")
	assert.Nil(t, cells(&e)["metadata"])
}

// notInJSON are the columns that an entry's JSON leaves out: the reader's own
// organization, and what other columns are sorted by.
var notInJSON = []string{"org_id", "object_sort", "ip_key", "changed_fields"}

// An entry's JSON has the names of the columns.
func TestColumnsAndJSONHaveTheSameNames(t *testing.T) {
	t.Parallel()
	e := fullEntry(t)
	text, err := json.Marshal(e)
	require.NoError(t, err)
	var object map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &object))
	names := slices.Clone(notInJSON)
	for name := range object {
		names = append(names, name)
	}
	assert.ElementsMatch(t, strings.Split(strings.ReplaceAll(entrysql.ReadColumns, "e.", ""), ", "), names)
}

func BenchmarkRowOf(b *testing.B) {
	e := fullEntry(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = entrysql.RowOf(&e)
	}
}

func BenchmarkReader(b *testing.B) {
	e := fullEntry(b)
	row := cells(&e)
	var reader entrysql.Reader
	for i, name := range strings.Split(strings.ReplaceAll(entrysql.ReadColumns, "e.", ""), ", ") {
		require.NoError(b, reader.Cells[i].Scan(row[name]))
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = reader.Entry()
	}
}
