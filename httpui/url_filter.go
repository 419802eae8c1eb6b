package httpui

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/parameter"
)

// URLOptions says how to read what a URL leaves open.
type URLOptions struct {
	// Zone is the zone of times that name none, if the parameter tz is not
	// given. Defaults to UTC.
	Zone *time.Location
	// Range is the relative range if neither from, to nor range is given.
	// Defaults to "all".
	Range string
	// Now is what relative ranges count from, unless the parameter asof is
	// given. Defaults to the present.
	Now time.Time
}

// ParseFilter reads a filter from a page's URL parameters (those that
// [URLValues] writes, and the relative forms range and tz); it ignores all
// others. The organization is never among them. The error wraps
// [audit.ErrInvalidFilter] and names every malformed parameter; see
// [audit.FieldErrors].
func ParseFilter(v url.Values, o URLOptions) (audit.Filter, error) {
	p := urlParser{values: v}
	var f audit.Filter
	for _, param := range parameter.All() {
		p.read(param, &f)
	}
	if text := p.one("asof"); text != "" {
		id, err := audit.ParseID(text)
		p.fail("asof", text, err, "use the value that a page gave, unchanged")
		f.NotAfter = id
	}
	p.dateRange(&f, o)
	check := f
	check.Org = audit.PlatformOrg // the organization comes later, and from elsewhere
	for _, wrong := range audit.FieldErrors(check.Validate()) {
		wrong.Field = paramOf(wrong.Field)
		if !p.failed(wrong.Field) { // it says nothing about what could not be read
			p.errs = append(p.errs, wrong)
		}
	}
	if err := errors.Join(p.errs...); err != nil {
		return audit.Filter{}, err
	}
	return f, nil
}

// fieldParams are the parameters of what has no line in the table of parameters.
var fieldParams = map[string]string{
	"Filter.From": "from", "Filter.Until": "to", "Filter.NotAfter": "asof", "Filter.Org": "org",
	"Sort.By": "sort", "Sort.Dir": "dir", "Query.Limit": "per_page", "Query.Number": "page", "Query.After": "after",
}

// paramOf returns the parameter that stands for a Go field in the errors of the
// root package.
func paramOf(field string) string {
	if name, ok := fieldParams[field]; ok {
		return name
	}
	for _, param := range parameter.All() {
		if field == "Filter."+param.Field {
			return param.Name
		}
	}
	return field
}

// URLValues returns the parameters that [ParseFilter] reads the filter from,
// its times in UTC and to the microsecond: a valid filter comes back with the
// same meaning. Org is left out, and so are an empty object ID and an empty
// actor ID, which no address can name.
func URLValues(f audit.Filter) url.Values {
	v := url.Values{}
	for _, param := range parameter.All() {
		if texts := param.Write(&f); len(texts) > 0 {
			v[param.Name] = texts
		}
	}
	if !f.NotAfter.IsZero() {
		v.Set("asof", f.NotAfter.String())
	}
	// Entries' times are whole microseconds, so a bound between two of them
	// means the later one.
	if !f.From.IsZero() {
		v.Set("from", instantParam(ceilMicro(f.From)))
	}
	if !f.Until.IsZero() {
		// "to" includes what it names, so it names the last instant within.
		v.Set("to", instantParam(lastInstant(ceilMicro(f.Until))))
	}
	if f.From.IsZero() && f.Until.IsZero() {
		v.Set("range", "all")
	}
	return v
}

// ceilMicro rounds a time up to the microsecond.
func ceilMicro(t time.Time) time.Time {
	if cut := t.Truncate(time.Microsecond); cut.Before(t) {
		return cut.Add(time.Microsecond)
	}
	return t
}

// urlParser collects what is wrong with the parameters, so that a page can say
// all of it at once.
type urlParser struct {
	values url.Values
	errs   []error
}

func (p *urlParser) fail(name, value string, err error, remedy string) {
	if err != nil {
		p.errs = append(p.errs, &audit.FieldError{Field: name, Value: value, Problem: err.Error(), Remedy: remedy, Kind: audit.ErrInvalidFilter})
	}
}

// failed reports whether something is wrong with a parameter already.
func (p *urlParser) failed(name string) bool {
	return slices.ContainsFunc(audit.FieldErrors(errors.Join(p.errs...)), func(e *audit.FieldError) bool { return e.Field == name })
}

// read sets the field of a parameter.
func (p *urlParser) read(param parameter.Parameter, f *audit.Filter) {
	err := param.Read(f, p.values[param.Name])
	for _, one := range unjoin(err) {
		var wrong *parameter.Error
		if errors.As(one, &wrong) {
			p.fail(param.Name, wrong.Value, wrong, wrong.Remedy)
		}
	}
}

// unjoin returns the errors that one was joined from.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// one returns a parameter that must not be repeated, without blanks around it.
func (p *urlParser) one(name string) string {
	values := p.values[name]
	if len(values) > 1 {
		p.fail(name, values[1], errors.New("given more than once"), "give one value")
	}
	if len(values) == 0 {
		return ""
	}
	return strings.TrimSpace(values[0])
}
