package httpui

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"github.com/auditkeep/audit"
)

// dateForm is the fieldset "Date Range".
type dateForm struct {
	From, To timeField
	Ranges   []rangeButton
	Zones    []zoneOption
	// Earlier and Later shift the range by its own length, if it has one.
	Earlier, Later string
	ZoneProblems   []string

	params url.Values
}

// timeField is one bound of the range.
type timeField struct {
	Name, Value string
	// Type is datetime-local, or text for a value that is not a time: browsers
	// would not show it.
	Type     string
	Problems []string
}

func newTimeField(name, value string, problems []string) timeField {
	f := timeField{Name: name, Value: value, Type: "datetime-local", Problems: problems}
	if _, err := time.Parse(localTime, withSeconds(value)); value != "" && err != nil {
		f.Type = "text"
	}
	return f
}

// rangeButton is a relative range.
type rangeButton struct {
	Range   string
	Current bool
}

// zoneOption is one zone to choose.
type zoneOption struct {
	Name     string
	Selected bool
}

// localTime is what a datetime-local field holds.
const localTime = "2006-01-02T15:04:05"

func (p *presenter) dateForm(fields url.Values, wrong problems, now time.Time) dateForm {
	form := dateForm{
		ZoneProblems: wrong["tz"],
		params:       only(fields, append([]string{"tz"}, dateParams...)),
	}
	current := rangeName(fields)
	for _, name := range Ranges() {
		form.Ranges = append(form.Ranges, rangeButton{Range: name, Current: name == current})
	}
	zone := p.urls.zoneOf(fields)
	names := []string{"UTC", p.zone.String(), cmp.Or(fields.Get("tz"), zone.String())}
	for i, name := range names {
		if !slices.Contains(names[:i], name) {
			form.Zones = append(form.Zones, zoneOption{Name: name, Selected: name == names[2]})
		}
	}
	from, to := fields.Get("from"), fields.Get("to")
	// What cannot be read stays as it was given.
	f, err := ParseFilter(only(fields, append([]string{"tz", "asof"}, dateParams...)), p.urls.urlOptions(now))
	if err == nil {
		from, to = formatBound(f.From, zone), formatBound(lastInstant(f.Until), zone)
		form.Earlier = shifted(fields, f, zone, -1)
		if !f.Until.After(now) { // there is nothing in the future
			form.Later = shifted(fields, f, zone, +1)
		}
	}
	form.From = newTimeField("from", from, slices.Concat(wrong["from"], wrong["range"]))
	form.To = newTimeField("to", to, wrong["to"])
	return form
}

func formatBound(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(localTime)
}

// hidden are the fields by which submit knows that nobody touched the times.
func (d dateForm) hidden() []hiddenField {
	return []hiddenField{
		{paramDates, d.params.Encode()},
		{paramShownFrom, d.From.Value},
		{paramShownTo, d.To.Value},
	}
}

// shifted leads to the range of the same length before or after this one. Days
// stay days, even where the clocks change.
func shifted(fields url.Values, f audit.Filter, zone *time.Location, direction int) string {
	if f.From.IsZero() || f.Until.IsZero() {
		return ""
	}
	from, until := f.From.In(zone), f.Until.In(zone)
	if isMidnight(from) && isMidnight(until) {
		days := int(until.Sub(from).Round(24*time.Hour)/(24*time.Hour)) * direction
		from, until = from.AddDate(0, 0, days), until.AddDate(0, 0, days)
	} else {
		span := until.Sub(from) * time.Duration(direction)
		from, until = from.Add(span), until.Add(span)
	}
	dates := url.Values{
		"from": {from.Format(localTime)},
		"to":   {lastInstant(until).Format(localTime)},
	}
	return view{params: only(fields, viewParams)}.withRange(dates)
}

func isMidnight(t time.Time) bool {
	hour, minute, second := t.Clock()
	return hour == 0 && minute == 0 && second == 0 && t.Nanosecond() == 0
}
