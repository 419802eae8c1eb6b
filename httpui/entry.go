package httpui

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/words"
)

// entryPage is what the template "entry" shows: one entry whole.
type entryPage struct {
	head
	Steps neighbours
	When  moment
	// Unreadable says why the entry cannot be read whole.
	Unreadable string
	// Recorded is nil where the store did not say.
	Recorded *moment

	Object, Parent objectLink
	Pill           pill
	Kind           string // of the actor
	ActorName      string // what stands in place of an email
	ActorID, Email string
	OnBehalfOf     string
	IP             string
	Request        string
	RequestURL     string // all entries of the request
	UserAgent      string
	Source         string
	Comment        whole
	Metadata       whole
	Narrow         map[string]narrow // by parameter
	Changes        wholeChanges
	Raw            whole
	RawURL         string
}

// neighbours lead from a screen to its neighbours and back.
type neighbours struct {
	Previous, Next, Back string
}

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

// whole is a value that is shown in full, within reason.
type whole struct {
	Text, Mark string
	Cut        int // characters left out
	// Shown is the text as it is shown, where that depends on what it is read
	// beside.
	Shown []display.Segment
}

// apart shows two values such that they differ. Blanks at the end of one alone
// are made visible.
func apart(before, after *whole) {
	old, now := before.Text, after.Text
	switch {
	case before.Mark != "" && after.Mark != "":
	case before.Mark != "":
		after.Shown, _ = display.ApartLines(now, strings.TrimSpace(now))
	case after.Mark != "":
		before.Shown, _ = display.ApartLines(old, strings.TrimSpace(old))
	default:
		before.Shown, after.Shown = display.ApartLines(old, now)
	}
}

// alone shows a value that nothing is beside.
func (w whole) alone() whole {
	none := whole{Mark: "none"}
	apart(&w, &none)
	return w
}

const (
	// maxWhole is how much of one value an entry's page shows, and maxRaw how
	// much of its JSON; all of it is in the JSON on its own.
	maxWhole = 20_000
	maxRaw   = 200_000
	// maxWholeFields and maxWholeBytes bound the fields shown there.
	maxWholeFields = 1000
	maxWholeBytes  = 1 << 20
)

// wholeChanges are all changed fields of an entry.
type wholeChanges struct {
	Both    bool      // each field has two sides
	Headers [2]string // of the two sides; Before and After where empty
	Fields  []wholeChange
	LeftOut int
}

// wholeChange is one field with full values.
type wholeChange struct {
	Field    string
	Name     []display.Segment // the field as it is shown, if it looks like another
	Old, New whole
	// Hidden says of a redacted field that it did change.
	Hidden bool
}

func (p *presenter) wholeChanges(e audit.Entry) wholeChanges {
	out := wholeChanges{Both: display.ShowsBothSides(e)}
	size, names := 0, display.Fields(e.Changes[:min(len(e.Changes), maxWholeFields)])
	for i, c := range e.Changes {
		if i == maxWholeFields || size > maxWholeBytes {
			out.LeftOut = len(e.Changes) - i
			break
		}
		old, now := p.wholeSides(c)
		line := wholeChange{
			Field: c.Field, Old: old, New: now,
			Hidden: c.Old.Kind() == audit.KindRedacted && c.New.Kind() == audit.KindRedacted,
		}
		if !out.Both && c.New.IsAbsent() {
			line.New = line.Old
		}
		if out.Both {
			apart(&line.Old, &line.New)
		} else {
			line.New = line.New.alone()
		}
		if names != nil {
			line.Name = names.Show(c.Field)
		}
		size += len(line.Field) + len(line.Old.Text) + len(line.New.Text)
		out.Fields = append(out.Fields, line)
	}
	return out
}

// wholeSides shows both values of a change. Of texts that are too long for the page
// and begin alike, it shows what is around the first difference.
func (p *presenter) wholeSides(c audit.Change) (old, now whole) {
	const context = 100
	if c.Old.Kind() != audit.KindString || c.New.Kind() != audit.KindString {
		return p.whole(c.Old), p.whole(c.New)
	}
	before, after, from := c.Old.Text(), c.New.Text(), 0
	for from < min(len(before), len(after)) && before[from] == after[from] {
		from++
	}
	if from -= context; before == after || max(len(before), len(after)) <= maxWhole || from+2*context < maxWhole {
		return p.whole(c.Old), p.whole(c.New)
	}
	for !utf8.RuneStart(before[from]) {
		from--
	}
	old, now = cutWhole("… "+before[from:], maxWhole), cutWhole("… "+after[from:], maxWhole)
	return old, now
}

// whole shows a value in full; lists and objects on lines of their own.
func (p *presenter) whole(v audit.Value) whole {
	s := p.words
	if mark, ok := display.Mark(v.Kind(), s); ok {
		return whole{Mark: mark}
	}
	switch v.Kind() {
	case audit.KindCut:
		if size, _, start := v.Cut(); size > 0 {
			return whole{Text: start, Mark: s.Count(s.Value.Cut, size)}
		}
		return whole{Mark: s.Value.CutShort}
	case audit.KindArray, audit.KindMap:
		return indented(v.JSON(), maxWhole)
	}
	text := v.Text()
	if text == "" {
		return whole{Mark: s.Value.Empty}
	}
	return cutWhole(text, maxWhole)
}

