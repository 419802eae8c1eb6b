package httpui

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"net/http"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

//go:embed templates
var templateFiles embed.FS

// Page is what a [Options.Layout] puts into the host's chrome. The layout
// writes a whole document:
//
//   - Title into <title>;
//   - Head into <head>, which links the page's style sheet and script;
//   - Body where the content belongs, within the document's <main>. It brings
//     the breadcrumb, the only <h1>, and everything else, inside one element of
//     the class "audit", and styles nothing outside that.
//
// The answer keeps the page's content security policy, which allows style
// sheets, scripts, images and forms of the same host only, and nothing inline:
// no <style>, no style="…", no <script> with text, no onclick. A layout that
// writes Body alone makes the page a fragment.
//
// The page follows the reader's light or dark preference. A host with one look
// says so in its own style sheet: .audit { color-scheme: light }.
type Page struct {
	Title               string
	Language, Direction string // for <html lang dir>
	Head, Body          template.HTML
}

// head is what every template needs.
type head struct {
	Title  string // of this screen: the heading
	Site   string // of the whole page, where the screen is a part of it
	Crumbs []Link
	Logo   Logo
	Styles string // the style sheet's address
	Script string // and the script's
}

func (h *Handler) pageHead(r *request) head {
	out := head{
		Logo:   h.options.Logo,
		Title:  h.options.Title,
		Styles: r.link("assets/" + h.assets.names["audit.css"]),
		Script: r.link("assets/" + h.assets.names["audit.js"]),
	}
	for _, link := range h.options.Breadcrumb {
		if link.URL[0] == '.' {
			link.URL = r.link(link.URL)
		}
		out.Crumbs = append(out.Crumbs, link)
	}
	return out
}

// partHead is the head of a screen below the page, which leads back to it.
func (h *Handler) partHead(r *request, title, home string) head {
	out := h.pageHead(r)
	out.Crumbs = append(out.Crumbs, Link{out.Title, home})
	out.Title, out.Site = title, out.Title
	return out
}

// documentTitle is what the browser shows in the tab.
func (h head) documentTitle() string {
	if h.Site == "" {
		return h.Title
	}
	return display.VisibleText(h.Title) + " · " + h.Site
}

// parseTemplates parses all templates once. They get the words by the function
// t and show texts from outside by the template "show".
func (h *Handler) parseTemplates() (*template.Template, error) {
	s := h.options.Strings
	return template.New("").Funcs(template.FuncMap{
		"t":        func() Strings { return s },
		"column":   func(c audit.Column) string { return s.Columns[c] },
		"problem":  func(key string, messages []string) fieldMessages { return fieldMessages{key, messages} },
		"shown":    shown,
		"segments": shownSegments,
		"lines":    shownLines,
		"parts":    shownParts,
		"plain":    display.VisibleText,
		"blanks":   h.blanks,
	}).ParseFS(templateFiles, "templates/*.gohtml")
}

// fieldMessages is what the template "problem" shows at a field.
type fieldMessages struct {
	Key      string
	Messages []string
}

// render writes a screen: into memory first, so that an error never follows
// half a page.
func (h *Handler) render(w http.ResponseWriter, r *request, status int, name string, model interface{ documentTitle() string }) error {
	var head, body, document bytes.Buffer
	if err := h.templates.ExecuteTemplate(&head, "head", model); err != nil {
		return err
	}
	if err := h.templates.ExecuteTemplate(&body, name, model); err != nil {
		return err
	}
	layout := h.options.Layout
	if layout == nil {
		layout = h.document
	}
	// Both were just made by html/template.
	page := Page{
		Title:    model.documentTitle(),
		Language: h.options.Strings.Language, Direction: h.options.Strings.Direction,
		Head: template.HTML(head.String()), Body: template.HTML(body.String()),
	}
	if err := layout(&document, r.Request, page); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = document.WriteTo(w) // it fails only where the client has left
	return nil
}

// document is the layout of a page of its own.
func (h *Handler) document(w io.Writer, _ *http.Request, page Page) error {
	return h.templates.ExecuteTemplate(w, "document", page)
}
