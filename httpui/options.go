package httpui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
	_ "time/tzdata" // zones load wherever the program runs

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/words"
)

// Options adjusts the page. Only Authorize has to be given.
type Options struct {
	// Authorize reports whether the request may see the page. It is asked for
	// every request, assets included; false and a panic are answered with 403.
	// Defaults to nothing: it must be given.
	Authorize func(*http.Request) bool
	// Org returns the organization whose entries the request sees; none ("")
	// is answered with 403. It must never take it from what the client may
	// choose freely. Defaults to the context's ([audit.WithOrg]), then to the
	// log's own [audit.Config].
	Org func(*http.Request) string
	// BasePath is where the handler is mounted, as the server sees it. Under
	// [http.StripPrefix] it may be left out. Defaults to "/".
	BasePath string

	// Look is what the page looks like. Defaults as its fields say.
	Look Look
	// Words are all words of the page and its files, and what people see for
	// actions. Those left empty are English. Defaults to [words.English].
	Words *words.Catalogue
	// Objects says what the host knows of the objects in the log. Defaults as its
	// fields say.
	Objects Objects
	// Users returns emails to offer in the User filter beside those in the
	// log, which stay even if the host has deleted the user. Defaults to none.
	Users func(ctx context.Context) ([]string, error)
	// Exports adjusts the files for download. Defaults as its fields say.
	Exports Exports

	// Zone is the zone of times, unless the URL names another. Defaults to UTC.
	Zone *time.Location
	// Timeout is how long a page may take, all its queries together: what is
	// slower is stopped in the database too, and answered with 503 and the advice
	// to narrow the query. Exports have their own bounds. Defaults to 30
	// seconds.
	Timeout time.Duration
	// OnError gets the causes of errors, which the reader of the page never sees.
	// Defaults to slog.ErrorContext.
	OnError func(*http.Request, error)
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Look is what the page looks like.
type Look struct {
	// Title is the page's title and heading. Defaults to "Audit Logs".
	Title string
	// Breadcrumb leads to the page; the page itself is added at its end. A URL
	// is a path, http(s), or relative to BasePath ("../"). Defaults to "Admin",
	// which leads one level up.
	Breadcrumb []Link
	// Logo stands before the heading. Defaults to none.
	Logo Logo
	// Theme sets the page's colours and its typeface for values, by the names of
	// its CSS variables without "--audit-": {"accent": "light-dark(#0a7d4f,
	// #7de0b4)"}. A host's own style sheet can set the same variables. Defaults
	// to the page's own.
	Theme map[string]string
	// Layout puts the page into the host's own chrome; see [Page] for what it
	// gets and has to write. Defaults to the page's own document.
	Layout func(w io.Writer, r *http.Request, page Page) error
}

// Objects is what the host knows of the objects in the log.
type Objects struct {
	// Labels are what people see for object types: {"api_key": "API Key"}.
	// Defaults to the type in words, with the usual initialisms.
	Labels map[string]string
	// RecordURL returns the addresses of the records' own pages, of those that
	// have one; it is asked once a page, never once a row. Addresses other than
	// http(s) and paths of the same host are not used. Defaults to no links.
	RecordURL func(ctx context.Context, objects []audit.Object) map[audit.Object]string
}

// Logo is a picture of the host's, shown 2rem high.
type Logo struct {
	// URL is a path on the same host: the content security policy allows no
	// other pictures. Text stands in if it cannot be seen.
	URL, Text string
}

// Link is a text with an address.
type Link struct {
	Text, URL string
}

func (o Options) withDefaults() (Options, error) {
	if o.Authorize == nil {
		return o, errors.New("httpui: Options.Authorize is nil: say who may see the audit log")
	}
	base, err := cleanBase(o.BasePath)
	if err != nil {
		return o, fmt.Errorf("httpui: Options.BasePath %q: %w", o.BasePath, err)
	}
	o.BasePath = base
	if o.Look.Title == "" {
		o.Look.Title = "Audit Logs"
	}
	if o.Look.Breadcrumb == nil {
		o.Look.Breadcrumb = []Link{{Text: "Admin", URL: "../"}}
	}
	for _, link := range o.Look.Breadcrumb {
		if !strings.HasPrefix(link.URL, ".") && !isSafeURL(link.URL) {
			return o, fmt.Errorf("httpui: Options.Look.Breadcrumb %q: the URL %q is neither a path nor http(s)", link.Text, link.URL)
		}
	}
	if logo := o.Look.Logo.URL; logo != "" && (!strings.HasPrefix(logo, "/") || !isSafeURL(logo)) {
		return o, fmt.Errorf("httpui: Options.Look.Logo.URL %q is not a path on the same host: begin it with one slash", logo)
	}
	switch {
	case o.Timeout == 0:
		o.Timeout = 30 * time.Second
	case o.Timeout < 0:
		return o, fmt.Errorf("httpui: Options.Timeout is %v: give how long a page may take, or 0 for 30 seconds", o.Timeout)
	}
	if o.Exports, err = o.Exports.withDefaults(); err != nil {
		return o, err
	}
	o.Words = o.Words.WithDefaults()
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Zone == time.Local {
		return o, errors.New("httpui: Options.Zone is time.Local, which has no name that a URL could hold: use time.LoadLocation")
	}
	// Links name the zone, and readers of the page trust the name.
	named, err := time.LoadLocation(o.Zone.String())
	if err != nil {
		return o, fmt.Errorf("httpui: Options.Zone: %w: use a zone from time.LoadLocation", err)
	}
	_, offset := time.Unix(0, 0).In(o.Zone).Zone()
	if _, want := time.Unix(0, 0).In(named).Zone(); offset != want {
		return o, fmt.Errorf("httpui: Options.Zone is called %q, but is %d seconds off that zone: use one from time.LoadLocation", o.Zone, offset-want)
	}
	if o.OnError == nil {
		o.OnError = func(r *http.Request, err error) {
			slog.ErrorContext(r.Context(), "showing the audit log", "error", err)
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}