// entry serves {base}/entries/{id}, and the same as JSON below {id}.json.
func (h *Handler) entry(w http.ResponseWriter, r *request) error {
	name, asJSON := strings.CutSuffix(r.args[0], jsonSuffix)
	e, err := h.read.readEntry(r, name)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(w, http.StatusOK, e)
	}
	v, err := h.read.readView(r)
	if err != nil {
		return err
	}
	records := h.read.recordURLs(r, e.Whole().Object, e.Whole().Parent)
	zone := only(v.params, []string{"tz"})
	var metadata whole
	if !e.Metadata.IsAbsent() {
		metadata = h.present.whole(e.Metadata)
	}
	model := entryPage{
		head: h.pages.partHead(r, h.options.Words.Entry.Title, r.link(link(v.params))),
		When: newMoment(e.OccurredAt, v.zone), Unreadable: h.present.unreadable(e),

		Object: h.present.objectLink(v, e.Object, zone, records), Parent: h.present.objectLink(v, e.Parent, zone, records),
		Pill: h.present.pill(e.Action), Kind: h.present.actorKind(e.Actor), ActorName: h.present.actor(e.Actor).Name, ActorID: e.Actor.ID, Email: e.Actor.Email, OnBehalfOf: e.Actor.OnBehalfOf,
		Request: e.RequestID, UserAgent: e.UserAgent, Source: string(e.Source),
		Comment: whole{Text: e.Comment}, Metadata: metadata, Changes: h.present.wholeChanges(e),
		RawURL: r.link(entryPath(e.ID) + jsonSuffix),
		Narrow: map[string]narrow{
			"action": h.present.narrow(v, "action", string(e.Action)), "object_type": h.present.narrow(v, "object_type", e.Object.Type),
			"user": h.present.narrow(v, "user", e.Actor.Email),
		},
	}
	if !e.RecordedAt.IsZero() {
		recorded := newMoment(e.RecordedAt, v.zone)
		model.Recorded = &recorded
	}
	if e.IP.IsValid() {
		model.IP = e.IP.String()
		model.Narrow["ip"] = h.present.narrow(v, "ip", model.IP)
	}
	if e.RequestID != "" {
		all := only(v.params, []string{"tz"})
		all.Set("request", e.RequestID)
		all.Set("range", "all")
		model.RequestURL = r.link(link(all))
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	model.Raw = indented(unescapeHTML(raw), maxRaw)
	if model.Steps, err = h.read.findNeighbours(r, v, e); err != nil {
		return err
	}
	return h.pages.render(w, r, http.StatusOK, "entry", model)
}

// unescapeHTML undoes the escapes that encoding/json makes for the sake of
// HTML: the template makes its own.
func unescapeHTML(text []byte) string {
	return strings.NewReplacer(`\\`, `\\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text))
}

// readEntry returns an entry of the reader's organization. Whether another one
// has it, nobody has it, or the name is none, is all the same.
func (rd *reader) readEntry(r *request, name string) (audit.Entry, error) {
	id, err := audit.ParseID(name)
	if err != nil {
		return audit.Entry{}, noEntry(rd.words)
	}
	e, err := rd.trail.Entry(r.Context(), id)
	if errors.Is(err, audit.ErrNotFound) {
		return audit.Entry{}, noEntry(rd.words)
	}
	return e, err
}

func noEntry(w *words.Catalogue) error {
	return &failure{status: http.StatusNotFound, public: w.Entry.NotFound}
}

// readView reads the list's parameters on a screen that is none of its own.
func (rd *reader) readView(r *request) (view, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return view{}, &failure{status: http.StatusBadRequest, public: rd.words.Problem.BadQuery}
	}
	v, wrong := rd.urls.parseView(values, rd.now())
	if len(wrong) > 0 {
		first := wrong.list()[0]
		public := rd.words.Parameters[first.Parameter] + ": " + first.Message
		return view{}, &failure{status: http.StatusBadRequest, public: public}
	}
	return rd.pin(r, v, rd.now())
}

// findNeighbours finds the entries beside this one in the list that the parameters
// mean, whether or not it is in there itself.
func (rd *reader) findNeighbours(r *request, v view, e audit.Entry) (neighbours, error) {
	out := neighbours{Back: r.link(link(v.params))}
	at := audit.CursorAt(e, v.sort)
	before, err := rd.trail.Page(r.Context(), audit.Query{Filter: v.filter, Sort: v.sort, Limit: 1, Before: at})
	if err != nil {
		return out, err
	}
	after, err := rd.trail.Page(r.Context(), audit.Query{Filter: v.filter, Sort: v.sort, Limit: 1, After: at})
	if err != nil {
		return out, err
	}
	for _, previous := range before.Entries {
		out.Previous = v.entryLink(previous.ID)
	}
	for _, next := range after.Entries {
		out.Next = v.entryLink(next.ID)
	}
	return out, nil
}

// actorKind is the kind of actor in words.
func (p *presenter) actorKind(a audit.Actor) string { return display.ActorKind(a.Kind, p.words) }
