package httpui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// facts are the terms of an entry's page with what they say.
func (r response) facts() map[string]string {
	facts := map[string]string{}
	for _, part := range strings.Split(r.body, "<dt>")[1:] {
		term, rest, _ := strings.Cut(part, "</dt>")
		fact, _, _ := strings.Cut(rest, "</dd>")
		facts[term] = text(fact)
	}
	return facts
}

func TestEntryShowsEverything(t *testing.T) {
	t.Parallel()
	e := fixture.Entry(fixture.Now.Add(-time.Minute), 1)
	e.Object, e.Parent = audit.Object{Type: "api_key", ID: "k/7"}, audit.Object{Type: "end_user", ID: "9"}
	e.Actor = audit.Actor{Kind: audit.ActorAPIKey, ID: "a1", Email: "dana@acme.test", OnBehalfOf: "kim@acme.test"}
	e.RequestID, e.UserAgent, e.Source = "r 1", "curl/8 <b>", audit.SourceImport
	e.Comment, e.Metadata = "first line\nsecond", fixture.Change("", "", `{"ticket":12}`).New
	e.Changes = audit.Changes{
		fixture.Change("name", `"a"`, `"b"`), fixture.Change("token", `{"$audit":"redacted"}`, `{"$audit":"redacted"}`),
		fixture.Change("long", `""`, `"`+strings.Repeat("x", 5000)+`"`), fixture.Change("list", `[1]`, `{"a":[2]}`),
		fixture.Change("huge", `null`, `"`+strings.Repeat("y", 30_000)+`"`),
	}
	ui := newUI(t, httpui.Options{
		Objects: httpui.Objects{RecordURL: func(_ context.Context, objects []audit.Object) map[audit.Object]string {
			return map[audit.Object]string{{Type: "api_key", ID: "k/7"}: "/keys/7", {Type: "end_user", ID: "9"}: "javascript:x"}
		}},
	}, e)
	page := get(t, ui, "/entries/"+e.ID.String()+"?tz=Europe/Berlin")
	require.Equal(t, http.StatusOK, page.status)
	facts := page.facts()
	assert.Regexp(t, `^\d{4}-\d\d-\d\d .* CES?T .* UTC$`, facts["Recorded at"], "the store's own clock")
	delete(facts, "Recorded at")
	assert.Equal(t, map[string]string{
		"Timestamp":    "2026-11-22 23:40:08.000000 CET 2026-11-22 22:40:08.000000 UTC",
		"Object Type":  "API Key api_key Only Exclude",
		"ID":           "k/7 Open the record",
		"Belongs to":   "End User 9",
		"Action":       "~ update Only Exclude",
		"Performed by": "dana@acme.test Only Exclude", "Kind of actor": "API key", "Actor ID": "a1", "On behalf of": "kim@acme.test",
		"IP address": "203.0.113.24 Only Exclude", "Request ID": "r 1 All entries of this request", "User agent": "curl/8 <b>", "Source": "import",
		"Comment": "first line second", "Metadata": `{ "ticket": 12 }`,
	}, facts)
	assert.Contains(t, page.body, "<title>Entry · Audit Logs</title>")
	assert.Equal(t, 1, strings.Count(page.body, "<h1>"))
	assert.Contains(t, page.body, strings.Repeat("x", 5000), "in full")
	assert.Contains(t, page.body, strings.Repeat("y", 20_000)+"… <i>10,000 more characters</i>")
	assert.Contains(t, page.body, `token <i>(changed)</i>`)
	assert.Contains(t, page.body, `<del><i>empty</i></del>`)
	assert.Contains(t, page.body, `<del>[
  1
]</del>`)
	assert.NotContains(t, page.body, "javascript:")

	raw := page.click("The JSON on its own")
	assert.Equal(t, "application/json", raw.header.Get("Content-Type"))
	var again audit.Entry
	require.NoError(t, json.Unmarshal([]byte(raw.body), &again))
	e.Org, e.RecordedAt = "", again.RecordedAt
	assert.True(t, e.Changes[4].New == again.Changes[4].New && len(e.Changes[4].New.JSON()) > 30_000)
	e.Changes, again.Changes = nil, nil
	assert.Equal(t, e, again, "whole, beyond what the page shows")

	request := page.click("All entries of this request")
	assert.Equal(t, urlQuery("range", "all", "request", "r 1", "tz", "Europe/Berlin"), request.query().Encode())
	assert.Equal(t, []string{e.ID.String()}, request.ids())
	assert.Contains(t, page.click("k/7").body, "History of API Key k/7")
}

