package audit

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/auditkeep/audit/internal/stored"
)

// ID identifies an entry and says when it happened: it is a UUIDv7 (RFC 9562)
// whose first 48 bits are the milliseconds since 1970 and whose next 12 free
// bits are the microseconds 0–999 within that millisecond. IDs therefore sort
// by time, byte by byte, and a range of times is a range of IDs.
//
// The zero ID means "none".
type ID [16]byte

// IDs hold times from 1970 to the year 10889 (48 bits of milliseconds).
const maxIDMillis = 1<<48 - 1

// idGenerator makes IDs that never step back within the process as long as
// the clock does not step back by more than maxStepBack.
type idGenerator struct {
	mu   sync.Mutex
	last ID
}

// maxStepBack is how far a clock may step back (an NTP correction, a virtual
// machine that moved) before IDs follow it.
const maxStepBack = time.Second

var ids idGenerator

// NewID returns a new ID for the present time. It is for a host that wants to
// retry a recording whose outcome it does not know: give the same ID to both
// attempts with [Event.WithID].
func NewID() ID { return ids.next(time.Now()) }

// next returns an ID for now that is greater than every ID it returned before,
// unless the clock has stepped back by more than maxStepBack.
func (g *idGenerator) next(now time.Time) ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := g.last.Time()
	id := newID(now)
	if !g.last.IsZero() && id.Time().Compare(last) <= 0 && last.Sub(now) <= maxStepBack {
		id = g.last.successor()
	}
	g.last = id
	return id
}

// newID returns an ID for t, cut to microseconds, with a random tail. The
// tail's first bit is zero, which leaves room for successors within the
// microsecond.
func newID(t time.Time) ID {
	id := FirstID(t)
	_, _ = rand.Read(id[8:]) // crypto/rand never returns an error: it ends the program instead
	id[8] = 0x80 | id[8]&0x1f
	return id
}

// successor returns the smallest ID greater than id.
func (id ID) successor() ID {
	tail := binary.BigEndian.Uint64(id[8:])
	if tail == 1<<63|(1<<62-1) {
		return FirstID(id.Time().Add(time.Microsecond))
	}
	binary.BigEndian.PutUint64(id[8:], tail+1)
	return id
}

// FirstID returns the smallest ID of the microsecond that holds t, so that
// every entry at or after t has an ID of at least FirstID(t). Times before
// 1970 give the first ID of 1970, times past the year 10889 the first ID of
// the last microsecond there is.
func FirstID(t time.Time) ID {
	ms, us := t.UnixMilli(), uint64(t.UnixMicro()-t.UnixMilli()*1000)
	switch {
	case ms < 0:
		ms, us = 0, 0
	case ms > maxIDMillis:
		ms, us = maxIDMillis, 999
	}
	var id ID
	binary.BigEndian.PutUint64(id[:8], uint64(ms)<<16|0x7000|us)
	id[8] = 0x80
	return id
}

// ParseID reads the canonical text form that [ID.String] writes and nothing
// else. It refuses UUIDs of other versions, and UUIDv7s whose 12 bits after
// the version do not hold microseconds, since their order would lie.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	if err != nil {
		return ID{}, fmt.Errorf("parsing ID %s: %w; give one that NewID made or an entry has", stored.Quote(s), err)
	}
	if u.String() != s {
		return ID{}, fmt.Errorf("parsing ID %s: want the lower-case form with four hyphens", stored.Quote(s))
	}
	id := ID(u)
	if err := id.validate(); err != nil {
		return ID{}, fmt.Errorf("parsing ID %s: %w", stored.Quote(s), err)
	}
	return id, nil
}

func (id ID) validate() error {
	switch {
	case id[6]>>4 != 7, id[8]>>6 != 0b10:
		return errors.New("not a UUIDv7")
	case id.micros() > 999:
		return errors.New("not an entry's ID: the 12 bits after the version must hold the microseconds 0-999; make IDs with audit.NewID")
	}
	return nil
}

func (id ID) micros() int64 { return int64(binary.BigEndian.Uint16(id[6:8]) & 0x0fff) }

// Time returns the time that the ID holds, in UTC, to the microsecond. The
// zero ID has the zero time.
func (id ID) Time() time.Time {
	if id.IsZero() {
		return time.Time{}
	}
	ms := int64(binary.BigEndian.Uint64(id[:8]) >> 16)
	return time.UnixMicro(ms*1000 + id.micros()).UTC()
}

// firstIDNotBefore returns the smallest ID at or after t. Entries' times are
// whole microseconds, so a bound between two of them is the later one.
func firstIDNotBefore(t time.Time) ID { return FirstID(ceilMicro(t)) }

// ceilMicro rounds a time up to the microsecond.
func ceilMicro(t time.Time) time.Time {
	if cut := t.Truncate(time.Microsecond); cut.Before(t) {
		return cut.Add(time.Microsecond)
	}
	return t
}

// IsZero reports whether id is the zero ID.
func (id ID) IsZero() bool { return id == ID{} }

// Compare returns -1, 0 or +1 as id is older than, equal to or newer than other.
func (id ID) Compare(other ID) int {
	for i := range id {
		if id[i] != other[i] {
			if id[i] < other[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// String returns the canonical text form of a UUID.
func (id ID) String() string { return uuid.UUID(id).String() }

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] with the strictness of [ParseID].
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Value implements [driver.Valuer] as the text form, which PostgreSQL takes as uuid.
func (id ID) Value() (driver.Value, error) { return id.String(), nil }

// Scan implements [database/sql.Scanner] for the forms that the stores return:
// text and 16 bytes.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return id.UnmarshalText([]byte(v))
	case []byte:
		if len(v) == len(id) {
			copy(id[:], v)
			return nil
		}
		return id.UnmarshalText(v)
	case [16]byte:
		*id = v
		return nil
	default:
		return fmt.Errorf("scanning ID: cannot read a %T", src)
	}
}
