package httpui_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// answer is what a script reads of entries.json.
type answer struct {
	Entries    []audit.Entry
	Next, Prev *string
	AsOf       string
	Count      struct {
		N    int
		More bool
	}
	Errors []struct{ Field, Value, Problem, Remedy string }
}

func getJSON(t *testing.T, ui http.Handler, target string) (int, answer) {
	t.Helper()
	r := once(t, ui, http.MethodGet, target)
	assert.Equal(t, "application/json", r.header.Get("Content-Type"))
	assert.Equal(t, "no-store", r.header.Get("Cache-Control"))
	var a answer
	require.NoError(t, json.Unmarshal([]byte(r.body), &a), r.body)
	return r.status, a
}

func (a answer) ids() []string {
	ids := []string{}
	for _, e := range a.Entries {
		ids = append(ids, e.ID.String())
	}
	return ids
}

func TestEntriesJSON(t *testing.T) {
	t.Parallel()
	e := fixture.Showcase()[0]
	ui := newUI(t, httpui.Options{}, e)
	page := once(t, ui, http.MethodGet, "/entries.json?asof="+e.ID.String())
	assert.Regexp(t, `"recorded_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"`, page.body)
	page.body = regexp.MustCompile(`"recorded_at":"[^"]*"`).ReplaceAllString(page.body, `"recorded_at":null`)
	assert.Equal(t, `{"entries":[{"id":"`+e.ID.String()+`","occurred_at":"2026-11-22T22:41:07.000000Z","recorded_at":null,"action":"update",`+
		`"object_type":"invoice","object_id":"10482","parent_type":"","parent_id":"","actor_kind":"user","actor_id":"","actor_email":"dana@acme.test","on_behalf_of":"",`+
		`"ip":"203.0.113.24","request_id":"","user_agent":"","source":"app","comment":"","changes":[{"field":"status","new":"sent","old":"draft"},`+
		`{"field":"total","new":"1,450.00","old":"1,200.00"},{"field":"due_on","new":"2026-12-01","old":null},{"field":"note","new":"by courier","old":""},{"field":"reference","new":"PO 7"}],`+
		`"metadata":null,"format":1}],"next":null,"prev":null,"asof":"`+e.ID.String()+`","count":{"n":1,"more":false}}`+"\n", page.body)
	empty := once(t, ui, http.MethodGet, "/entries.json?range=yesterday")
	assert.Contains(t, empty.body, `{"entries":[],"next":null,"prev":null,"asof":"`)
}

// TestEntriesJSONIsTheList: the same parameters give the same entries.
func TestEntriesJSONIsTheList(t *testing.T) {
	t.Parallel()
	entries := append(fixture.Showcase(), fixture.Many(120, fixture.Now.AddDate(0, 0, -2))...)
	ui := newUI(t, httpui.Options{}, entries...)
	for _, query := range []string{
		"", "range=today", "action=create&per_page=25", "sort=changes&dir=desc", "user=&per_page=100", "ip=203.0.113.0/24&page=2",
		"not_user=&sort=ip_address&before=end&per_page=25", "from=2026-11-22T20:15:10&to=2026-11-22T21:30:44&tz=Europe/Berlin", "record_id=311", "page=2&per_page=25",
	} {
		status, a := getJSON(t, ui, "/entries.json?"+query)
		require.Equal(t, http.StatusOK, status)
		assert.Equal(t, once(t, ui, http.MethodGet, "/?"+query).ids(), a.ids(), query)
	}
	status, far := getJSON(t, ui, "/entries.json?page=150")
	assert.Equal(t, http.StatusOK, status)
	assert.Empty(t, far.Entries)
}