// TestLongTextsThatBeginAlike are shown from where they differ.
func TestLongTextsThatBeginAlike(t *testing.T) {
	t.Parallel()
	e := fixture.Entry(fixture.Now.Add(-time.Minute), 1)
	begin := strings.Repeat("ж", 30_000)
	e.Changes = audit.Changes{fixture.Change("note", jsonText(begin+"old"), jsonText(begin+"new"))}
	page := get(t, newUI(t, httpui.Options{}, e), "/entries/"+e.ID.String())
	around := "… " + strings.Repeat("ж", 50)
	assert.Contains(t, page.body, "<del>"+around+"old</del>")
	assert.Contains(t, page.body, "<ins>"+around+"new</ins>")
}

func TestEntryOfLittle(t *testing.T) {
	t.Parallel()
	e := fixture.Entry(fixture.Now.Add(-time.Minute), 1)
	e.Object.ID, e.Actor, e.IP = "", audit.Actor{}, netip.Addr{}
	page := get(t, newUI(t, httpui.Options{}, e), "/entries/"+e.ID.String())
	require.Equal(t, http.StatusOK, page.status)
	facts := page.facts()
	assert.Equal(t, "none recorded", facts["ID"])
	assert.Equal(t, "none", facts["IP address"])
	assert.Equal(t, "unknown Only Exclude", facts["Performed by"])
	assert.Contains(t, page.body, "<p><i>no fields</i></p>")
	assert.Equal(t, []string{e.ID.String()}, page.click("Only User: no email").ids())
}

// TestNoEntryIsAlwaysTheSame, whether it is another organization's, nobody's,
// or no ID at all.
func TestNoEntryIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	foreign := fixture.Entry(fixture.Now.Add(-time.Hour), 7)
	foreign.Org, foreign.Object.ID = "globex", "foreign"
	own := fixture.Entry(fixture.Now.Add(-time.Hour), 8)
	ui := newUI(t, httpui.Options{}, foreign, own)
	missing := fixture.Entry(fixture.Now.Add(-time.Hour), 9).ID.String()
	for _, suffix := range []string{"", ".json"} {
		want := once(t, ui, http.MethodGet, "/entries/"+missing+suffix)
		require.Equal(t, http.StatusNotFound, want.status)
		assert.Contains(t, want.body, "There is no such entry.")
		for _, name := range []string{foreign.ID.String(), "x", strings.ToUpper(own.ID.String()), "%00", "019aad1b-6b78-407b-8000-000000000001"} {
			got := once(t, ui, http.MethodGet, "/entries/"+name+suffix)
			assert.Equal(t, http.StatusNotFound, got.status, name)
			assert.Equal(t, want.body, got.body, name)
		}
	}
	history := "/objects/invoice/10482"
	want := once(t, ui, http.MethodGet, "/objects/invoice/nobody")
	require.Equal(t, http.StatusNotFound, want.status)
	for _, target := range []string{"/objects/invoice/foreign", "/objects/x/10482", "/objects/invoice/%00", "/objects/invoice/%ff", "/objects/invoice/~", "/objects/invoice/" + strings.Repeat("x", 300)} {
		got := once(t, ui, http.MethodGet, target)
		assert.Equal(t, http.StatusNotFound, got.status, target)
		assert.Equal(t, want.body, got.body, target)
	}
	for _, name := range []string{foreign.ID.String(), missing, "x"} {
		for _, query := range []string{"?at=" + name, "?a=" + name + "&b=" + own.ID.String(), "?b=" + name + "&a=" + own.ID.String(), "?a=" + name} {
			got := once(t, ui, http.MethodGet, history+query)
			assert.Equal(t, http.StatusNotFound, got.status, query)
			assert.Equal(t, want.body, got.body, query)
		}
	}
	assert.Equal(t, http.StatusOK, once(t, ui, http.MethodGet, history+"?at="+own.ID.String()).status)
}

