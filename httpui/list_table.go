package httpui

import (
	"fmt"
	"time"

	"github.com/auditkeep/audit"
)

// table is the list of entries.
type table struct {
	Caption string
	Headers []header
	Rows    []row
}

// header is a column's head, a link that sorts.
type header struct {
	Text string
	URL  string
	// Sort is the value of aria-sort, empty on all columns but one.
	Sort string
	// Zone is named where the column holds times.
	Zone string
}

// row is one entry. Texts from outside are raw: the templates show them by way
// of visible.
type row struct {
	ID        string
	UTC       string // for <time datetime>
	Date      string
	Clock     string
	Zone      string // the abbreviation in force at that time
	Object    audit.Object
	Label     string // of the object's type
	RecordURL string
	Entry     string // the way to the entry's own page
	History   string // and to the object's; none for an entry without an object
	Pill      pill
	Changes   changeList
	Actor     actor
	IP        string
}

// pill is the coloured action: class and glyph say the same as the colour.
type pill struct{ Class, Glyph, Text string }

// actor is who did it: Note says what Name is where it is no email.
type actor struct{ Note, Name, OnBehalfOf string }

func (h *Handler) table(r *request, v view, f found) *table {
	t := &table{Caption: h.caption(v, f.count)}
	for _, column := range audit.Columns() {
		head := header{Text: h.options.Strings.Columns[column], URL: v.sortLink(column)}
		if column == audit.ByTimestamp {
			head.Zone = v.zone.String()
		}
		if column == v.sort.By {
			head.Sort = map[audit.Direction]string{audit.Ascending: "ascending", audit.Descending: "descending"}[v.sort.Dir]
		}
		t.Headers = append(t.Headers, head)
	}
	var objects []audit.Object
	for _, entry := range f.page.Entries {
		objects = append(objects, entry.Whole().Object)
	}
	urls := h.recordURLs(r, objects...)
	for _, entry := range f.page.Entries {
		t.Rows = append(t.Rows, h.row(r, v, entry, urls[entry.Object]))
	}
	return t
}

func (h *Handler) row(r *request, v view, e audit.Entry, recordURL string) row {
	at := e.OccurredAt.In(v.zone)
	out := row{
		ID:        e.ID.String(),
		UTC:       e.OccurredAt.UTC().Format(time.RFC3339), // to the second, as shown: fractions make the page a thirtieth larger
		Date:      at.Format("2006-01-02"),
		Clock:     at.Format("15:04:05"),
		Zone:      at.Format("MST"),
		Object:    e.Object,
		Label:     h.objectLabel(e.Object.Type),
		RecordURL: recordURL,
		Entry:     v.entryLink(r, e.ID),
		History:   h.objectLink(r, e.Object, only(v.params, []string{"tz"}), nil).History,
		Pill:      h.pill(e.Action),
		Changes:   h.changeList(e).linked(v.entryLink(r, e.ID)),
		Actor:     h.actor(e.Actor),
	}
	if e.IP.IsValid() {
		out.IP = e.IP.String()
	}
	return out
}

func (h *Handler) pill(a audit.Action) pill {
	out := pillOf(a)
	out.Text = h.actionLabel(a)
	return out
}

// pillOf returns the look of an action's pill, without its text.
func pillOf(a audit.Action) pill {
	switch a {
	case audit.ActionCreate:
		return pill{Class: "audit-create", Glyph: "+"}
	case audit.ActionUpdate:
		return pill{Class: "audit-update", Glyph: "~"}
	case audit.ActionDestroy:
		return pill{Class: "audit-destroy", Glyph: "−"}
	default:
		return pill{Class: "audit-other", Glyph: "•"}
	}
}

func (h *Handler) actor(a audit.Actor) actor {
	s := h.options.Strings
	out := actor{Name: a.Email, OnBehalfOf: a.OnBehalfOf}
	switch {
	case a.Email != "":
	case a.ID == "" && a.Kind == audit.ActorSystem:
		out.Name = s.System
	case a.ID == "":
		out.Name = s.UnknownActor
	case a.Kind == audit.ActorAPIKey:
		out.Note, out.Name = s.APIKey, a.ID
	case a.Kind == audit.ActorDatabaseRole:
		out.Note, out.Name = s.Role, a.ID
	default:
		out.Name = a.ID
	}
	return out
}

// caption says which entries the table holds, and in which order.
func (h *Handler) caption(v view, count counted) string {
	s := h.options.Strings
	var order string
	switch up := v.sort.Dir == audit.Ascending; {
	case v.sort.By == audit.ByTimestamp && up:
		order = s.OldestFirst
	case v.sort.By == audit.ByTimestamp:
		order = s.NewestFirst
	case up:
		order = fmt.Sprintf(s.SortedUp, s.Columns[v.sort.By])
	default:
		order = fmt.Sprintf(s.SortedDown, s.Columns[v.sort.By])
	}
	caption := fmt.Sprintf(s.Caption, order)
	if v.page > 0 {
		caption += " " + s.PageOf(v.page, count.pages, count.more)
	}
	return caption
}
