package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIDHoldsItsTimeToTheMicrosecond(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1970-01-01T00:00:00Z", "2026-11-22T22:41:07.123456Z", "2026-11-22T22:41:07.999999Z", "9999-12-31T23:59:59.999999Z"} {
		at, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		assert.Equal(t, at, newID(at).Time())
		assert.Equal(t, at, newID(at.Add(999)).Time(), "nanoseconds are cut")
		assert.NoError(t, newID(at).validate())
		assert.LessOrEqual(t, FirstID(at).Compare(newID(at)), 0)
		assert.Equal(t, 1, FirstID(at.Add(time.Microsecond)).Compare(newID(at)))
	}
	assert.Equal(t, FirstID(time.Unix(0, 0)), FirstID(time.Time{}), "before 1970")
}

func TestIDsNeverStepBackWithinASecond(t *testing.T) {
	t.Parallel()
	var g idGenerator
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	steps := []time.Duration{0, 0, 1, time.Microsecond, -900 * time.Millisecond, 0, time.Microsecond, -99 * time.Millisecond, time.Hour}
	var last ID
	for i, step := range steps {
		now = now.Add(step)
		id := g.next(now)
		require.Equal(t, 1, id.Compare(last), "step %d by %v", i, step)
		require.NoError(t, id.validate())
		last = id
	}
	followed := g.next(now.Add(-2 * time.Second))
	assert.Equal(t, now.Add(-2*time.Second).Truncate(time.Microsecond), followed.Time(), "a greater step back is followed")
}

// The generator starts from the greatest tail that newID can draw, so an ID
// with a tail of its own would come before the last one.
func TestIDsOfOneMicrosecondCountUp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 678_000, time.UTC)
	last := FirstID(now)
	copy(last[8:], []byte{0x9f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	for _, back := range []time.Duration{0, time.Nanosecond, time.Microsecond, maxStepBack} {
		g := idGenerator{last: last}
		next := g.next(now.Add(-back))
		require.Equal(t, last.successor(), next, "a clock that is back by %v", back)
		require.Equal(t, next.successor(), g.next(now.Add(-back)), "and the one after it")
		require.Equal(t, now, next.Time())
		require.NoError(t, next.validate())
	}
}

// A tail that could begin with one would leave no successors behind it.
func TestNewIDLeavesRoomForSuccessors(t *testing.T) {
	t.Parallel()
	drawn := byte(0)
	for range 1000 {
		id := newID(time.Unix(1, 0))
		require.Equal(t, byte(0x80), id[8]&0xe0, "the variant, and a zero")
		drawn |= id[8] & 0x1f
	}
	assert.Equal(t, byte(0x1f), drawn, "the rest is random")
}

func TestIDSuccessorCarriesIntoTheNextMicrosecond(t *testing.T) {
	t.Parallel()
	id := newID(time.Unix(1, 999_999_000))
	copy(id[8:], []byte{0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	next := id.successor()
	assert.Equal(t, time.Unix(2, 0).UTC(), next.Time())
	assert.Equal(t, 1, next.Compare(id))
	assert.NoError(t, next.validate())
}

func FuzzID(f *testing.F) {
	f.Add("019c0000-0000-7000-8000-000000000000")
	f.Add("{019c0000-0000-7000-8000-000000000000}")
	f.Add("019C0000-0000-7000-8000-000000000000")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text)
		if err != nil {
			return
		}
		require.Equal(t, text, id.String(), "only the canonical form is read")
		require.Equal(t, id.Time(), FirstID(id.Time()).Time())
		for _, form := range []any{text, []byte(text), id[:]} {
			var scanned ID
			require.NoError(t, scanned.Scan(form))
			require.Equal(t, id, scanned)
		}
	})
}
