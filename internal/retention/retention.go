// Package retention holds what the stores share about holds and the expiry of
// entries: the entries that these leave about themselves, and the reasons for
// which a month is kept.
package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditkeep/audit"
)

// The reasons for which a month is kept.
const (
	// EndsLater is that of the month in which Retention.Before lies.
	EndsLater = "it ends after the given time, and goes as a whole"
	// InDefault is that of PostgreSQL's default partition.
	InDefault = "they are in the default partition, which is never dropped: bring them into months with MakePartitions first"
)

// The errors about the names of holds.
var (
	ErrHoldExists = fmt.Errorf("%w: Hold.Name: a hold of this name exists; release it first, or choose another name", audit.ErrInvalidRetention)
	ErrNoHold     = fmt.Errorf("%w: there is no hold of this name; Holds lists them", audit.ErrInvalidRetention)
)

// ErrNoTrail is returned where nothing could be recorded about a removal.
var ErrNoTrail = errors.New("no log is given to record it in: give the *audit.Log")

// Record records an event in the platform's organization, whatever the
// context's is. If nobody said who acts, the actor is the upkeep of the log.
func Record(ctx context.Context, trail *audit.Log, tx audit.Tx, event audit.Event) error {
	if trail == nil {
		return ErrNoTrail
	}
	ctx = audit.WithOrg(ctx, audit.PlatformOrg)
	prepared, err := trail.Prepare(ctx, event) // only the log knows all ways to say who acts
	if errors.Is(err, audit.ErrNoActor) || len(prepared) > 0 && prepared[0].Actor == (audit.Actor{Kind: audit.ActorUnknown}) {
		ctx = audit.WithActor(ctx, Actor)
	}
	return trail.Record(ctx, tx, event)
}

// Actor is the actor of expiries and holds of which nobody said who made them.
var Actor = audit.System("audit retention")

// Expired is the event that entries of a month were removed.
func Expired(r audit.Retention, m audit.ExpiryMonth) audit.Event {
	metadata := map[string]any{"before": text(r.Before), "entries": m.Entries}
	for key, value := range map[string]string{"org": r.Org, "from": text(m.From), "until": text(m.Until)} {
		if value != "" {
			metadata[key] = value
		}
	}
	if m.Bytes > 0 {
		metadata["bytes"] = m.Bytes
	}
	if r.Org != "" && m.Copied > 0 {
		metadata["copied"] = m.Copied
	}
	return audit.Performed("expire", audit.Object{Type: "audit_month", ID: m.Name}).WithMetadata(metadata)
}

// Placed is the event that a hold was placed, Released that it was released.
func Placed(h audit.Hold) audit.Event {
	return audit.Created(record(h)).WithObject(audit.Object{Type: "audit_hold", ID: h.Name})
}

// Released is the event that a hold was released.
func Released(h audit.Hold) audit.Event {
	return audit.Destroyed(record(h)).WithObject(audit.Object{Type: "audit_hold", ID: h.Name})
}

// record is a hold as its entries show it: without what it leaves open.
func record(h audit.Hold) map[string]any {
	fields := map[string]any{"reason": h.Reason}
	for key, value := range map[string]string{"org": h.Org, "from": text(h.From), "until": text(h.Until)} {
		if value != "" {
			fields[key] = value
		}
	}
	return fields
}

func text(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}

// Hold completes a month with the holds that keep the part of it that would
// go, and reports whether there are any.
func Hold(m *audit.ExpiryMonth, holds []audit.Hold, r audit.Retention) bool {
	until := m.Until
	if until.IsZero() || until.After(r.Before) {
		until = r.Before
	}
	m.Holds, m.Kept = nil, ""
	for _, h := range holds {
		if h.Touches(r.Org, m.From, until) {
			m.Holds = append(m.Holds, h.Name)
		}
	}
	slices.Sort(m.Holds)
	if len(m.Holds) > 0 {
		m.Kept = "held by " + strings.Join(m.Holds, ", ")
	}
	return len(m.Holds) > 0
}
