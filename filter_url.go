package audit

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// URLOptions says how to read what a URL leaves open.
type URLOptions struct {
	// Zone is the zone of times that name none, where the parameter tz is not
	// given. Defaults to UTC.
	Zone *time.Location
	// Range is the relative range where neither from, to nor range is given.
	// Defaults to "all".
	Range string
	// Now is what relative ranges count from, unless the parameter asof is
	// given. Defaults to the present.
	Now time.Time
}

// ParseFilter reads a filter from a page's URL parameters (those that
// [Filter.URLValues] writes, and the relative forms range and tz); it ignores
// all others. The organization is never among them. The error wraps
// ErrInvalidFilter and names every malformed parameter; see [FieldErrors].
func ParseFilter(v url.Values, o URLOptions) (Filter, error) {
	p := urlParser{values: v}
	f := Filter{
		Actions:        actions(v["action"]),
		ObjectTypes:    v["object_type"],
		ActorEmails:    v["user"],
		ObjectIDs:      given(v["record_id"]),
		RequestID:      p.exact("request"),
		Parent:         Object{Type: p.exact("parent_type"), ID: p.exact("parent_id")},
		ActorIDs:       v["actor_id"],
		NotActions:     actions(v["not_action"]),
		NotObjectTypes: v["not_object_type"],
		NotActorEmails: v["not_user"],
	}
	f.IPs, f.NotIPs = p.prefixes("ip"), p.prefixes("not_ip")
	if text := p.one("asof"); text != "" {
		id, err := ParseID(text)
		p.fail("asof", text, err, "use the value that a page gave, unchanged")
		f.NotAfter = id
	}
	p.dateRange(&f, o)
	// The organization comes later, and from elsewhere.
	check := f
	check.Org = PlatformOrg
	for _, kind := range v["actor_kind"] {
		f.ActorKinds = append(f.ActorKinds, ActorKind(kind))
	}
	for _, source := range v["source"] {
		f.Sources = append(f.Sources, Source(source))
	}
	check.ActorKinds, check.Sources = f.ActorKinds, f.Sources
	for _, key := range []string{"user", "not_user", "actor_id", "record_id", "request", "parent_id"} {
		for _, value := range v[key] {
			// Of any length, but a text.
			if problem := textProblem(value, len(value)); problem != "" && !p.failed(key) {
				p.fail(key, value, errors.New(problem), "copy the value from an entry")
			}
		}
	}
	for _, wrong := range FieldErrors(check.Validate()) {
		wrong.Field = parameters[wrong.Field]
		if !p.failed(wrong.Field) { // it says nothing about what could not be read
			p.errs = append(p.errs, wrong)
		}
	}
	if err := errors.Join(p.errs...); err != nil {
		return Filter{}, err
	}
	return f, nil
}

// parameters are the names that a URL has for a filter's fields.
var parameters = map[string]string{
	"Filter.Actions": "action", "Filter.ObjectTypes": "object_type", "Filter.ActorEmails": "user", "Filter.ObjectIDs": "record_id",
	"Filter.ActorIDs": "actor_id", "Filter.ActorKinds": "actor_kind", "Filter.Sources": "source",
	"Filter.NotActions": "not_action", "Filter.NotObjectTypes": "not_object_type", "Filter.NotActorEmails": "not_user",
	"Filter.IPs": "ip", "Filter.NotIPs": "not_ip", "Filter.RequestID": "request",
	"Filter.Parent.Type": "parent_type", "Filter.Parent.ID": "parent_id",
	"Filter.From": "from", "Filter.Until": "to", "Filter.NotAfter": "asof",
}

// given returns the values that are not empty: a form sends empty fields too.
func given(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
}

func actions(values []string) []Action {
	if len(values) == 0 {
		return nil
	}
	out := make([]Action, len(values))
	for i, value := range values {
		out[i] = Action(value)
	}
	return out
}

