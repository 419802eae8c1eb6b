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

func TestHoldValidate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, retention.Hold{Name: "suit", Reason: "r"}.Validate())
	require.NoError(t, retention.Hold{Name: "suit", Reason: "r", Until: at}.Validate())
	for _, test := range []struct {
		hold retention.Hold
		want string
	}{
		{retention.Hold{Reason: "r"}, "audit: invalid retention: Hold.Name: empty; "},
		{retention.Hold{Name: "suit"}, "Hold.Reason: empty"},
		{retention.Hold{Name: strings.Repeat("x", 256), Reason: "r"}, "Hold.Name"},
		{retention.Hold{Name: "a\x00b", Reason: "r"}, "holds a NUL character"},
		{retention.Hold{Name: "suit", Reason: "r", Org: strings.Repeat("x", 256)}, "Hold.Org"},
		{retention.Hold{Name: "suit", Reason: "r", From: at, Until: at}, `Hold.Until "2026-01-01T00:00:00Z": not after Hold.From`},
		{retention.Hold{Name: "suit", Reason: "r", From: at.AddDate(-100, 0, 0)}, "Hold.From"},
	} {
		err := test.hold.Validate()
		require.ErrorIs(t, err, retention.ErrInvalid)
		assert.ErrorContains(t, err, test.want)
		assert.Len(t, audit.FieldErrors(err), 1)
	}
}

func TestHoldTouches(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time {
		if d == 0 {
			return time.Time{}
		}
		return time.Date(2026, time.January, d, 0, 0, 0, 0, time.UTC)
	}
	for _, test := range []struct {
		holdOrg     string
		holds, till int
		org         string
		from, until int
		want        bool
	}{
		{"", 0, 0, "", 0, 0, true},
		{"acme", 0, 0, "", 5, 10, true},
		{"acme", 0, 0, "acme", 5, 10, true},
		{"acme", 0, 0, "globex", 5, 10, false},
		{"", 1, 5, "acme", 5, 10, false},
		{"", 1, 6, "acme", 5, 10, true},
		{"", 10, 0, "acme", 5, 10, false},
		{"", 9, 0, "acme", 5, 10, true},
		{"", 0, 5, "acme", 0, 10, true},
		{"", 9, 0, "acme", 5, 0, true},
	} {
		hold := retention.Hold{Org: test.holdOrg, From: day(test.holds), Until: day(test.till)}
		assert.Equal(t, test.want, hold.Touches(test.org, day(test.from), day(test.until)), "%+v", test)
	}
}
