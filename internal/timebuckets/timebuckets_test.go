package timebuckets_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/timebuckets"
)

// Buckets cover their range without a gap, whatever the clocks do within it.
func TestBucketsCoverTheirRange(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "Pacific/Apia"} {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		for range 500 {
			from := time.Date(1970+random.IntN(130), time.January, 1+random.IntN(365), random.IntN(24), random.IntN(60), random.IntN(60), 0, zone)
			until := from.Add(time.Duration(1 + random.Int64N(int64(1)<<(20+random.IntN(42)))))
			buckets := timebuckets.Of(from, until, zone)
			n := buckets.Len()
			require.Positive(t, n)
			require.Len(t, buckets.Bounds(), n-1)
			require.LessOrEqual(t, n, 2*timebuckets.Max, "%v to %v", from, until)
			first, end := buckets.Bucket(0)
			require.False(t, first.After(from), "%v", from)
			for i := 1; i < n; i++ {
				start, next := buckets.Bucket(i)
				require.True(t, start.Equal(end), "%v to %v, bucket %d", from, until, i)
				require.True(t, next.After(start))
				require.True(t, start.Before(until))
				end = next
			}
			require.False(t, end.Before(until), "%v", until)
		}
	}
}

// A day has the hours that its clocks show, and a repeated hour is two buckets.
func TestBucketsFollowTheClock(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for day, hours := range map[string]int{"2026-03-29": 23, "2026-06-01": 24, "2026-10-25": 25} {
		midnight, err := time.ParseInLocation(time.DateOnly, day, berlin)
		require.NoError(t, err)
		buckets := timebuckets.Of(midnight, midnight.AddDate(0, 0, 1), berlin)
		n, unit := buckets.Width()
		assert.Equal(t, "1 hour", map[int]string{1: "1 "}[n]+unit)
		assert.Equal(t, hours, buckets.Len(), day)
	}
	month := timebuckets.Of(time.Date(2026, 3, 1, 0, 0, 0, 0, berlin), time.Date(2026, 4, 1, 0, 0, 0, 0, berlin), berlin)
	assert.Equal(t, 31, month.Len(), "days from midnight to midnight")
}

// ZoneBounds returns an end that is over on such days. Buckets must go on.
func TestBucketsAdvanceAtTheEndOfLeapYears(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	from := time.Date(2040, time.December, 30, 23, 17, 4, 0, zone)
	assert.Equal(t, 20, timebuckets.Of(from, from.Add(20*time.Second), zone).Len())
}