// URLValues returns the parameters that ParseFilter reads the filter from,
// its times in UTC and to the microsecond: a valid filter comes back with the
// same meaning. Org is left out.
func (f Filter) URLValues() url.Values {
	v := url.Values{}
	list := func(key string, values []string) {
		if len(values) > 0 {
			v[key] = append([]string(nil), values...)
		}
	}
	one := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	list("action", toStrings(f.Actions))
	list("object_type", f.ObjectTypes)
	list("user", keyTexts(stored.Email, f.ActorEmails...))
	list("not_action", toStrings(f.NotActions))
	list("not_object_type", f.NotObjectTypes)
	list("not_user", keyTexts(stored.Email, f.NotActorEmails...))
	list("record_id", keyTexts(stored.ObjectID, f.ObjectIDs...))
	list("actor_id", keyTexts(stored.ActorID, f.ActorIDs...))
	list("actor_kind", toStrings(f.ActorKinds))
	list("source", toStrings(f.Sources))
	one("request", keyTexts(stored.RequestID, f.RequestID)[0])
	one("parent_type", f.Parent.Type)
	one("parent_id", keyTexts(stored.ObjectID, f.Parent.ID)[0])
	for _, prefix := range f.IPs {
		v.Add("ip", formatPrefix(prefix))
	}
	for _, prefix := range f.NotIPs {
		v.Add("not_ip", formatPrefix(prefix))
	}
	if !f.NotAfter.IsZero() {
		v.Set("asof", f.NotAfter.String())
	}
	// Entries' times are whole microseconds, so a bound between two of them
	// means the later one.
	if !f.From.IsZero() {
		v.Set("from", ceilMicro(f.From).UTC().Format(rfc3339Micro))
	}
	if !f.Until.IsZero() {
		// "to" includes what it names, so it names the last instant within.
		v.Set("to", ceilMicro(f.Until).UTC().Add(-time.Microsecond).Format(rfc3339Micro))
	}
	if f.From.IsZero() && f.Until.IsZero() {
		v.Set("range", "all")
	}
	return v
}

// keyTexts returns what entries are looked up by as a URL can hold it: whole,
// unless it is not a text.
func keyTexts(most int, values ...string) []string {
	values = slices.Clone(values)
	for i, value := range values {
		if !stored.Fits(value, len(value)) {
			values[i] = stored.Key(value, most)
		}
	}
	return values
}

// rfc3339Micro always writes the microseconds: a time that names a fraction
// means that microsecond, one that names none the whole second.
const rfc3339Micro = "2006-01-02T15:04:05.000000Z07:00"

// ceilMicro rounds a time up to the microsecond.
func ceilMicro(t time.Time) time.Time {
	if cut := t.Truncate(time.Microsecond); cut.Before(t) {
		return cut.Add(time.Microsecond)
	}
	return t
}

