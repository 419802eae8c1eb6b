package audit

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// Entry is one recorded change. Entries are immutable: no store offers a way
// to alter one.
type Entry struct {
	// Org is the organization (tenant) the entry belongs to.
	Org string
	// ID orders entries by time; see [ID].
	ID ID
	// OccurredAt is ID.Time(): when the host says it happened, UTC, to the
	// microsecond.
	OccurredAt time.Time
	// RecordedAt is the database's own clock when the entry was written, UTC.
	// A wide gap to OccurredAt shows back-dating, an import or a wrong clock.
	RecordedAt time.Time

	Action Action
	Object Object
	// Parent is the object this one belongs to (an order's customer), or zero.
	Parent Object
	Actor  Actor

	// IP is the client's address without zone, IPv4 never mapped into IPv6.
	// The zero Addr means none.
	IP        netip.Addr
	RequestID string
	UserAgent string
	Source    Source
	// Comment is the host's own remark on why, at most 4,096 bytes.
	Comment string

	Changes Changes
	// Metadata is the host's JSON object, or absent. Under the key $audit
	// it says which of the texts above are not as they were given.
	Metadata Value
	// Format numbers the canonical form of Changes and Metadata.
	Format int

	// Unreadable says what of the stored row this library would not have written,
	// and why: its changes are not a list, its IP is not an address, its columns
	// for filters and orders do not agree with the others, so that a filter misses
	// it. Such a row was written by other means than this library, or by a newer
	// version. The fields that cannot be read are empty or hold what could be read
	// of them; all others are as stored. It is empty for every other entry.
	Unreadable string
	// sortKeys are the texts that the row is sorted by, if they are not those
	// that its other columns give.
	sortKeys map[Column]string
}

// Format is the canonical form that this version writes.
const Format = 1

// Action says what happened to the object. Hosts may have their own actions
// ("login_failed") beside these three.
type Action string

// The actions of the page's coloured pills.
const (
	ActionCreate  Action = "create"
	ActionUpdate  Action = "update"
	ActionDestroy Action = "destroy"
)

// Object is the record that changed.
type Object struct {
	// Type is a stable key such as "api_key"; people see its label.
	Type string
	// ID is the record's key as text. Beyond 255 bytes it is stored cut, and ends
	// in a digest; see [Entry.Whole].
	ID string
}

// IsZero reports whether o names nothing.
func (o Object) IsZero() bool { return o == Object{} }

// String returns "api_key 42".
func (o Object) String() string { return strings.TrimSpace(o.Type + " " + o.ID) }

// Auditable is implemented by hosts' types that know their own type key and
// ID. It overrides what the type's name and tags say.
type Auditable interface {
	AuditObject() Object
}

// Actor is who did it.
type Actor struct {
	// Kind defaults to ActorUser if ID or Email is set, else to ActorUnknown.
	Kind ActorKind
	// ID is the host's key for the actor, as text; like an object's ID.
	ID string
	// Email is what people see and filter by, stored cut beyond 320 bytes.
	Email string
	// OnBehalfOf names (by email) the user whom the actor acted as, where the
	// two differ.
	OnBehalfOf string
}

// IsZero reports whether nobody is named.
func (a Actor) IsZero() bool { return a == Actor{} }

// ActorKind says what sort of thing acted.
type ActorKind string

// The kinds of actor. ActorUnknown is recorded when nobody said who acts, and
// ActorSystem only for what a host names so; see [System].
const (
	ActorUser         ActorKind = "user"
	ActorAPIKey       ActorKind = "api_key"
	ActorSystem       ActorKind = "system"
	ActorDatabaseRole ActorKind = "database_role"
	ActorUnknown      ActorKind = "unknown"
)

// System returns the actor for what a program does on its own account, such as
// a scheduled job: System("billing job").
func System(name string) Actor { return Actor{Kind: ActorSystem, ID: name} }

// withKind returns the actor with its kind filled in.
func (a Actor) withKind() Actor {
	switch {
	case a.Kind != "":
	case a.ID == "" && a.Email == "":
		a.Kind = ActorUnknown
	default:
		a.Kind = ActorUser
	}
	return a
}

// isMissing reports whether nothing is said about who acts, not even that it is
// unknown.
func (a Actor) isMissing() bool { return a.Kind == "" && a.ID == "" && a.Email == "" }

