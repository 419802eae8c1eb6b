package httpui

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/auditkeep/audit"
)

// Ranges are the relative ranges that a URL may name, in the page's order.
func Ranges() []string {
	return []string{"15m", "1h", "today", "yesterday", "7d", "30d", "90d", "all"}
}

func (p *urlParser) dateRange(f *audit.Filter, o URLOptions) {
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
