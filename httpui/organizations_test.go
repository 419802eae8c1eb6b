package httpui_test

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// tenants is a log of many organizations whose every value names its own.
type tenants struct {
	*rand.Rand
	orgs    []string
	entries map[string][]audit.Entry // by organization
	owner   map[audit.ID]string
}

// token is in every value of an organization's entries.
func token(n int) string { return fmt.Sprintf("tenant%02dq", n) }

var (
	tokenPattern = regexp.MustCompile(`tenant\d\dq`)
	uuidPattern  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
)

func newTenants(seed uint64, orgs, entries int) *tenants {
	all := &tenants{Rand: rand.New(rand.NewPCG(seed, 0)), entries: map[string][]audit.Entry{}, owner: map[audit.ID]string{}}
	for n := range orgs {
		org := token(n)
		all.orgs = append(all.orgs, org)
		for i := range entries {
			// The same instants in all of them, and a few of the same objects.
			e := fixture.Entry(fixture.Now.Add(-time.Duration(1+all.IntN(3000))*time.Minute), n*1000+i)
			e.Org = org
			e.Action = []audit.Action{audit.ActionCreate, audit.ActionUpdate, audit.ActionDestroy, audit.Action("act_" + org)}[all.IntN(4)]
			e.Object = audit.Object{Type: []string{"invoice", "type_" + org}[all.IntN(2)], ID: []string{"10482", fmt.Sprintf("%s-%d", org, all.IntN(4))}[all.IntN(2)]}
			e.Actor.Email = []string{org + "@example.test", "ann." + org + "@example.test", ""}[all.IntN(3)]
			e.Actor.OnBehalfOf = "boss." + org + "@example.test"
			e.Actor.ID, e.RequestID, e.UserAgent, e.Comment = "id-"+org, "req-"+org, "agent "+org, "because "+org
			e.IP = netip.AddrFrom4([4]byte{10, 0, byte(n), byte(all.IntN(3))})
			e.Changes = audit.Changes{fixture.Change("field_"+org, `"old `+org+`"`, `{"deep":["`+org+`"]}`), fixture.Change("status", `"draft"`, `"sent"`)}
			all.entries[org] = append(all.entries[org], e)
			all.owner[e.ID] = org
		}
	}
	return all
}

func oneOf[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

// someEntry returns an entry, more often than not of another organization.
func (all *tenants) someEntry(org string) audit.Entry {
	if all.IntN(3) > 0 {
		org = oneOf(all.Rand, all.orgs...)
	}
	return oneOf(all.Rand, all.entries[org]...)
}

// filter returns random parameters, of anybody's values.
func (all *tenants) filter(org string) url.Values {
	v := url.Values{"range": {"all"}}
	maybe := func(name string, value func(audit.Entry) string) {
		if all.IntN(8) == 0 {
			v.Add(name, value(all.someEntry(org)))
		}
	}
	for _, not := range []string{"", "not_"} {
		maybe(not+"action", func(e audit.Entry) string { return string(e.Action) })
		maybe(not+"object_type", func(e audit.Entry) string { return e.Object.Type })
		maybe(not+"user", func(e audit.Entry) string { return e.Actor.Email })
		maybe(not+"ip", func(e audit.Entry) string { return oneOf(all.Rand, e.IP.String(), "10.0.0.0/8", "10.0.0.0/23") })
	}
	maybe("record_id", func(e audit.Entry) string { return e.Object.ID })
	maybe("request", func(e audit.Entry) string { return e.RequestID })
	maybe("asof", func(e audit.Entry) string { return e.ID.String() })
	maybe("org", func(e audit.Entry) string { return e.Org })
	maybe("org_id", func(e audit.Entry) string { return e.Org })
	if all.IntN(2) == 0 {
		v.Set("sort", oneOf(all.Rand, "timestamp", "object_type", "id", "action", "changes", "performed_by", "ip_address"))
		v.Set("dir", oneOf(all.Rand, "asc", "desc"))
	}
	if all.IntN(4) == 0 {
		sort, err := audit.Sort{By: audit.Column(v.Get("sort")), Dir: audit.Direction(v.Get("dir"))}.Resolve()
		if err == nil {
			v.Set(oneOf(all.Rand, "after", "before"), audit.CursorAt(all.someEntry(org), sort).String())
		}
	}
	return v
}

// target returns a random address.
func (all *tenants) target(org string) string {
	v, e := all.filter(org), all.someEntry(org)
	switch all.IntN(12) {
	case 0:
		return "/entries/" + e.ID.String() + "?" + v.Encode()
	case 1:
		return "/entries/" + e.ID.String() + ".json"
	case 2, 3:
		q := url.Values{}
		for _, name := range []string{"at", "a", "b"} {
			if all.IntN(2) == 0 {
				q.Set(name, all.someEntry(org).ID.String())
			}
		}
		return "/objects/" + e.Object.Type + "/" + e.Object.ID + "?" + q.Encode()
	case 4:
		return "/export.csv?" + v.Encode()
	case 5:
		return "/export.jsonl?" + v.Encode()
	case 6:
		return "/export.xlsx?" + v.Encode()
	case 7:
		v.Set("draft", "add=user&add=action&add=object_type&find_user="+url.QueryEscape(e.Actor.Email))
		return "/?" + v.Encode()
	case 8:
		return "/?" + v.Encode()
	case 9:
		return "/exports/0123456789abcdef0123456789abcdef"
	default:
		v.Set("per_page", oneOf(all.Rand, "25", "50", "100", "200"))
		return "/entries.json?" + v.Encode()
	}
}

// requireOwn finds nothing of another organization in an answer, except what
// the request itself said.
func (all *tenants) requireOwn(t *testing.T, org, target, answer string) {
	t.Helper()
	asked := target
	for range 2 { // a draft holds its own parameters
		if plain, err := url.QueryUnescape(asked); err == nil {
			asked = plain
		}
	}
	// What was asked for comes back in the form; nothing that hangs together
	// with it may. So whole values are taken out, not their tokens.
	for word := range strings.FieldsFuncSeq(asked, func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
		if tokenPattern.MatchString(word) || uuidPattern.MatchString(word) {
			answer = strings.NewReplacer(word, "", url.QueryEscape(word), "", url.PathEscape(word), "", html.EscapeString(word), "").Replace(answer)
		}
	}
	for _, found := range tokenPattern.FindAllString(answer, -1) {
		if found == org {
			continue
		}
		place := strings.Index(answer, found)
		require.Fail(t, "another organization's", "%s asked %s and got %q", org, target, answer[max(0, place-200):min(len(answer), place+100)])
	}
	for _, found := range uuidPattern.FindAllString(answer, -1) {
		id, err := audit.ParseID(found)
		if err == nil && all.owner[id] != "" && all.owner[id] != org && !strings.Contains(target, found) {
			require.Fail(t, "another organization's entry", "%s asked %s and got %s of %s", org, target, found, all.owner[id])
		}
	}
}

// plainText is what a file of an export holds.
func plainText(t *testing.T, r response) string {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(r.body), int64(len(r.body)))
	if err != nil {
		return r.body
	}
	var all bytes.Buffer
	for _, file := range archive.File {
		part, err := file.Open()
		require.NoError(t, err)
		_, err = io.Copy(&all, part)
		require.NoError(t, err)
		require.NoError(t, part.Close())
	}
	return all.String()
}