func formatPrefix(p netip.Prefix) string {
	p = plainPrefix(p)
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// urlParser collects what is wrong with the parameters, so that a page can say
// all of it at once.
type urlParser struct {
	values url.Values
	errs   []error
}

func (p *urlParser) fail(field, value string, err error, remedy string) {
	if err != nil {
		p.errs = append(p.errs, invalidFilter(field, value, err.Error(), remedy))
	}
}

// failed reports whether something is wrong with a parameter already.
func (p *urlParser) failed(field string) bool {
	return slices.ContainsFunc(FieldErrors(errors.Join(p.errs...)), func(e *FieldError) bool { return e.Field == field })
}

// one returns a parameter that must not be repeated, without blanks around it.
func (p *urlParser) one(key string) string { return strings.TrimSpace(p.exact(key)) }

// exact returns a parameter that must not be repeated, as it is: a blank may be
// part of an ID.
func (p *urlParser) exact(key string) string {
	values := p.values[key]
	if len(values) > 1 {
		p.fail(key, values[1], errors.New("given more than once"), "give one value")
	}
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

const ipRemedy = "write an address such as 203.0.113.24 or 2001:db8::42, or a range such as 203.0.113.0/24"

// prefix reads an address or a range; a range's host bits are cleared.
func (p *urlParser) prefix(field, text string) netip.Prefix {
	if text == "" {
		return netip.Prefix{}
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = plainIP(addr)
		return netip.PrefixFrom(addr, addr.BitLen())
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		p.fail(field, text, errors.New("not an IP address or range"), ipRemedy)
		return netip.Prefix{}
	}
	return plainPrefix(prefix)
}

// prefixes reads all values of a parameter that are not empty.
func (p *urlParser) prefixes(field string) (all []netip.Prefix) {
	for _, text := range p.values[field] {
		if prefix := p.prefix(field, strings.TrimSpace(text)); prefix.IsValid() {
			all = append(all, prefix)
		}
	}
	return all
}

// plainPrefix returns the range in the form that entries' addresses have: a
// range of IPv4 addresses mapped into IPv6 is one of IPv4.
func plainPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// Ranges are the relative ranges that a URL may name, in the page's order.
func Ranges() []string {
	return []string{"15m", "1h", "today", "yesterday", "7d", "30d", "90d", "all"}
}

func (p *urlParser) dateRange(f *Filter, o URLOptions) {
	zone := p.zone(o.Zone)
	from, to, preset := p.one("from"), p.one("to"), p.one("range")
	if from == "" && to == "" {
		if preset == "" {
			preset = o.Range
		}
		now := o.Now
		if !f.NotAfter.IsZero() {
			now = f.NotAfter.Time()
		} else if now.IsZero() {
			now = time.Now()
		}
		var ok bool
		if f.From, f.Until, ok = relativeRange(preset, now.In(zone)); !ok {
			p.fail("range", preset, errors.New("not a range"), fmt.Sprintf("use one of %q", Ranges()))
		}
		return
	}
	if preset != "" {
		p.fail("range", preset, errors.New("given beside from or to"), "give either a range, or from and to")
	}
	if from != "" {
		start, _, err := parseTime(from, zone, earlier)
		p.fail("from", from, err, timeRemedy)
		f.From = start
	}
	if to != "" {
		end, unit, err := parseTime(to, zone, later)
		p.fail("to", to, err, timeRemedy)
		if err == nil {
			f.Until = end.Add(unit)
		}
	}
}

func (p *urlParser) zone(preset *time.Location) *time.Location {
	name := p.one("tz")
	if name == "" {
		if preset == nil {
			return time.UTC
		}
		return preset
	}
	// "Local" would be the server's own zone, which is nobody's business, and
	// "posixrules" a file that machines have beside the zones.
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "posixrules" {
		p.fail("tz", name, errors.New("not a time zone"), "use an IANA name such as Asia/Kolkata")
		return time.UTC
	}
	return zone
}

// relativeRange returns the first instant within the named range and the first
// after it. Ranges of days are whole days of now's zone, today included.
func relativeRange(name string, now time.Time) (from, until time.Time, ok bool) {
	midnight := func(days int) time.Time {
		return resolveLocal(time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, time.UTC), now.Location(), earlier)
	}
	switch name {
	case "all", "":
		return time.Time{}, time.Time{}, true
	case "15m":
		return now.Add(-15 * time.Minute), now.Add(time.Microsecond), true
	case "1h":
		return now.Add(-time.Hour), now.Add(time.Microsecond), true
	case "today":
		return midnight(0), midnight(1), true
	case "yesterday":
		return midnight(-1), midnight(0), true
	case "7d", "30d", "90d":
		days, _ := strconv.Atoi(strings.TrimSuffix(name, "d"))
		return midnight(-days), midnight(1), true
	}
	return time.Time{}, time.Time{}, false
}

const timeRemedy = "write it as 2006-01-02T15:04, 2006-01-02T15:04:05 or in RFC 3339"

// parseTime reads a time and says how long the unit is that it names last: a
// minute, a second, or a microsecond where it has a fraction.
func parseTime(text string, zone *time.Location, pick choice) (time.Time, time.Duration, error) {
	for _, local := range []struct {
		layout string
		unit   time.Duration
	}{{"2006-01-02T15:04", time.Minute}, {"2006-01-02T15:04:05", time.Second}} {
		if len(text) != len(local.layout) {
			continue
		}
		if wall, err := time.Parse(local.layout, text); err == nil {
			return resolveLocal(wall, zone, pick), local.unit, nil
		}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !isRFC3339(text, t) {
		return time.Time{}, 0, errors.New("not a time")
	}
	if strings.Contains(text, ".") {
		return t.Truncate(time.Microsecond).UTC(), time.Microsecond, nil
	}
	return t.UTC(), time.Second, nil
}

// isRFC3339 reports whether a text is the RFC 3339 form of the time that
// time.Parse found in it, which also takes "T1:30" and a comma before the
// fraction. The zone may be written in any way.
func isRFC3339(text string, t time.Time) bool {
	const seconds = "2006-01-02T15:04:05"
	if len(text) <= len(seconds) || text[:len(seconds)] != t.Format(seconds) {
		return false
	}
	zone := strings.TrimLeft(strings.TrimPrefix(text[len(seconds):], "."), "0123456789")
	if year := t.UTC().Year(); year < 0 || year > 9999 {
		return false
	}
	return !strings.HasPrefix(text[len(seconds):], ",") && (zone == "Z" || len(zone) == len("+05:30"))
}

// choice says which of the two instants a clock shows twice is meant.
type choice bool

const (
	earlier choice = false
	later   choice = true
)

// resolveLocal returns the instant, in UTC, at which a clock in the zone shows
// the wall time (which is given in UTC). Where the clock shows it twice, pick
// decides; where it jumps over it, the next instant there is.
func resolveLocal(wall time.Time, zone *time.Location, pick choice) time.Time {
	offsetAt := func(t time.Time) time.Duration {
		_, seconds := t.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	// No zone is further from UTC than a day, so these two surround any change.
	before, after := offsetAt(wall.Add(-24*time.Hour)), offsetAt(wall.Add(24*time.Hour))
	first, second := wall.Add(-before), wall.Add(-after)
	if second.Before(first) {
		first, second = second, first
	}
	shows := func(t time.Time) bool { return t.Add(offsetAt(t)).Equal(wall) }
	switch {
	case pick == later && shows(second):
		return second
	case shows(first):
		return first
	case shows(second):
		return second
	}
	// The clock jumped over it: the jump is where the later guess's zone begins.
	jump, _ := second.In(zone).ZoneBounds()
	return jump.UTC()
}
