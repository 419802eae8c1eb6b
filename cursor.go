package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Cursor is the place of one entry in an order. The entry itself need not match
// the filter. A Cursor is comparable, and opaque to clients as [Cursor.String].
type Cursor struct {
	sort Sort
	key  string
	id   ID
}

// CursorAt returns the cursor at an entry in a resolved sort.
func CursorAt(e Entry, s Sort) Cursor {
	return Cursor{sort: s, key: e.SortKey(s.By), id: e.ID}
}

// IsZero reports whether the cursor is none.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// Sort is the resolved sort that the cursor belongs to.
func (c Cursor) Sort() Sort { return c.sort }

// Key is the entry's sort key under the cursor's column; see [Entry.SortKey].
func (c Cursor) Key() string { return c.key }

// ID is the entry's ID.
func (c Cursor) ID() ID { return c.id }

// compare orders cursors of one sort.
func (c Cursor) compare(other Cursor) int {
	order := strings.Compare(c.key, other.key)
	if order == 0 {
		order = c.id.Compare(other.id)
	}
	if c.sort.Dir == Descending {
		return -order
	}
	return order
}

// A cursor's text is the unpadded URL-safe base64 of: a byte for the column, a
// byte for the direction, the ID's 16 bytes, and the key.
const (
	cursorHead = 2 + len(ID{})
	// maxKeyBytes leaves room for rows that come in by other means. The library's
	// own keys have 400 bytes at most.
	maxKeyBytes = 64 << 10
)

var directions = []Direction{Ascending, Descending}

// String returns the cursor for a URL; the zero Cursor gives "".
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	raw := make([]byte, 0, cursorHead+len(c.key))
	raw = append(raw, byte(slices.Index(Columns(), c.sort.By)), byte(slices.Index(directions, c.sort.Dir)))
	raw = append(raw, c.id[:]...)
	raw = append(raw, c.key...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ParseCursor reads what [Cursor.String] wrote and nothing else. The empty
// text gives the zero Cursor.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	c, err := parseCursor(s)
	if err != nil {
		return Cursor{}, invalidFilter("cursor", s, err.Error(), "use a cursor that a page gave, unchanged")
	}
	return c, nil
}

func parseCursor(s string) (Cursor, error) {
	if len(s) > base64.RawURLEncoding.EncodedLen(cursorHead+maxKeyBytes) {
		return Cursor{}, errors.New("too long")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return Cursor{}, errors.New("not base64url")
	}
	if len(raw) < cursorHead {
		return Cursor{}, errors.New("too short")
	}
	column, dir := int(raw[0]), int(raw[1])
	if column >= len(Columns()) || dir >= len(directions) {
		return Cursor{}, errors.New("unknown order")
	}
	c := Cursor{
		sort: Sort{By: Columns()[column], Dir: directions[dir]},
		id:   ID(raw[2:cursorHead]),
		key:  string(raw[cursorHead:]),
	}
	if err := c.id.validate(); err != nil {
		return Cursor{}, fmt.Errorf("holds no entry's ID: %w", err)
	}
	if c.sort.By == ByTimestamp && c.key != "" {
		return Cursor{}, errors.New("holds a key where the order needs none")
	}
	if c.String() != s { // base64 decoders skip line breaks
		return Cursor{}, errors.New("not in the form that a page gives")
	}
	return c, nil
}

// Compare returns -1, 0 or +1 as a comes before, with or after b in a resolved
// sort. It is 0 only for one and the same entry.
func (s Sort) Compare(a, b Entry) int {
	return CursorAt(a, s).compare(CursorAt(b, s))
}
