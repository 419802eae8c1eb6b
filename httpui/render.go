package httpui

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"net/http"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/words"
)

//go:embed templates
var templateFiles embed.FS

// Page is what a [Look.Layout] puts into the host's chrome. The layout
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
// writes only Body makes the page a fragment.
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

// pages writes screens as HTML, in the page's own document or the host's.
type pages struct {
	words     *words.Catalogue
	look      Look
	templates *template.Template
	assets    assets
}

func (g *pages) pageHead(r *request) head {
	out := head{
		Logo:   g.look.Logo,
		Title:  g.look.Title,
		Styles: r.link("assets/" + g.assets.names["audit.css"]),
		Script: r.link("assets/" + g.assets.names["audit.js"]),
	}
	for _, link := range g.look.Breadcrumb {
		if link.URL[0] == '.' {
			link.URL = r.link(link.URL)
		}
		out.Crumbs = append(out.Crumbs, link)
	}
	return out
}

// partHead is the head of a screen below the page, which leads back to it.
func (g *pages) partHead(r *request, title, home string) head {
	out := g.pageHead(r)
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
func parseTemplates(s *words.Catalogue, present *presenter) (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"t":        func() *words.Catalogue { return s },
		"column":   func(column string) string { return s.Columns[audit.Column(column)] },
		"count":    func(p words.Plural, n int) string { return s.Count(p, n) },
		"problem":  func(key string, messages []string) fieldMessages { return fieldMessages{key, messages} },
		"shown":    shown,
		"segments": shownSegments,
		"lines":    shownLines,
		"parts":    shownParts,
		"plain":    display.VisibleText,
		"blanks":   present.blanks,
	}).ParseFS(templateFiles, "templates/*.gohtml")
}

// fieldMessages is what the template "problem" shows at a field.
type fieldMessages struct {
	Key      string
	Messages []string
}

// render writes a screen: into memory first, so that an error never follows
// half a page.
func (g *pages) render(w http.ResponseWriter, r *request, status int, name string, model interface{ documentTitle() string }) error {
	var head, body, document bytes.Buffer
	if err := g.templates.ExecuteTemplate(&head, "head", model); err != nil {
		return err
	}
	if err := g.templates.ExecuteTemplate(&body, name, model); err != nil {
		return err
	}
	layout := g.look.Layout
	if layout == nil {
		layout = g.document
	}
	// Both were just made by html/template.
	page := Page{
		Title:    model.documentTitle(),
		Language: g.words.Language, Direction: g.words.Direction,
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

// document is the page's own layout.
func (g *pages) document(w io.Writer, _ *http.Request, page Page) error {
	return g.templates.ExecuteTemplate(w, "document", page)
}