// TestEntrySteps walks through a list entry by entry, in its filter and order,
// and comes back to the page it left.
func TestEntrySteps(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Many(120, fixture.Now.Add(-time.Second))...)
	for _, query := range []string{"", "action=create&sort=id&dir=desc", "sort=performed_by&per_page=25&tz=Asia/Kolkata", "user=&range=1h"} {
		list := get(t, ui, "/?"+query)
		want := walk(list, "Next")
		entry := list.follow(firstLink(list.rows()[0].cells[0]))
		var got []string
		for {
			id := entry.url.Path[len("/entries/"):]
			got = append(got, id)
			next, ok := entry.link("Next →")
			if len(got) > 1 {
				previous := entry.click("← Previous")
				assert.Equal(t, got[len(got)-2], previous.url.Path[len("/entries/"):])
			}
			if !ok {
				break
			}
			entry = entry.follow(next)
		}
		assert.Equal(t, want, got, query)
		assert.Equal(t, list.query(), entry.query(), "the query stays")
		assert.Equal(t, list.ids(), entry.click("Back to the list").ids())
	}
	second := get(t, ui, "/?per_page=25").click("Next")
	back := second.follow(firstLink(second.rows()[3].cells[0])).click("Back to the list")
	assert.Equal(t, second.query(), back.query())
	assert.Equal(t, second.ids(), back.ids())

	wrong := get(t, ui, "/entries/"+second.ids()[0]+"?ip=x")
	assert.Equal(t, http.StatusBadRequest, wrong.status)
	assert.Contains(t, wrong.body, "IP address: “x”: not an IP address or range.")
	assert.Equal(t, http.StatusBadRequest, get(t, ui, "/entries/"+second.ids()[0]+"?ip=%zz").status)
}

func firstLink(fragment string) string {
	m := linkPattern.FindStringSubmatch(fragment)
	return attributes(m[1])["href"]
}

func TestOnlyAndExclude(t *testing.T) {
	t.Parallel()
	entries := fixture.Showcase()
	ui := newUI(t, httpui.Options{}, entries...)
	for name, want := range map[string]struct{ link, query string }{
		"only adds":                {"Only IP address: 203.0.113.24", "ip=203.0.113.24"},
		"only replaces":            {"Only Action: update", "action=update"},
		"only drops the exclusion": {"Only User: dana@acme.test", "user=dana%40acme.test"},
		"exclude adds":             {"Exclude IP address: 203.0.113.24", "not_ip=203.0.113.24"},
		"exclude drops the value":  {"Exclude Action: update", "action=create&not_action=update"},
		"exclude stays once":       {"Exclude User: dana@acme.test", "not_user=dana%40acme.test&not_user=x"},
		"by type":                  {"Exclude Object Type: Invoice", "not_object_type=invoice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := map[string]string{
				"only replaces": "action=create&action=destroy", "only drops the exclusion": "not_user=dana%40acme.test",
				"exclude drops the value": "action=update&action=create", "exclude stays once": "not_user=dana%40acme.test&not_user=x",
			}[name]
			page := get(t, ui, "/entries/"+entries[0].ID.String()+"?page=1&sort=id&"+base)
			after := page.click(want.link)
			wanted, err := url.ParseQuery(want.query + "&sort=id")
			require.NoError(t, err)
			assert.Equal(t, wanted, after.query())
			assert.Equal(t, http.StatusOK, after.status)
		})
	}
}

func TestLinksOfTheTable(t *testing.T) {
	t.Parallel()
	entries := fixture.Showcase()
	entries[0].Object.ID = ""
	page := get(t, newUI(t, httpui.Options{}, entries...), "/?tz=Asia/Kolkata&action=update")
	rows := page.rows()
	assert.Equal(t, fmt.Sprintf("entries/%s?action=update&tz=Asia%%2FKolkata", entries[0].ID), firstLink(rows[0].cells[0]))
	assert.Empty(t, text(rows[0].cells[2]), "no ID, no history")
	assert.NotContains(t, rows[0].cells[2], "<a ")
	assert.Equal(t, "objects/project/77?tz=Asia%2FKolkata", firstLink(rows[1].cells[2]))
}
