package httpui_test

import (
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
		Layout: func(w io.Writer, r *http.Request, page httpui.Page) error {
			return chrome.Execute(w, page)
		},
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