// TestEntriesJSONWalk reads everything forth and back while entries arrive.
func TestEntriesJSONWalk(t *testing.T) {
	t.Parallel()
	now := fixture.Now
	ui := newUI(t, httpui.Options{Now: func() time.Time { return now }}, fixture.Many(95, fixture.Now)...)
	_, a := getJSON(t, ui, "/entries.json?per_page=10&range=all")
	assert.Equal(t, 95, a.Count.N)
	assert.Nil(t, a.Prev)
	all, last := a.ids(), a
	for n := 1; a.Next != nil; n++ {
		now = now.Add(time.Minute)
		require.NoError(t, ui.store.InsertDetached(t.Context(), []audit.Entry{fixture.Entry(now.Add(-time.Second), n)}))
		_, a = getJSON(t, ui, "/entries.json?"+urlQuery("per_page", "10", "range", "all", "after", *a.Next, "asof", a.AsOf))
		all, last = append(all, a.ids()...), a
	}
	assert.Len(t, all, 95)
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	assert.Len(t, slices.Compact(sorted), 95)
	back := last.ids()
	for last.Prev != nil {
		_, last = getJSON(t, ui, "/entries.json?"+urlQuery("per_page", "10", "range", "all", "before", *last.Prev, "asof", last.AsOf))
		back = append(last.ids(), back...)
	}
	assert.Equal(t, all, back)
}

func TestEntriesJSONRefuses(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	for query, fields := range map[string][]string{
		"ip=x": {"ip"}, "from=x&ip=y&sort=z&per_page=0": {"from", "ip", "sort", "per_page"}, "per_page=201": {"per_page"}, "per_page=1.5": {"per_page"},
		"per_page=1&per_page=2": {"per_page"}, "page=0": {"page"}, "page=10000&per_page=200": {"page"}, "after=x": {"after"}, "before=x": {"before"},
		"page=1&before=end": {"page"}, "dir=up": {"dir"}, "asof=1": {"asof"}, "from=2026-01-02T00:00&to=2026-01-01T00:00": {"from"}, "%zz": {""},
	} {
		status, a := getJSON(t, ui, "/entries.json?"+query)
		assert.Equal(t, http.StatusBadRequest, status, query)
		got := []string{}
		for _, e := range a.Errors {
			got = append(got, e.Field)
			assert.NotEmpty(t, e.Problem)
		}
		assert.ElementsMatch(t, fields, got, query)
	}
	_, a := getJSON(t, ui, "/entries.json?ip=300.1.1.1")
	assert.Equal(t, []struct{ Field, Value, Problem, Remedy string }{{
		"ip", "300.1.1.1", "not an IP address or range", "write an address such as 203.0.113.24 or 2001:db8::42, or a range such as 203.0.113.0/24",
	}}, a.Errors)
	assert.Empty(t, ui.errs)
}

func TestEntriesJSONOfOthers(t *testing.T) {
	t.Parallel()
	foreign := fixture.Entry(fixture.Now.Add(-time.Minute), 1)
	foreign.Org = "globex"
	ui := newUI(t, httpui.Options{}, foreign)
	_, a := getJSON(t, ui, "/entries.json?range=all&org=globex")
	assert.Empty(t, a.Entries)
	assert.Zero(t, a.Count.N)

	none := newUI(t, httpui.Options{Org: func(*http.Request) string { return "" }})
	status, a := getJSON(t, none, "/entries.json")
	assert.Equal(t, http.StatusForbidden, status)
	assert.NotEmpty(t, a.Errors[0].Problem)

	trail, err := audit.New(failing{audittest.NewStore(), errors.New("secret")}, audit.Config{Org: fixture.Org})
	require.NoError(t, err)
	broken, err := httpui.New(trail, httpui.Options{Authorize: everybody, OnError: func(*http.Request, error) {}})
	require.NoError(t, err)
	r := once(t, broken, http.MethodGet, "/entries.json")
	assert.Equal(t, http.StatusInternalServerError, r.status)
	assert.Equal(t, `{"errors":[{"problem":"Something went wrong on our side. It has been reported."}]}`+"\n", r.body)
}
