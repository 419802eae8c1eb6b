// Package httpui is the Audit Logs page: an [http.Handler] that shows an
// organization's entries with filters, sorting, paging and exports. It is complete
// without JavaScript, keeps every state in the URL, and carries its own
// templates, styles and a small script for comfort.
//
//	ui, err := httpui.New(trail, httpui.Options{
//		Authorize: adminsOnly, // func(*http.Request) bool
//		Org:       currentOrg, // func(*http.Request) string
//		BasePath:  "/admin/audit-logs",
//	})
//	if err != nil {
//		return err
//	}
//	mux.Handle("/admin/audit-logs/", ui)
//
// examples/minimal is a whole program, examples/quickstart an application
// around the page. The page stands alone, or inside the host's own chrome by
// [Look.Layout]. The URL parameters are those of [ParseFilter] and
// sort, dir, page, per_page, after and before. Below it are
//
//	entries/{id}           one entry whole, and the way through the list
//	objects/{type}/{id}    an object's history, its states, and two of them compared
//	entries.json           the list for scripts; see docs/api.md
//	entries/{id}.json      one entry for scripts
//	export.csv             the query as a file; also .xlsx, .pdf and .jsonl; separator
//	                       is comma, semicolon or tab
//	exports/{key}          how far an export has come; DELETE cancels it
//
// [Handler.HistoryFragment] puts an object's history into the host's own page.
package httpui

import (
	"errors"
	"net/http"
	"strings"

	"github.com/auditkeep/audit"
)

// Handler serves the page and what belongs to it. It is safe for concurrent
// use.
type Handler struct {
	// ServeHTTP authorizes a request and finds its screen. There, the parser reads
	// the address and the reader asks the log. The presenter makes a model of what
	// was found, and pages writes the model as HTML.

	options     Options
	trail       *audit.Log
	urls        *parser
	read        *reader
	present     *presenter
	pages       *pages
	exports     *exportRuns
	crossOrigin *http.CrossOriginProtection
}

// New returns the page over a log. It does not touch the database.
func New(trail *audit.Log, options Options) (*Handler, error) {
	if trail == nil {
		return nil, errors.New("httpui: trail is nil: give the log from audit.New")
	}
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	styles, err := styleSheet(o)
	if err != nil {
		return nil, err
	}
	urls := &parser{words: o.Words, zone: o.Zone}
	present := &presenter{words: o.Words, labels: o.Objects.Labels, zone: o.Zone, urls: urls}
	templates, err := parseTemplates(o.Words, present)
	if err != nil {
		return nil, err
	}
	return &Handler{
		options: o, trail: trail, urls: urls, present: present,
		read: &reader{
			trail: trail, words: o.Words, present: present, urls: urls, now: o.Now,
			recordURL: o.Objects.RecordURL, users: o.Users, exports: o.Exports,
		},
		pages:       &pages{words: o.Words, look: o.Look, templates: templates, assets: loadAssets(styles)},
		exports:     newExportRuns(o.Exports.AtOnce, o.Now),
		crossOrigin: http.NewCrossOriginProtection(),
	}, nil
}

// request is a request that may be answered, with what the router found out.
type request struct {
	*http.Request
	// org is what the host's hook said; empty leaves it to the log.
	org string
	// args are the path segments that stood for a screen's stars.
	args []string
	// root leads from the request's path up to the base: "./", "../" …
	root string
}

// link leads from the request's path to a target that is relative to the base.
func (r *request) link(target string) string {
	return strings.TrimPrefix(r.root, "./") + target
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header())
	if !authorized(h.options.Authorize, r) {
		http.Error(w, h.options.Words.Refusal.Forbidden, http.StatusForbidden)
		return
	}
	path := pathBelow(h.options.BasePath, r.URL.EscapedPath())
	req := &request{Request: r, root: rootFrom(path)}
	if err := h.serve(w, req, path); err != nil {
		h.fail(w, req, err)
	}
}

func (h *Handler) serve(w http.ResponseWriter, r *request, path string) error {
	if path == "" {
		redirect(w, bareMountTarget(r.Request))
		return nil
	}
	show, allowed := route(r, path)
	switch {
	case show != nil:
	case allowed != nil:
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return &failure{status: http.StatusMethodNotAllowed, public: h.options.Words.Refusal.MethodNotAllowed}
	default:
		return &failure{status: http.StatusNotFound, public: h.options.Words.Refusal.NotFound}
	}
	if h.options.Org != nil {
		// The hook's word is final: none must not become the log's default.
		if r.org = h.options.Org(r.Request); r.org == "" {
			return &failure{status: http.StatusForbidden, public: h.options.Words.Refusal.NoOrg}
		}
		r.Request = r.WithContext(audit.WithOrg(r.Context(), r.org))
	}
	return show(h, w, r)
}
