package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
)

// onEachStore runs a test on both databases that the quickstart takes.
func onEachStore(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "quickstart.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, pgtest.URL(t))
	})
}

// browser is a client of the running application.
type browser struct {
	t    *testing.T
	http *http.Client
	base string
}

func start(t *testing.T, dsn string, entries int) (*browser, *app) {
	t.Helper()
	db, err := openDatabase(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.close)
	a, err := newApp(db)
	require.NoError(t, err)
	var progress bytes.Buffer
	require.NoError(t, a.seed(t.Context(), entries, &progress))
	if entries > 0 {
		assert.Contains(t, progress.String(), "100 of 100 entries")
	}
	server := httptest.NewServer(a.handler)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t, &http.Client{Jar: jar}, server.URL}, a
}

func (b *browser) get(path string) string {
	b.t.Helper()
	response, err := b.http.Get(b.base + path)
	require.NoError(b.t, err)
	return b.body(response)
}

func (b *browser) post(path string, form url.Values) string {
	b.t.Helper()
	response, err := b.http.PostForm(b.base+path, form)
	require.NoError(b.t, err)
	return b.body(response)
}

func (b *browser) body(response *http.Response) string {
	b.t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, response.StatusCode, "%s", body)
	return string(body)
}

var (
	rowPattern = regexp.MustCompile(`(?s)<tr[^>]*data-entry-id.*?</tr>`)
	tagPattern = regexp.MustCompile(`<[^>]*>`)
)

// rows returns the text of the page's rows, newest first.
func (b *browser) rows(query string) []string {
	var out []string
	for _, row := range rowPattern.FindAllString(b.get("/admin/audit-logs/"+query), -1) {
		out = append(out, strings.Join(strings.Fields(tagPattern.ReplaceAllString(strings.ReplaceAll(row, "<wbr>", ""), " ")), " "))
	}
	return out
}

func TestChangesInTheBrowserAreOnThePage(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, dsn string) {
		b, _ := start(t, dsn, 0)
		list := b.post("/admin/api-keys", url.Values{"name": {"ci"}, "scopes": {"read\nwrite"}, "secret": {"canary-1"}, "enabled": {"true"}, "expires_on": {"2027-01-31"}})
		id := regexp.MustCompile(`/admin/api-keys/(\d+)"`).FindStringSubmatch(list)
		require.NotNil(t, id, "the list links to the new key")
		b.post("/admin/api-keys/"+id[1], url.Values{"name": {"deploy"}, "scopes": {"read\nwrite"}, "secret": {"canary-2"}, "enabled": {"true"}, "expires_on": {"2027-01-31"}})
		page := b.get("/admin/audit-logs/")
		assert.Contains(t, page, `href="/admin/api-keys/`+id[1]+`"`, "the type links to the record while it exists")
		b.post("/admin/api-keys/"+id[1]+"/destroy", nil)

		rows := b.rows("")
		require.Len(t, rows, 3)
		for i, action := range []string{"destroy", "update", "create"} {
			assert.Contains(t, rows[i], "API Key "+id[1]+" ")
			assert.Contains(t, rows[i], action)
			assert.Contains(t, rows[i], "dana@acme.test")
			assert.Contains(t, rows[i], "127.0.0.1")
			assert.Contains(t, rows[i], "redacted")
		}
		assert.Regexp(t, `name ?: *ci → deploy`, rows[1])
		page = b.get("/admin/audit-logs/")
		assert.NotContains(t, page, "canary")
		assert.NotContains(t, page, `href="/admin/api-keys/`+id[1]+`"`, "a destroyed record has no page")
	})
}

func TestOrganizationsAreApart(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, dsn string) {
		b, _ := start(t, dsn, 0)
		list := b.post("/admin/security-groups", url.Values{"name": {"acme only"}})
		id := regexp.MustCompile(`/admin/security-groups/(\d+)"`).FindStringSubmatch(list)
		require.NotNil(t, id)
		b.post("/switch", url.Values{"user": {"5"}})
		assert.NotContains(t, b.get("/admin/security-groups"), "acme only")
		assert.Empty(t, b.rows("?range=all"))
		for _, path := range []string{"/admin/security-groups/" + id[1], "/admin/security-groups/" + id[1] + "/destroy"} {
			response, err := b.http.PostForm(b.base+path, url.Values{"name": {"stolen"}})
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, http.StatusNotFound, response.StatusCode)
		}
		b.post("/admin/end-users", url.Values{"email": {"x@globex.test"}, "full_name": {"X"}, "role": {"viewer"}, "status": {"active"}})
		rows := b.rows("?range=all")
		require.Len(t, rows, 1)
		assert.Contains(t, rows[0], "ava@globex.test")
		b.post("/switch", url.Values{"user": {"1"}})
		rows = b.rows("?range=all")
		require.Len(t, rows, 1)
		assert.Contains(t, rows[0], "acme only")
	})
}

