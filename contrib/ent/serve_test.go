package auditent_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/middleware"
)

// caller is a user of the application that TestServed serves.
type caller struct{ email, org, ip string }

type callerKey struct{}

var callers = []caller{
	{"dana@acme.test", "acme", "203.0.113.1"},
	{"omar@acme.test", "acme", "203.0.113.2"},
	{"lena@globex.test", "globex", "2001:db8::3"},
	{"ravi@globex.test", "globex", "203.0.113.4"},
}

// request is what a request asked for, and whether its changes were committed.
type request struct {
	caller
	committed bool
}

// TestServed has several users of two organizations ask a server for random
// mutations at once, some of which fail or are rolled back. The entries, applied
// one after another to nothing, have to give what the tables hold in the end, and
// each names the user, the organization and the address of its request.
// AUDIT_TEST_LONG=1 makes more of them, AUDIT_TEST_SEED chooses them; what happens
// at once is another matter in each run.
func TestServed(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("AUDIT_TEST_SEED"); text != "" {
		_, err := fmt.Sscan(text, &seed)
		require.NoError(t, err)
	}
	each := 60
	if os.Getenv("AUDIT_TEST_LONG") != "" {
		each = 300
	}
	onStores(t, func(t *testing.T, w *world) {
		t.Logf("AUDIT_TEST_SEED=%d", seed)
		server := httptest.NewServer(w.serve(t, seed))
		defer server.Close()
		asked, mu := map[string]request{}, sync.Mutex{}
		var wg sync.WaitGroup
		for i, c := range callers {
			wg.Go(func() {
				for n := range each {
					id := fmt.Sprintf("%d-%d", i, n)
					committed, err := ask(t.Context(), server, c, id)
					if !assert.NoError(t, err) {
						return
					}
					mu.Lock()
					asked[id] = request{c, committed}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		w.requireFolded(t, asked)
	})
}

// ask sends a request, and reports whether what it asked for was committed.
func ask(ctx context.Context, server *httptest.Server, c caller, id string) (committed bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/"+id, nil)
	if err != nil {
		return false, err
	}
	r.SetBasicAuth(c.email, "")
	r.Header.Set("X-Forwarded-For", c.ip)
	response, err := server.Client().Do(r)
	if err != nil {
		return false, err
	}
	return response.StatusCode == http.StatusOK, response.Body.Close()
}

// serve returns an application that does a random operation for each request.
func (w *world) serve(t *testing.T, seed uint64) http.Handler {
	t.Helper()
	of := func(r *http.Request) caller { c, _ := r.Context().Value(callerKey{}).(caller); return c }
	capture, err := middleware.New(middleware.Options{
		Actor:          func(r *http.Request) audit.Actor { return audit.Actor{Email: of(r).email} },
		Org:            func(r *http.Request) string { return of(r).org },
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		ClientIPHeader: "X-Forwarded-For",
		RequestID:      func(r *http.Request) string { return r.URL.Path[1:] },
	})
	require.NoError(t, err)
	handler := capture(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		var user, n uint64
		_, _ = fmt.Sscanf(req.URL.Path, "/%d-%d", &user, &n)
		r := &random{Rand: rand.New(rand.NewPCG(seed+user, n)), world: w, made: int(n) / 2}
		if err := r.answer(req.Context()); err != nil {
			http.Error(rw, err.Error(), http.StatusConflict)
		}
	}))
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		email, _, _ := req.BasicAuth()
		i := slices.IndexFunc(callers, func(c caller) bool { return c.email == email })
		handler.ServeHTTP(rw, req.WithContext(context.WithValue(req.Context(), callerKey{}, callers[i])))
	})
}

var errRolledBack = errors.New("rolled back")

// answer does one operation, or some in a transaction. It leaves out deletes that
// foreign keys follow by themselves, which is not recorded.
func (r *random) answer(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil { // a query of ent's that fails
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	var chosen []operation
	for len(chosen) == 0 || r.IntN(2) == 0 {
		o := operations[r.IntN(len(operations))]
		if !slices.Contains([]string{"delete users", "delete a pet", "delete a doc for good"}, o.name) {
			chosen = append(chosen, o)
		}
	}
	if len(chosen) == 1 {
		return chosen[0].run(r, ctx, r.client)
	}
	tx, err := r.client.Tx(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, o := range chosen {
		if err := o.run(r, ctx, tx.Client()); err != nil {
			return err
		}
	}
	if r.IntN(4) == 0 {
		return errRolledBack
	}
	return tx.Commit()
}

// requireFolded applies the log's entries to nothing, and compares with the tables.
func (w *world) requireFolded(t *testing.T, asked map[string]request) {
	t.Helper()
	var all []audit.Entry
	for _, org := range []string{"acme", "globex"} {
		for e, err := range w.trail.All(t.Context(), audit.Filter{Org: org}, audit.Sort{}) {
			require.NoError(t, err)
			by := asked[e.RequestID]
			require.True(t, by.committed, "request %s failed, but has entries", e.RequestID)
			require.Equal(t, by.caller, caller{e.Actor.Email, e.Org, e.IP.String()})
			all = append(all, e)
		}
	}
	rows := rowsOf(t, w.db, "SELECT action, object_type, object_id, changes FROM audit_entries ORDER BY id")
	require.NotEmpty(t, rows)
	require.Len(t, all, len(rows), "entries of other organizations")
	held := map[string]map[string]string{}
	for _, row := range rows {
		at, event := recordedOf(t, row)
		if event.action == "create" {
			require.Nil(t, held[at], "%s is created twice", at)
			held[at] = map[string]string{}
		}
		require.NotNil(t, held[at], "%s of %s, which is not there", event.action, at)
		for field, sides := range event.changes {
			require.NoError(t, apply(held[at], field, sides), "%s of %s", event.action, at)
		}
		switch soft := strings.HasPrefix(at, "docs "); {
		case event.action == "update":
			require.NotEmpty(t, event.changes, at)
		case event.action != "destroy":
		case soft: // the row stays, with times that its destroy does not have
			for field, sides := range event.changes {
				held[at][field] = sides[0]
			}
			held[at]["delete_time"], held[at]["update_time"] = unknown, unknown
		default:
			require.Empty(t, held[at], "what the destroy of %s leaves out", at)
			delete(held, at)
		}
	}
	want := difference(nil, w.dump(t, w.db), false)
	(&random{world: w}).adapt(want)
	for at, event := range want {
		for field, sides := range event.changes {
			if held[at][field] == unknown && sides[1] != "null" || sides[1] == "{}" {
				held[at][field] = sides[1]
			}
			require.Equal(t, sides[1], held[at][field], "%s of %s", field, at)
			delete(held[at], field)
		}
		require.Empty(t, held[at], at)
		delete(held, at)
	}
	require.Empty(t, held, "rows that are not there")
}

// unknown is the text of a value that no entry has.
const unknown = "?"

// apply applies a change of a field to a row, as the log has it.
func apply(row map[string]string, field string, sides [2]string) error {
	if sides[0] == sides[1] && !strings.Contains(sides[0], "redacted") {
		return fmt.Errorf("%s does not change: %s", field, sides[0])
	}
	for path, s := range spread(map[string][2]string{field: {sides[0], absent}}) {
		if held, ok := row[path]; ok && held != unknown && held != s[0] || ok != (s[0] != absent) && s[0] != "{}" {
			return fmt.Errorf("%s was %q, and not %q", path, held, s[0])
		}
		delete(row, path)
	}
	for path, s := range spread(map[string][2]string{field: {absent, sides[1]}}) {
		if s[1] != absent {
			row[path] = s[1]
		}
	}
	return nil
}
