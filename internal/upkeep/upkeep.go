// Package upkeep has what the Admins of the stores share: the entries that record
// holds and expiries, and the reasons for which a month is kept.
package upkeep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/retention"
)

// The reasons for which a month is kept.
const (
	// EndsLater is the reason of the month in which Policy.Before lies.
	EndsLater = "it ends after the given time, and goes as a whole"
	// InDefault is the reason of PostgreSQL's default partition.
	InDefault = "they are in the default partition, which is never dropped: bring them into months with MakePartitions first"
)

// Errors about the names of holds. They wrap retention.ErrInvalid.
var (
	ErrHoldExists = fmt.Errorf("%w: Hold.Name: a hold of this name exists; release it first, or choose another name", retention.ErrInvalid)
	ErrNoHold     = fmt.Errorf("%w: there is no hold of this name; Holds lists them", retention.ErrInvalid)
)

// ErrNoTrail is returned if there is no log to record a removal or a hold in.
var ErrNoTrail = errors.New("no log is given to record it in: give the *audit.Log")

// Record records an event in the platform's organization, whatever the context's
// organization is. If there is no actor, it is [Actor].
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

// Actor is the actor of expiries and holds if neither the context nor the log has
// one.
var Actor = audit.System("audit retention")

// Expired returns the event that entries of a month were removed.
func Expired(policy retention.Policy, m retention.Month) audit.Event {
	metadata := map[string]any{"before": text(policy.Before), "entries": m.Entries}
	for key, value := range map[string]string{"org": policy.Org, "from": text(m.From), "until": text(m.Until)} {
		if value != "" {
			metadata[key] = value
		}
	}
	if m.Bytes > 0 {
		metadata["bytes"] = m.Bytes
	}
	if policy.Org != "" && m.Copied > 0 {
		metadata["copied"] = m.Copied
	}
	return audit.Performed("expire", audit.Object{Type: "audit_month", ID: m.Name}).WithMetadata(metadata)
}

// Placed returns the event that a hold was placed.
func Placed(h retention.Hold) audit.Event {
	return audit.Created(fieldsOf(h)).WithObject(audit.Object{Type: "audit_hold", ID: h.Name})
}

// Released returns the event that a hold was released.
func Released(h retention.Hold) audit.Event {
	return audit.Destroyed(fieldsOf(h)).WithObject(audit.Object{Type: "audit_hold", ID: h.Name})
}

// fieldsOf returns the fields of a hold that its entries show: those that are given.
func fieldsOf(h retention.Hold) map[string]any {
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

// Keep writes into a month which holds keep the part that would go, and reports
// whether there are any.
func Keep(m *retention.Month, holds []retention.Hold, policy retention.Policy) bool {
	until := m.Until
	if until.IsZero() || until.After(policy.Before) {
		until = policy.Before
	}
	m.Holds, m.Kept = nil, ""
	for _, h := range holds {
		if h.Touches(policy.Org, m.From, until) {
			m.Holds = append(m.Holds, h.Name)
		}
	}
	slices.Sort(m.Holds)
	if len(m.Holds) > 0 {
		m.Kept = "held by " + strings.Join(m.Holds, ", ")
	}
	return len(m.Holds) > 0
}