// TestT10_NoRouteCrossesOrganizations asks every route for random things of
// fifty organizations, on every store, and compares what comes with what
// Filter.Match says.
func TestT10_NoRouteCrossesOrganizations(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if text := os.Getenv("AUDIT_TEST_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("AUDIT_TEST_SEED=%d repeats this run", seed)
	requests := 120
	if os.Getenv("AUDIT_TEST_LONG") == "1" {
		requests = 1500
	}
	for name, open := range map[string]func(*testing.T) audit.Store{
		"in memory": func(*testing.T) audit.Store { return audittest.NewStore() },
		"PostgreSQL": func(t *testing.T) audit.Store {
			store := postgres.New(pgtest.New(t))
			require.NoError(t, store.Migrate(t.Context()))
			return store
		},
		"SQLite": func(t *testing.T) audit.Store {
			db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "audit.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			store := sqlite.New(db)
			require.NoError(t, store.Migrate(t.Context()))
			return store
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, store := newTenants(seed, 50, 12), open(t)
			for _, entries := range all.entries {
				require.NoError(t, store.InsertDetached(t.Context(), entries))
			}
			trail, err := audit.New(store, audit.Config{})
			require.NoError(t, err)
			org := ""
			ui, err := httpui.New(trail, httpui.Options{
				Authorize: everybody, Org: func(*http.Request) string { return org },
				Now: func() time.Time { return fixture.Now }, Exports: httpui.Exports{Unrecorded: true},
				OnError: func(r *http.Request, err error) { assert.NoError(t, err, "%s", r.URL) },
			})
			require.NoError(t, err)
			own := 0
			for range requests {
				org = oneOf(all.Rand, all.orgs...)
				target := all.target(org)
				r := get(t, ui, target)
				require.Contains(t, []int{200, 400, 404}, r.status, target)
				all.requireOwn(t, org, target, plainText(t, r))
				own += strings.Count(r.body, org)
				if strings.HasPrefix(target, "/entries.json") && r.status == 200 {
					all.requireOracle(t, org, target, r.body)
				}
				object := all.someEntry(org).Object
				page, err := ui.HistoryFragment(httptest.NewRequest(http.MethodGet, "/", nil), object)
				require.NoError(t, err)
				all.requireOwn(t, org, object.Type+"/"+object.ID, string(page.Body))
			}
			require.Greater(t, own, requests, "the answers are not just empty")
		})
	}
}

// requireOracle compares an answer of the JSON API with what matches.
func (all *tenants) requireOracle(t *testing.T, org, target, body string) {
	t.Helper()
	address, err := url.Parse(target)
	require.NoError(t, err)
	v := address.Query()
	filter, err := httpui.ParseFilter(v, httpui.URLOptions{Now: fixture.Now})
	require.NoError(t, err)
	filter.Org = org
	var answer struct {
		Entries []struct {
			ID audit.ID `json:"id"`
		}
		Count struct{ N int }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	var want []audit.ID
	for _, e := range all.entries[org] {
		if filter.Match(e) {
			want = append(want, e.ID)
		}
	}
	require.Equal(t, len(want), answer.Count.N, target)
	var got []audit.ID
	for _, e := range answer.Entries {
		require.Contains(t, want, e.ID, target)
		got = append(got, e.ID)
	}
	if v.Get("after") == "" && v.Get("before") == "" {
		byID := func(ids []audit.ID) []audit.ID {
			return slices.SortedFunc(slices.Values(ids), audit.ID.Compare)
		}
		require.Equal(t, byID(want), byID(got), target)
	}
}
