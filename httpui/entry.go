package httpui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/auditkeep/audit"
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

// readEntry returns an entry of the reader's organization. The answer is the same
// if another one has it, if nobody has it, and if the name is not an ID.
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

// readView parses the list's parameters on another screen, to keep the way back.
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
