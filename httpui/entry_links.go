package httpui

import (
	"fmt"
	"net/url"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

// moment is a time in the reader's zone and in UTC.
type moment struct {
	UTC       string // for <time datetime>
	Text      string
	InUTC     string
	ShowsBoth bool
}

func newMoment(t time.Time, zone *time.Location) moment {
	const layout = "2006-01-02 15:04:05.000000 MST"
	m := moment{UTC: formatUTC(t), Text: t.In(zone).Format(layout), InUTC: t.UTC().Format(layout)}
	m.ShowsBoth = m.Text != m.InUTC
	return m
}

func formatUTC(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// objectLink is an object with the way to its history and to its own page.
type objectLink struct {
	audit.Object
	Label              string
	History, RecordURL string
}

func (p *presenter) objectLink(v view, o audit.Object, zone url.Values, records map[audit.Object]string) objectLink {
	out := objectLink{Object: o, Label: p.objectLabel(o.Type), RecordURL: records[o]}
	if o.ID != "" {
		out.History = v.to(objectPath(o)) + query(zone)
	}
	return out
}

// narrow are the links that add a value to the filter.
type narrow struct{ Only, Exclude, OnlyName, ExcludeName string }

func (p *presenter) narrow(v view, parameter, value string) narrow {
	s := p.words
	what := display.VisibleText(s.Parameters[parameter] + ": " + p.optionLabel(parameter, value))
	return narrow{
		Only: v.to(v.only(parameter, value)), Exclude: v.to(v.exclude(parameter, value)),
		OnlyName: fmt.Sprintf(s.Entry.OnlyThis, what), ExcludeName: fmt.Sprintf(s.Entry.ExcludeThis, what),
	}
}
