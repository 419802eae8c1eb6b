package httpui

import (
	"fmt"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/words"
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
	Actor     display.Actor
	IP        string
}

// pill is the coloured action: class and glyph say the same as the colour.
type pill struct{ Class, Glyph, Text string }

func (p *presenter) table(v view, f found, urls map[audit.Object]string) *table {
	t := &table{Caption: p.caption(v, f.count)}
	for _, column := range audit.Columns() {
		head := header{Text: p.words.Columns[column], URL: v.sortLink(column)}
		if column == audit.ByTimestamp {
			head.Zone = v.zone.String()
		}
		if column == v.sort.By {
			head.Sort = map[audit.Direction]string{audit.Ascending: "ascending", audit.Descending: "descending"}[v.sort.Dir]
		}
		t.Headers = append(t.Headers, head)
	}
	for _, entry := range f.page.Entries {
		t.Rows = append(t.Rows, p.row(v, entry, urls[entry.Object]))
	}
	return t
}

func (p *presenter) row(v view, e audit.Entry, recordURL string) row {
	at := e.OccurredAt.In(v.zone)
	out := row{
		ID:        e.ID.String(),
		UTC:       e.OccurredAt.UTC().Format(time.RFC3339), // to the second, as shown: fractions make the page a thirtieth larger
		Date:      at.Format("2006-01-02"),
		Clock:     at.Format("15:04:05"),
		Zone:      at.Format("MST"),
		Object:    e.Object,
		Label:     p.objectLabel(e.Object.Type),
		RecordURL: recordURL,
		Entry:     v.entryLink(e.ID),
		History:   p.objectLink(v, e.Object, only(v.params, []string{"tz"}), nil).History,
		Pill:      p.pill(e.Action),
		Changes:   p.changeList(e).linked(v.entryLink(e.ID)),
		Actor:     p.actor(e.Actor),
	}
	if e.IP.IsValid() {
		out.IP = e.IP.String()
	}
	return out
}

func (p *presenter) pill(a audit.Action) pill {
	out := pillOf(a)
	out.Text = p.actionLabel(a)
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

func (p *presenter) actor(a audit.Actor) display.Actor { return display.ActorOf(a, p.words) }

// caption says which entries the table holds, and in which order.
func (p *presenter) caption(v view, count counted) string {
	s := p.words
	var order string
	switch up := v.sort.Dir == audit.Ascending; {
	case v.sort.By == audit.ByTimestamp && up:
		order = s.Order.OldestFirst
	case v.sort.By == audit.ByTimestamp:
		order = s.Order.NewestFirst
	case up:
		order = fmt.Sprintf(s.Table.Ascending, s.Columns[v.sort.By])
	default:
		order = fmt.Sprintf(s.Table.Descending, s.Columns[v.sort.By])
	}
	caption := fmt.Sprintf(s.Table.Caption, order)
	if v.page > 0 {
		caption += " " + words.Fill(s.Table.PageOf, "page", s.Number(v.page), "pages", s.AtLeast(count.pages, count.more))
	}
	return caption
}