// Source says how an entry came into the log.
type Source string

// The sources.
const (
	SourceApp     Source = "app"
	SourceTrigger Source = "trigger"
	SourceImport  Source = "import"
)

// SortKey returns the text that entries are ordered by under the column, byte
// by byte; ties are ordered by ID. Every store has columns for these texts. It is empty for [ByTimestamp], whose order is that of the IDs.
func (e Entry) SortKey(c Column) string {
	if key, ok := e.sortKeys[c]; ok {
		return key
	}
	switch c {
	case ByObjectType:
		return e.Object.Type
	case ByObjectID:
		return objectSort(stored.Key(e.Object.ID, stored.ObjectID))
	case ByAction:
		return string(e.Action)
	case ByChanges:
		return e.Changes.fieldsKey()
	case ByActorEmail:
		return e.Actor.Email
	case ByIPAddress:
		return ipKey(e.IP)
	default:
		return ""
	}
}

// SetSortKey is for stores: it says by which text the entry's row is sorted
// under a column. Rows that come in by other means may have another one there
// than their other columns give, and a cursor must say where they really are.
// It reports whether it is another one.
func (e *Entry) SetSortKey(c Column, key string) (other bool) {
	if e.hasSortKey(c, key) {
		return false
	}
	keys := map[Column]string{c: key} // copies of the entry share the old map
	for column, other := range e.sortKeys {
		if column != c {
			keys[column] = other
		}
	}
	e.sortKeys = keys
	return true
}

// hasSortKey reports whether SortKey returns the text. It makes none for the
// columns that every entry is asked about.
func (e *Entry) hasSortKey(c Column, key string) bool {
	if len(e.sortKeys) > 0 {
		return e.SortKey(c) == key
	}
	switch c {
	case ByObjectID:
		if text, ok := strings.CutPrefix(key, "t"); ok && !jsontext.IsWholeNumber(strings.TrimPrefix(e.Object.ID, "-")) {
			return text == e.Object.ID
		}
	case ByChanges:
		rest := key
		for i, change := range e.Changes {
			var ok bool
			if i > 0 {
				if rest, ok = strings.CutPrefix(rest, ","); !ok {
					return e.SortKey(c) == key // a cut one
				}
			}
			if rest, ok = strings.CutPrefix(rest, change.Field); !ok {
				return e.SortKey(c) == key
			}
		}
		if len(key) <= maxFieldsKeyBytes {
			return rest == ""
		}
	case ByIPAddress:
		if !e.IP.IsValid() {
			return key == ""
		}
	}
	return e.SortKey(c) == key
}

// objectSort returns a text whose byte order puts whole numbers in numeric
// order and before all other texts. It loses nothing: two IDs have one sort
// text only if they are equal, so it serves exact look-ups too.
func objectSort(id string) string {
	digits, negative := strings.CutPrefix(id, "-")
	switch {
	case !jsontext.IsWholeNumber(digits) || id == "-0":
		return "t" + id
	case negative:
		// More digits, and greater digits, come first.
		return fmt.Sprintf("m%03d%s", 999-len(digits), strings.Map(func(r rune) rune { return '9' - (r - '0') }, digits))
	default:
		length := strconv.Itoa(len(digits))
		return "n" + "000"[min(len(length), 3):] + length + digits
	}
}

// ipKey returns a text whose byte order is that of addresses: none first, then
// IPv4, then IPv6, each numerically.
func ipKey(ip netip.Addr) string { return rawIPKey(plainIP(ip)) }

// plainIP is the one form of an address that is kept: no zone, and IPv4 as
// IPv4 even where it came mapped into IPv6.
func plainIP(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

func rawIPKey(ip netip.Addr) string {
	switch {
	case !ip.IsValid():
		return ""
	case ip.Is4():
		return "4" + hex.EncodeToString(ip.AsSlice())
	default:
		return "6" + hex.EncodeToString(ip.AsSlice())
	}
}

// ipKeyRange returns the least and the greatest ipKey of a range's addresses.
func ipKeyRange(p netip.Prefix) (least, greatest string) {
	first := p.Masked().Addr()
	last := first.AsSlice()
	for bit := p.Bits(); bit < len(last)*8; bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	lastAddr, _ := netip.AddrFromSlice(last)
	return rawIPKey(first), rawIPKey(lastAddr)
}