func TestABadFormChangesNothing(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, dsn string) {
		b, a := start(t, dsn, 0)
		for name, form := range map[string]url.Values{
			"no name":    {"name": {" "}},
			"long name":  {"name": {strings.Repeat("x", 201)}},
			"no date":    {"name": {"x"}, "expires_on": {"soon"}},
			"many lines": {"name": {"x"}, "scopes": {strings.Repeat("a\n", 51)}},
		} {
			response, err := b.http.PostForm(b.base+"/admin/api-keys", form)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, http.StatusUnprocessableEntity, response.StatusCode, name)
			assert.Contains(t, string(body), "demo-problem", name)
		}
		count, err := a.trail.Count(t.Context(), audit.Filter{Org: "acme"}, 10)
		require.NoError(t, err)
		assert.Zero(t, count)
	})
}

func TestSeedIsAPastThatAddsUp(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, dsn string) {
		b, a := start(t, dsn, 100)
		acme, err := a.trail.Count(t.Context(), audit.Filter{Org: "acme"}, 1000)
		require.NoError(t, err)
		globex, err := a.trail.Count(t.Context(), audit.Filter{Org: "globex"}, 1000)
		require.NoError(t, err)
		assert.Equal(t, 100, acme+globex)
		assert.Greater(t, acme, globex)

		var again bytes.Buffer
		require.NoError(t, a.seed(t.Context(), 100, &again))
		assert.Empty(t, again.String(), "a log with entries is left alone")

		// The records that are left are those created and not destroyed.
		left := map[audit.Object]bool{}
		for entry, err := range a.trail.All(t.Context(), audit.Filter{Org: "acme"}, audit.Sort{Dir: audit.Ascending}) {
			require.NoError(t, err)
			switch entry.Action {
			case audit.ActionCreate:
				left[entry.Object] = true
			case audit.ActionDestroy:
				delete(left, entry.Object)
			}
		}
		keys, err := apiKeys.list(t.Context(), a.db, "acme")
		require.NoError(t, err)
		groups, err := securityGroups.list(t.Context(), a.db, "acme")
		require.NoError(t, err)
		users, err := endUsers.list(t.Context(), a.db, "acme")
		require.NoError(t, err)
		assert.Len(t, left, len(keys)+len(groups)+len(users))

		// New records get new IDs.
		assert.Contains(t, b.post("/admin/api-keys", url.Values{"name": {"after the seed"}}), "after the seed")
	})
}

// Changes at the same time are recorded one after the other. Each before is
// what the previous entry left, and a record is destroyed once.
func TestChangesAtOnce(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, dsn string) {
		_, a := start(t, dsn, 0)
		ctx := audit.WithActor(audit.WithOrg(t.Context(), "acme"), audit.System("test"))
		group := &SecurityGroup{Name: "0"}
		require.NoError(t, securityGroups.create(ctx, a, "acme", group))
		const many = 10
		var wait sync.WaitGroup
		for i := range many {
			wait.Go(func() {
				assert.NoError(t, securityGroups.update(ctx, a, "acme", group.ID, func(g *SecurityGroup) error {
					g.Name = strconv.Itoa(i + 1)
					return nil
				}))
			})
		}
		wait.Wait()
		var destroyed atomic.Int64
		for range many {
			wait.Go(func() {
				if err := securityGroups.destroy(ctx, a, "acme", group.ID); err == nil {
					destroyed.Add(1)
				} else {
					assert.ErrorIs(t, err, errNoRecord)
				}
			})
		}
		wait.Wait()
		assert.EqualValues(t, 1, destroyed.Load())

		// Entries have the order in which they were recorded, not that of the
		// transactions: so the names are followed.
		next, destroys := map[string]string{}, 0
		for entry, err := range a.trail.All(ctx, audit.Filter{}, audit.Sort{}) {
			require.NoError(t, err)
			switch entry.Action {
			case audit.ActionUpdate:
				next[entry.Changes[0].Old.Text()] = entry.Changes[0].New.Text()
			case audit.ActionDestroy:
				destroys++
			}
		}
		assert.Equal(t, 1, destroys)
		name, steps := "0", 0
		for ; next[name] != ""; steps++ {
			name = next[name]
		}
		assert.Equal(t, many, steps, "%v", next)
	})
}

// A file's name may hold what means something in a URL.
func TestDatabaseNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "we ird?50%25#1.db")
	db, err := openDatabase(t.Context(), file)
	require.NoError(t, err)
	db.close()
	assert.FileExists(t, file)
	_, err = openDatabase(t.Context(), "mysql://localhost/x")
	require.ErrorContains(t, err, "-db is a mysql:// URL")
	_, err = openDatabase(t.Context(), filepath.Join(t.TempDir(), "none", "x.db"))
	require.ErrorContains(t, err, "-db \"")
}

func TestEveryPageIsServed(t *testing.T) {
	t.Parallel()
	b, _ := start(t, filepath.Join(t.TempDir(), "quickstart.db"), 100)
	for _, path := range []string{"/", "/app.css", "/admin/api-keys", "/admin/api-keys/new", "/admin/security-groups", "/admin/security-groups/new", "/admin/end-users", "/admin/end-users/new", "/admin/audit-logs/"} {
		assert.NotEmpty(t, b.get(path), path)
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a = $1 AND b = $2", (&database{dollars: true}).sql("a = ? AND b = ?"))
	assert.Equal(t, "a = ? AND b = ?", (&database{}).sql("a = ? AND b = ?"))
}
