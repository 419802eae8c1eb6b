package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

func TestHistogramRefusals(t *testing.T) {
	t.Parallel()
	log, _ := audittest.New(t)
	at := func(us int) time.Time { return time.Date(2026, 3, 29, 1, 0, 0, us*1000, time.UTC) }
	for want, call := range map[string]struct {
		filter audit.Filter
		bounds []time.Time
		limit  int
	}{
		"limit":       {audit.Filter{}, nil, 0},
		"Filter.From": {audit.Filter{From: at(1), Until: at(1)}, nil, 1},
		"201 bounds": {audit.Filter{}, func() (all []time.Time) {
			for i := range audit.MaxBounds + 1 {
				all = append(all, at(i))
			}
			return all
		}(), 1},
		"not after the bound before it": {audit.Filter{}, []time.Time{at(2), at(1)}, 1},
		"2026-03-29T01:00:00Z":          {audit.Filter{}, []time.Time{at(0), at(0)}, 1},
		"a microsecond apart":           {audit.Filter{}, []time.Time{at(0).Add(1), at(0).Add(2)}, 1},
		"from 1970 on":                  {audit.Filter{}, []time.Time{time.Unix(-2, 0), time.Unix(-1, 0)}, 1},
	} {
		_, err := log.Histogram(t.Context(), call.filter, call.bounds, call.limit)
		require.ErrorIs(t, err, audit.ErrInvalidFilter, want)
		assert.ErrorContains(t, err, want)
	}
	empty, err := log.Histogram(t.Context(), audit.Filter{}, []time.Time{at(0), at(1)}, 1)
	require.NoError(t, err)
	assert.Equal(t, audit.Histogram{}, empty)
}
