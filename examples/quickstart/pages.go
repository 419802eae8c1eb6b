package main

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/auditkeep/audit/httpui"
)

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*.gohtml"))

//go:embed assets/app.css
var style []byte

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(style)
}

// chrome is what every page of the application has around it.
type chrome struct {
	Title, Language, Direction string
	Head, Body                 template.HTML
	Nav                        []navItem
	Users                      []demoUser
	User                       demoUser
	Organization               string
	Organizations              map[string]string
}

type navItem struct {
	Title, URL string
	Current    bool
}

func navigation(path string) []navItem {
	items := []navItem{
		{Title: apiKeys.title, URL: "/admin/" + apiKeys.path},
		{Title: securityGroups.title, URL: "/admin/" + securityGroups.path},
		{Title: endUsers.title, URL: "/admin/" + endUsers.path},
		{Title: "Audit Logs", URL: "/admin/audit-logs/"},
	}
	for i := range items {
		items[i].Current = strings.HasPrefix(path, strings.TrimSuffix(items[i].URL, "/"))
	}
	return items
}

// layout puts a page into the application's chrome. The Audit Logs page is
// given to it as a whole, and so are the application's own pages.
func (a *app) layout(w io.Writer, r *http.Request, page httpui.Page) error {
	user := currentUser(r.Context())
	return templates.ExecuteTemplate(w, "layout.gohtml", chrome{
		Title: page.Title, Language: page.Language, Direction: page.Direction, Head: page.Head, Body: page.Body,
		Nav: navigation(r.URL.Path), Users: demoUsers, User: user,
		Organization: organizations[user.Org], Organizations: organizations,
	})
}

// show renders one of the application's own pages.
func (a *app) show(w http.ResponseWriter, r *http.Request, status int, name, title string, data any) {
	var body strings.Builder
	if err := templates.ExecuteTemplate(&body, name, data); err != nil {
		fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	page := httpui.Page{Title: title, Language: "en", Direction: "ltr", Body: template.HTML(body.String())} //nolint:gosec // html/template made it
	if err := a.layout(w, r, page); err != nil {
		slog.ErrorContext(r.Context(), "rendering", "error", err)
	}
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errNoRecord) {
		http.NotFound(w, r)
		return
	}
	slog.ErrorContext(r.Context(), "serving", "path", r.URL.Path, "error", err)
	http.Error(w, "Something went wrong.", http.StatusInternalServerError)
}

// mount adds the pages of one kind of record.
func mount[T any](a *app, mux *http.ServeMux, k *kind[T]) {
	base := "/admin/" + k.path
	mux.HandleFunc("GET "+base, func(w http.ResponseWriter, r *http.Request) { k.showList(a, w, r) })
	mux.HandleFunc("GET "+base+"/new", func(w http.ResponseWriter, r *http.Request) {
		k.showForm(a, w, r, http.StatusOK, new(T), nil)
	})
	mux.HandleFunc("POST "+base, func(w http.ResponseWriter, r *http.Request) {
		record := new(T)
		findings := k.fill(record, r)
		if findings != nil {
			k.showForm(a, w, r, http.StatusUnprocessableEntity, record, findings)
			return
		}
		k.done(w, r, k.create(r.Context(), a, organization(r), record))
	})
	withID := func(handle func(w http.ResponseWriter, r *http.Request, id int64)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
			if err != nil {
				http.NotFound(w, r)
				return
			}
			handle(w, r, id)
		}
	}
	mux.HandleFunc("GET "+base+"/{id}", withID(func(w http.ResponseWriter, r *http.Request, id int64) {
		record, err := k.get(r.Context(), a.db, a.db, organization(r), id, "")
		if err != nil {
			fail(w, r, err)
			return
		}
		k.showForm(a, w, r, http.StatusOK, record, nil)
	}))
	mux.HandleFunc("POST "+base+"/{id}", withID(func(w http.ResponseWriter, r *http.Request, id int64) {
		var edited *T
		var findings map[string]string
		err := k.update(r.Context(), a, organization(r), id, func(record *T) error {
			edited = record
			if findings = k.fill(record, r); findings != nil {
				return errProblems
			}
			return nil
		})
		if findings != nil {
			k.showForm(a, w, r, http.StatusUnprocessableEntity, edited, findings)
			return
		}
		k.done(w, r, err)
	}))
	mux.HandleFunc("POST "+base+"/{id}/destroy", withID(func(w http.ResponseWriter, r *http.Request, id int64) {
		k.done(w, r, k.destroy(r.Context(), a, organization(r), id))
	}))
}

var errProblems = errors.New("the form has findings")

// fill sets the record's fields from the form, and says what is wrong with them.
func (k *kind[T]) fill(record *T, r *http.Request) map[string]string {
	var findings map[string]string
	for _, in := range k.inputs {
		if err := in.set(record, r.PostFormValue(in.Name)); err != nil {
			if findings == nil {
				findings = map[string]string{}
			}
			findings[in.Name] = fmt.Sprintf("%s %s.", in.Label, err)
		}
	}
	return findings
}

// done answers a form: with the list, or with what went wrong.
func (k *kind[T]) done(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/admin/"+k.path, http.StatusSeeOther)
}

type listPage struct {
	Title, Singular, Path string
	Rows                  []listRow
}

type listRow struct {
	ID    int64
	Label string
	Cells []cell
}

type cell struct{ Label, Value string }

func (k *kind[T]) showList(a *app, w http.ResponseWriter, r *http.Request) {
	records, err := k.list(r.Context(), a.db, organization(r))
	if err != nil {
		fail(w, r, err)
		return
	}
	page := listPage{Title: k.title, Singular: k.singular, Path: k.path}
	for i := range records {
		row := listRow{ID: *k.id(&records[i]), Label: k.label(&records[i])}
		for _, in := range k.inputs[1:] {
			if in.Type != "password" {
				row.Cells = append(row.Cells, cell{in.Label, in.get(&records[i])})
			}
		}
		page.Rows = append(page.Rows, row)
	}
	a.show(w, r, http.StatusOK, "list.gohtml", k.title, page)
}

type formPage struct {
	Title, Singular, Path, Action string
	ID                            int64
	Fields                        []formField
}

type formField struct {
	Name, Label, Hint, Type, Value, Problem string
	Options                                 []string
}

func (k *kind[T]) showForm(a *app, w http.ResponseWriter, r *http.Request, status int, record *T, findings map[string]string) {
	page := formPage{ID: *k.id(record), Singular: k.singular, Path: k.path, Title: "New " + k.singular, Action: "/admin/" + k.path}
	if page.ID != 0 {
		page.Title, page.Action = k.singular+" "+k.label(record), fmt.Sprintf("/admin/%s/%d", k.path, page.ID)
	}
	for _, in := range k.inputs {
		page.Fields = append(page.Fields, formField{Name: in.Name, Label: in.Label, Hint: in.Hint, Type: in.Type, Value: in.get(record), Options: in.Options, Problem: findings[in.Name]})
	}
	a.show(w, r, status, "form.gohtml", page.Title, page)
}
