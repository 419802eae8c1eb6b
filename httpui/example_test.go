package httpui_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
)

// The page within a host's own chrome: the host's template decides what stands
// around it.
func ExampleNew_layout() {
	chrome := template.Must(template.New("admin").Parse(`<!doctype html>
<html lang="{{.Language}}" dir="{{.Direction}}">
<head><title>{{.Title}}</title><link rel="stylesheet" href="/admin.css">{{.Head}}</head>
<body>
<nav aria-label="Admin"><a href="/admin/api-keys">API Keys</a> <a href="/admin/audit-logs/">Audit Logs</a></nav>
<main>{{.Body}}</main>
</body>
</html>`))
	trail, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
	if err != nil {
		panic(err)
	}
	ui, err := httpui.New(trail, httpui.Options{
		Authorize: func(r *http.Request) bool { return true }, // whoever is an administrator
		BasePath:  "/admin/audit-logs",
		Look: httpui.Look{Layout: func(w io.Writer, r *http.Request, page httpui.Page) error {
			return chrome.Execute(w, page)
		}},
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/admin/audit-logs/", ui)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/admin/audit-logs/", nil))
	fmt.Println(w.Code)
	fmt.Println(strings.Contains(w.Body.String(), `<main><div class="audit">`))
	// Output:
	// 200
	// true
}

// The history of a record, in the host's own page of that record.
func ExampleHandler_HistoryFragment() {
	trail, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
	if err != nil {
		panic(err)
	}
	type Key struct {
		ID   int
		Name string
	}
	ctx := audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"})
	if err := trail.RecordDetached(ctx, audit.Updated(Key{7, "ci"}, Key{7, "deploy"})); err != nil {
		panic(err)
	}
	ui, err := httpui.New(trail, httpui.Options{
		Authorize: func(r *http.Request) bool { return true }, // whoever is an administrator
		BasePath:  "/admin/audit-logs",
	})
	if err != nil {
		panic(err)
	}
	show := template.Must(template.New("key").Parse(`<!doctype html>
<html lang="en">
<head><title>API key {{.ID}}</title>{{with .History}}{{.Head}}{{end}}</head>
<body><main><h1>API key {{.ID}}</h1>{{with .History}}<h2>{{.Title}}</h2>{{.Body}}{{end}}</main></body>
</html>`))
	handler := func(w http.ResponseWriter, r *http.Request) {
		var history *httpui.Page
		switch page, err := ui.HistoryFragment(r, audit.Object{Type: "key", ID: "7"}); {
		case err == nil:
			history = &page
		case !errors.Is(err, httpui.ErrForbidden): // who may not see it sees the page without
			http.Error(w, "sorry", http.StatusInternalServerError)
			return
		}
		_ = show.Execute(w, map[string]any{"ID": 7, "History": history})
	}

	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest(http.MethodGet, "/keys/7", nil))
	fmt.Println(strings.Contains(w.Body.String(), `<h2>History</h2><div class="audit audit-fragment">`))
	fmt.Println(strings.Contains(w.Body.String(), `<a href="/admin/audit-logs/objects/key/7">Whole history</a>`))
	// Output:
	// true
	// true
}
