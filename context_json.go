package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"github.com/auditkeep/audit/internal/stored"
)

// contextJSON is the form of [Log.MarshalContext]. Queues keep it, so what was
// once written must stay readable.
type contextJSON struct {
	Org     string       `json:"org,omitempty"`
	Actor   *actorJSON   `json:"actor,omitempty"`
	Request *requestJSON `json:"request,omitempty"`
}

type actorJSON struct {
	Kind       ActorKind `json:"kind,omitempty"`
	ID         string    `json:"id,omitempty"`
	Email      string    `json:"email,omitempty"`
	OnBehalfOf string    `json:"on_behalf_of,omitempty"`
}

type requestJSON struct {
	IP        netip.Addr `json:"ip,omitzero"`
	IPNote    string     `json:"ip_note,omitempty"`
	ID        string     `json:"id,omitempty"`
	UserAgent string     `json:"user_agent,omitempty"`
}

// MarshalContext returns the context's organization, actor and request as a
// JSON object, for a queue to keep beside a job: what the job records is then
// recorded as done by who asked for it. The worker takes it up with
// [UnmarshalContext]. An actor that only [Config].Actor knows is asked
// for now, since the worker's context would not know.
//
// Keep it with the host's own data: whoever can change it can put another's name
// to the job.
func (l *Log) MarshalContext(ctx context.Context) ([]byte, error) {
	var out contextJSON
	if org, known := OrgFrom(ctx); known {
		if problem := stored.Problem(org, stored.Org); problem != "" {
			return nil, invalidEvent("Org", org, problem, "give WithOrg the organization's stable key")
		}
		out.Org = org
	}
	actor, known := ActorFrom(ctx)
	if !known && l.config.Actor != nil {
		actor = l.config.Actor(ctx)
		known = !actor.IsZero()
	}
	if known {
		out.Actor = &actorJSON{
			Kind:       ActorKind(stored.Text(string(actor.Kind), stored.ActorKind)),
			ID:         carriedKey(actor.ID, stored.ActorID),
			Email:      carriedKey(actor.Email, stored.Email),
			OnBehalfOf: carriedKey(actor.OnBehalfOf, stored.Email),
		}
	}
	if request, known := RequestFrom(ctx); known {
		out.Request = &requestJSON{
			IP:        plainIP(request.IP),
			IPNote:    stored.Text(request.IPNote, stored.UserAgent),
			ID:        carriedKey(request.ID, stored.RequestID),
			UserAgent: stored.Text(request.UserAgent, stored.UserAgent),
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("writing a context: %w", err)
	}
	return text, nil
}

// carriedKey is a text that entries are looked up by as a queue can keep it:
// whole, if it can, so that the worker's entries are those of the request.
func carriedKey(s string, most int) string {
	if stored.Fits(s, stored.Whole) {
		return s
	}
	return stored.Key(s, most)
}

// UnmarshalContext returns a context with the organization, actor and request
// that [Log.MarshalContext] has written. What it did not know stays as it is in
// ctx. Keys that a later version may have added are passed over.
func UnmarshalContext(ctx context.Context, text []byte) (context.Context, error) {
	var in *contextJSON
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&in); err != nil {
		return nil, fmt.Errorf("reading a context: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading a context: more than one JSON value")
	}
	if in == nil {
		return nil, errors.New("reading a context: null, where a JSON object was written")
	}
	if in.Org != "" {
		ctx = WithOrg(ctx, in.Org)
	}
	if in.Actor != nil {
		ctx = WithActor(ctx, Actor(*in.Actor))
	}
	if in.Request != nil {
		ctx = WithRequest(ctx, Request(*in.Request))
	}
	return ctx, nil
}
