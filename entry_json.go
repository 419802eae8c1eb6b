package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// entryJSON is an entry's JSON: flat, under the names of the columns that the
// stores keep, in their order.
type entryJSON struct {
	ID         string          `json:"id"`
	OccurredAt string          `json:"occurred_at"`
	RecordedAt *string         `json:"recorded_at"`
	Action     Action          `json:"action"`
	ObjectType string          `json:"object_type"`
	ObjectID   string          `json:"object_id"`
	ParentType string          `json:"parent_type"`
	ParentID   string          `json:"parent_id"`
	ActorKind  ActorKind       `json:"actor_kind"`
	ActorID    string          `json:"actor_id"`
	ActorEmail string          `json:"actor_email"`
	OnBehalfOf string          `json:"on_behalf_of"`
	IP         string          `json:"ip"`
	RequestID  string          `json:"request_id"`
	UserAgent  string          `json:"user_agent"`
	Source     Source          `json:"source"`
	Comment    string          `json:"comment"`
	Changes    json.RawMessage `json:"changes"`
	Metadata   json.RawMessage `json:"metadata"`
	Format     int             `json:"format"`
	Unreadable string          `json:"unreadable,omitempty"`
}

// MarshalJSON returns the entry as one flat object whose keys are the names of
// the stored columns, all of them always there: "id", "occurred_at",
// "recorded_at", "action", "object_type", "object_id", "parent_type",
// "parent_id", "actor_kind", "actor_id", "actor_email", "on_behalf_of", "ip",
// "request_id", "user_agent", "source", "comment", "changes" (see
// [Changes.JSON]), "metadata", "format". Times are RFC 3339 in UTC with
// microseconds. What was not recorded is the empty text; a RecordedAt not yet
// known and absent metadata are null. An entry whose row cannot be read has one
// more key, "unreadable": the reason (see Entry.Unreadable).
//
// The organization is left out: it is the reader's own, and no business of
// those that an export is passed on to.
func (e Entry) MarshalJSON() ([]byte, error) {
	out := entryJSON{
		ID: e.ID.String(), OccurredAt: e.OccurredAt.UTC().Format(rfc3339Micro), Action: e.Action,
		ObjectType: e.Object.Type, ObjectID: e.Object.ID, ParentType: e.Parent.Type, ParentID: e.Parent.ID,
		ActorKind: e.Actor.Kind, ActorID: e.Actor.ID, ActorEmail: e.Actor.Email, OnBehalfOf: e.Actor.OnBehalfOf,
		RequestID: e.RequestID, UserAgent: e.UserAgent, Source: e.Source, Comment: e.Comment,
		Changes: json.RawMessage(e.Changes.JSON()), Format: e.Format, Unreadable: e.Unreadable,
	}
	if !e.RecordedAt.IsZero() {
		at := e.RecordedAt.UTC().Format(rfc3339Micro)
		out.RecordedAt = &at
	}
	if e.IP.IsValid() {
		out.IP = e.IP.String()
	}
	if !e.Metadata.IsAbsent() {
		out.Metadata = json.RawMessage(e.Metadata.json)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what [Entry.MarshalJSON] wrote, in any notation of the
// same JSON, into an entry without an organization. Keys that it does not know
// are passed over. The ID must be there, and "occurred_at" must be the time
// that the ID holds.
func (e *Entry) UnmarshalJSON(text []byte) error {
	var in entryJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("reading an entry: %w", err)
	}
	out, err := in.entry()
	if err != nil {
		return fmt.Errorf("reading an entry: %w", err)
	}
	*e = out
	return nil
}

func (in entryJSON) entry() (Entry, error) {
	id, err := ParseID(in.ID)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{
		ID: id, OccurredAt: id.Time(), Action: in.Action,
		Object: Object{Type: in.ObjectType, ID: in.ObjectID}, Parent: Object{Type: in.ParentType, ID: in.ParentID},
		Actor:     Actor{Kind: in.ActorKind, ID: in.ActorID, Email: in.ActorEmail, OnBehalfOf: in.OnBehalfOf},
		RequestID: in.RequestID, UserAgent: in.UserAgent, Source: in.Source, Comment: in.Comment, Format: in.Format,
		Unreadable: in.Unreadable,
	}
	// IDs reach beyond the year 9999, which RFC 3339 does not.
	if in.OccurredAt != e.OccurredAt.Format(rfc3339Micro) {
		at, err := time.Parse(time.RFC3339Nano, in.OccurredAt)
		if err != nil {
			return Entry{}, fmt.Errorf("occurred_at: %w", err)
		}
		if !at.Equal(e.OccurredAt) {
			return Entry{}, fmt.Errorf("occurred_at %s: the ID holds %s", stored.Quote(in.OccurredAt), e.OccurredAt.Format(rfc3339Micro))
		}
	}
	if in.RecordedAt != nil {
		at, err := time.Parse(time.RFC3339Nano, *in.RecordedAt)
		if err != nil {
			return Entry{}, fmt.Errorf("recorded_at: %w", err)
		}
		e.RecordedAt = at.UTC().Truncate(time.Microsecond)
		if year := e.RecordedAt.Year(); year < 0 || year > 9999 {
			return Entry{}, errors.New("recorded_at: outside the years 0 to 9999")
		}
	}
	if in.IP != "" {
		ip, err := netip.ParseAddr(in.IP)
		if err != nil {
			return Entry{}, fmt.Errorf("ip: %w", err)
		}
		e.IP = plainIP(ip)
	}
	if len(in.Changes) > 0 {
		if e.Changes, err = ParseChanges(string(in.Changes)); err != nil {
			return Entry{}, err
		}
	}
	if len(in.Metadata) > 0 && string(in.Metadata) != "null" {
		if e.Metadata, err = ParseValue(string(in.Metadata)); err != nil {
			return Entry{}, fmt.Errorf("metadata: %w", err)
		}
	}
	return e, nil
}

// rfc3339Micro always writes the microseconds.
const rfc3339Micro = "2006-01-02T15:04:05.000000Z07:00"
