package httpui_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
)

// An object whose ID was cut is found by the whole of it, and the host is asked
// for the page of the whole.
func TestKeysThatWereCut(t *testing.T) {
	t.Parallel()
	path := strings.Repeat("folder/", 40) + "file"
	log, _ := audittest.New(t)
	object := audit.Object{Type: "file", ID: path}
	email := strings.Repeat("x", 400) + "@acme.test"
	ctx := audit.WithActor(t.Context(), audit.Actor{Email: email})
	bucket := audit.Object{Type: "bucket", ID: path + "/"}
	require.NoError(t, log.RecordDetached(ctx, audit.Created(map[string]any{"size": 1}).WithObject(object).WithParent(bucket)))
	var asked []audit.Object
	ui, err := httpui.New(log, httpui.Options{
		Authorize: func(*http.Request) bool { return true },
		Objects: httpui.Objects{RecordURL: func(_ context.Context, objects []audit.Object) map[audit.Object]string {
			asked = objects
			return map[audit.Object]string{object: "/files/the-file", bucket: "/buckets/the-bucket"}
		}},
	})
	require.NoError(t, err)
	page, err := log.Page(t.Context(), audit.Query{})
	require.NoError(t, err)
	id := page.Entries[0].ID.String()
	cut := page.Entries[0].Object.ID
	require.NotEqual(t, path, cut)
	for _, address := range []string{
		"/", "/?record_id=" + url.QueryEscape(path), "/?record_id=" + url.QueryEscape(cut), "/?user=" + email,
		"/objects/file/" + url.PathEscape(path), "/objects/file/" + url.PathEscape(cut), "/objects/file/" + url.PathEscape(path) + "?at=" + id,
		"/entries/" + id,
	} {
		asked = nil
		r := get(t, ui, address)
		require.Equal(t, http.StatusOK, r.status, address)
		assert.Contains(t, asked, object, "%.60s", address)
		assert.Contains(t, r.body, id, "%.60s", address)
		assert.Contains(t, r.body, `"/files/the-file"`, "%.60s", address)
	}
	assert.Contains(t, get(t, ui, "/entries/"+id).body, `"/buckets/the-bucket"`)
	assert.Equal(t, http.StatusNotFound, get(t, ui, "/objects/file/"+url.PathEscape(path+"x")).status)
}

// The entry about an export keeps its filter, cut if it must be, and never
// keeps the file from being made.
func TestExportWithLongFilters(t *testing.T) {
	t.Parallel()
	log, _ := audittest.New(t)
	require.NoError(t, log.RecordDetached(t.Context(), audit.Performed("x", audit.Object{Type: "x", ID: "1"})))
	ui, err := httpui.New(log, httpui.Options{Authorize: func(*http.Request) bool { return true }})
	require.NoError(t, err)
	values := url.Values{"range": {"all"}}
	for range 500 {
		values.Add("not_user", strings.Repeat("é", 300))
	}
	r := get(t, ui, "/export.csv?"+values.Encode())
	require.Equal(t, http.StatusOK, r.status)
	assert.Equal(t, 2, strings.Count(r.body, "\n"))
	page, err := log.Page(t.Context(), audit.Query{Filter: audit.Filter{Actions: []audit.Action{"export"}}})
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	var kept map[string]audit.Value
	require.NoError(t, page.Entries[0].Metadata.Decode(&kept))
	assert.Equal(t, audit.KindCut, kept["filter"].Kind())
	assert.Equal(t, "1", kept["rows"].JSON())
}
