package retention_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/retention"
)

func TestPolicyValidate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for _, valid := range []retention.Policy{
		{Before: now},
		{Before: now, Org: strings.Repeat("x", 255), Chunk: 1_000_000},
		{Before: time.Unix(0, 0)},
	} {
		require.NoError(t, valid.Validate(now), "%+v", valid)
	}
	for _, test := range []struct {
		policy retention.Policy
		want   string
	}{
		{retention.Policy{}, "audit: invalid retention: Policy.Before: not given; give the time"},
		{retention.Policy{Before: now.Add(time.Microsecond)}, "lies in the future; give a past time; the database's clock shows 2026-03-01T12:00:00Z"},
		{retention.Policy{Before: time.Unix(-1, 0)}, `Policy.Before "1969-12-31T23:59:59Z": outside the years 1970 to 9999`},
		{retention.Policy{Before: now, Org: strings.Repeat("x", 256)}, "256 bytes long, at most 255 can be stored"},
		{retention.Policy{Before: now, Org: "a\x00b"}, "holds a NUL character"},
		{retention.Policy{Before: now, Org: "a\xff"}, "not valid UTF-8"},
		{retention.Policy{Before: now, Chunk: -1}, `Policy.Chunk "-1": out of range`},
		{retention.Policy{Before: now, Chunk: 1_000_001}, "Policy.Chunk"},
	} {
		err := test.policy.Validate(now)
		require.ErrorIs(t, err, retention.ErrInvalid)
		assert.ErrorContains(t, err, test.want)
		require.Len(t, audit.FieldErrors(err), 1)
		assert.Equal(t, retention.ErrInvalid, audit.FieldErrors(err)[0].Kind)
	}
}

func TestReportCountsWhatIsGone(t *testing.T) {
	t.Parallel()
	report := retention.Report{Gone: []retention.Month{{Entries: 2}, {Entries: 3}}, Kept: []retention.Month{{Entries: 7}}}
	assert.EqualValues(t, 5, report.Entries())
}
