package httpui

import (
	"context"
	"maps"
	"time"

	"github.com/auditkeep/audit"
)

// skew is how far ahead of this machine's clock another one may be, whose
// entries must be seen at once nevertheless.
const skew = time.Minute

// pin fixes which entries a new walk through the pages shows: those up to the
// present, or up to the newest one in the range where machines' clocks run
// ahead of this one. From then on relative ranges count from there. A single
// entry dated years ahead does not drag them along.
func (rd *reader) pin(r *request, v view, now time.Time) (view, error) {
	v.root, v.filter.Org = r.root, r.org
	if v.pinned {
		return v, nil
	}
	now = now.Truncate(time.Microsecond) // as IDs are
	ahead := audit.Filter{Org: r.org, From: now, Until: horizon(v, now)}
	asOf := audit.FirstID(now)
	if ahead.Until.IsZero() || ahead.Until.After(now) {
		newest, err := rd.trail.Page(r.Context(), audit.Query{Filter: ahead, Limit: 1})
		if err != nil {
			return v, err
		}
		if len(newest.Entries) > 0 {
			asOf = newest.Entries[0].ID
		}
	}
	params := maps.Clone(v.params)
	params.Set("asof", asOf.String())
	pinned, _ := rd.urls.parseView(params, now) // v was without fault, and so is asof
	pinned.filter.Org = r.org
	pinned.params, pinned.pinned, pinned.root = v.params, false, v.root
	return pinned, nil
}

// horizon is the end of what a range may show beyond the present: the end of
// the day for ranges of days, nothing for those that end now, and no end for
// the others.
func horizon(v view, now time.Time) time.Time {
	switch rangeName(v.params) {
	case "", "all":
		return time.Time{}
	case "15m", "1h":
		return now.Add(skew)
	default:
		return v.filter.Until
	}
}

// newer counts the entries that the same query would show today and that this
// walk leaves out.
func (rd *reader) newer(ctx context.Context, v view, now time.Time) (int, error) {
	if !v.pinned {
		return 0, nil
	}
	today, wrong := rd.urls.parseView(v.fresh(), now)
	if len(wrong) > 0 {
		return 0, nil
	}
	f := today.filter
	f.Org = v.filter.Org
	if since := v.filter.NotAfter.Time(); f.From.Before(since) {
		f.From = since
	}
	if !f.Until.IsZero() && !f.From.Before(f.Until) {
		return 0, nil
	}
	all, err := rd.trail.Count(ctx, f, audit.CountCap+1)
	if err != nil || all == 0 {
		return 0, err
	}
	// Those of asof's own microsecond that the walk does show.
	f.NotAfter = v.filter.NotAfter
	shown, err := rd.trail.Count(ctx, f, audit.CountCap+1)
	return all - shown, err
}
