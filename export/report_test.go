package export_test

import (
	"bytes"
	"encoding/csv"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/words"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	day := func(d int, clock time.Duration) time.Time {
		return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC).Add(clock)
	}
	for _, test := range []struct {
		filter audit.Filter
		zone   string
		want   string
	}{
		{audit.Filter{}, "UTC", "audit-logs_start_now.csv"},
		{audit.Filter{From: day(1, 0), Until: day(3, 0)}, "UTC", "audit-logs_2026-11-01_2026-11-02.csv"},
		{audit.Filter{From: day(1, 0), Until: day(3, 0)}, "Asia/Kolkata", "audit-logs_2026-11-01T053000_2026-11-03T052959.csv"},
		{audit.Filter{From: day(1, -5*time.Hour-30*time.Minute), NotAfter: audit.FirstID(day(2, 90*time.Minute))}, "Asia/Kolkata", "audit-logs_2026-11-01_2026-11-02T070000.csv"},
		{audit.Filter{Until: day(1, time.Second)}, "UTC", "audit-logs_start_2026-11-01T000000.csv"},
	} {
		got := export.Report{Filter: test.filter, Zone: zone(t, test.zone)}.FileName(export.CSV)
		assert.Equal(t, test.want, got)
		assert.Regexp(t, `^[a-zA-Z0-9._-]+$`, got)
	}
}

// TestChanges shows each kind of change in words that cannot be taken for
// another's.
func TestChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action audit.Action
		change audit.Change
		want   string
	}{
		{audit.ActionUpdate, audit.Change{Field: "a", Old: text("x"), New: text("y")}, "a: x -> y"},
		{audit.ActionUpdate, audit.Change{Field: "a", Old: value("null"), New: text("null")}, `a: null -> "null"`},
		{audit.ActionUpdate, audit.Change{Field: "a", Old: value("1"), New: text("1")}, `a: 1 -> "1"`},
		{audit.ActionUpdate, audit.Change{Field: "a", New: text("")}, `a: (absent) -> ""`},
		{audit.ActionUpdate, audit.Change{Field: "a", Old: text("(absent)"), New: text(" x")}, `a: "(absent)" -> " x"`},
		{audit.ActionUpdate, audit.Change{Field: "a", Old: text("x -> y; z"), New: text(`"q"`)}, `a: "x -> y; z" -> "\"q\""`},
		{audit.ActionUpdate, audit.Change{Field: "a", Old: text("x"), New: text("\uff08absent\uff09")}, "a: x -> \"\uff08absent\uff09\""},
		{audit.ActionUpdate, audit.Change{Field: "note", Old: value(`{"$audit":"shared"}`), New: value(`"x"`)}, "note: (not compared) -> x"},
		{audit.ActionUpdate, audit.Change{Field: "token", Old: value(`{"$audit":"redacted"}`), New: value(`{"$audit":"redacted"}`)}, "token: (redacted) -> (redacted)"},
		{audit.ActionUpdate, audit.Change{Field: "a", Old: value(`[1,"b"]`), New: value(`{"c":null}`)}, `a: [1,"b"] -> {"c":null}`},
		{audit.ActionUpdate, audit.Change{Field: "a", Old: value(`{"$audit":"cut","bytes":9000,"start":"abc"}`), New: value(`{"$audit":"cut","items":7}`)}, "a: abc… (cut: 9000 bytes) -> (cut: 7 items)"},
		{audit.ActionCreate, audit.Change{Field: "a", New: text("x\r\ny")}, `a: x\r\ny`},
		{audit.ActionDestroy, audit.Change{Field: "a", Old: value("true")}, "a: true"},
		{"publish", audit.Change{Field: "a", Old: value("1"), New: value("2")}, "a: 1 -> 2"},
	} {
		e := entry(0)
		e.Action, e.Changes = test.action, audit.Changes{test.change}
		rows, err := csv.NewReader(strings.NewReader(writeCSV(t, export.Report{NoBOM: true}, e))).ReadAll()
		require.NoError(t, err)
		assert.Equal(t, test.want, rows[1][4])
	}
	// An entry without changes shows only its comment.
	e := entry(0)
	e.Changes, e.Comment = nil, "wrong password"
	assert.Contains(t, writeCSV(t, export.Report{}, e), ",wrong password,")
}

func TestActors(t *testing.T) {
	t.Parallel()
	for want, actor := range map[string]audit.Actor{
		"a@acme.test":                          {Email: "a@acme.test", ID: "7"},
		"a@acme.test on behalf of b@acme.test": {Email: "a@acme.test", OnBehalfOf: "b@acme.test"},
		"system":                               {Kind: audit.ActorSystem},
		"unknown":                              {},
		"unknown on behalf of b@acme.test":     {Kind: audit.ActorUnknown, OnBehalfOf: "b@acme.test"},
		"billing job":                          audit.System("billing job"),
		"API key 7":                            {Kind: audit.ActorAPIKey, ID: "7"},
		"role app":                             {Kind: audit.ActorDatabaseRole, ID: "app"},
		"7":                                    {Kind: audit.ActorUser, ID: "7"},
	} {
		e := entry(0)
		e.Actor, e.IP = actor, netip.Addr{}
		assert.Contains(t, writeCSV(t, export.Report{}, e), ","+want+",\r\n")
	}
}

// Words, labels and actions are the host's.
func TestWords(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	_, err := export.CSV.Write(&out, all(entry(0)), export.Report{
		Labels: map[string]string{"api_key": "Schlüssel"},
		Words: &words.Catalogue{
			Actions: map[audit.Action]string{audit.ActionUpdate: "geändert"},
			File:    words.File{Columns: map[audit.Column]string{audit.ByObjectID: "Nummer"}},
		},
	})
	require.NoError(t, err)
	assert.Contains(t, out.String(), "Timestamp,Object Type,Nummer,Action")
	assert.Contains(t, out.String(), ",Schlüssel,42,geändert,")
}
