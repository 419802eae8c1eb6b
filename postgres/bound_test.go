package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

func TestParseBound(t *testing.T) {
	t.Parallel()
	november := monthOf(time.Date(2026, time.November, 30, 23, 59, 59, 0, time.UTC))
	assert.Equal(t, "audit_entries_y2026m11", november.name())
	assert.Equal(t, "audit_entries_y2026m12", november.next().name())
	lower, upper := november.bounds()
	gotLower, gotUpper, err := parseBound(rangeOf(lower, upper))
	require.NoError(t, err)
	assert.Equal(t, lower, gotLower)
	assert.Equal(t, upper, gotUpper)
	gotLower, gotUpper, err = parseBound("FOR VALUES FROM (MINVALUE) TO (MAXVALUE)")
	require.NoError(t, err)
	assert.Equal(t, firstID, gotLower)
	assert.Equal(t, lastID, gotUpper)
	for _, bound := range []string{"", "DEFAULT", "FOR VALUES WITH (modulus 2, remainder 0)", "FOR VALUES IN ('x')", "FOR VALUES FROM ('') TO (MAXVALUE)"} {
		_, _, err := parseBound(bound)
		assert.ErrorContains(t, err, "parsing bound", bound)
	}
}

// A range comes back as it is written, and nothing else is read as one.
func FuzzParseBound(f *testing.F) {
	f.Add(rangeOf(audit.FirstID(time.UnixMicro(0)), audit.FirstID(time.UnixMicro(1))))
	f.Add("FOR VALUES FROM (MINVALUE) TO (MAXVALUE)")
	f.Add("FOR VALUES FROM ('------------------------------------') TO (MAXVALUE)")
	f.Fuzz(func(t *testing.T, bound string) {
		lower, upper, err := parseBound(bound)
		if err != nil || strings.Contains(bound, "VALUE)") {
			return
		}
		assert.Equal(t, strings.ReplaceAll(bound, "-", ""), strings.ReplaceAll(rangeOf(lower, upper), "-", ""))
	})
}
