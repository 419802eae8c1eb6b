package audit_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

func fieldsOf(err error) (fields []string) {
	for _, e := range audit.FieldErrors(err) {
		fields = append(fields, e.Field)
	}
	return fields
}

// The alias becomes a part of the statement.
func TestWhereRefusesWhatIsNoName(t *testing.T) {
	t.Parallel()
	f := audit.Filter{Org: "acme"}
	for _, alias := range []string{"a; drop", "1a", "a.b", "ä", `"a"`} {
		_, err := f.Where(audit.PostgreSQL, alias)
		require.ErrorIs(t, err, audit.ErrInvalidFilter, alias)
		assert.Equal(t, []string{"alias"}, fieldsOf(err))
	}
	_, err := f.Where(audit.SQLite, "entries_2")
	require.NoError(t, err)
	_, err = f.Where(audit.Dialect(9), "")
	assert.Equal(t, []string{"dialect"}, fieldsOf(err))
}

func TestValidateRefusesAnInvalidPrefix(t *testing.T) {
	t.Parallel()
	addr := netip.MustParseAddr("10.0.0.1")
	for _, p := range []netip.Prefix{netip.PrefixFrom(addr, 99), netip.PrefixFrom(addr, -1)} {
		assert.Equal(t, []string{"Filter.IPs"}, fieldsOf(audit.Filter{Org: "acme", IPs: []netip.Prefix{p}}.Validate()))
		assert.Equal(t, []string{"Filter.NotIPs"}, fieldsOf(audit.Filter{Org: "acme", NotIPs: []netip.Prefix{p}}.Validate()))
	}
	assert.NoError(t, audit.Filter{Org: "acme"}.Validate())
}

func TestMappedRangesAreIPv4(t *testing.T) {
	t.Parallel()
	e := audit.Entry{Org: "acme", IP: netip.MustParseAddr("1.2.3.4")}
	for mapped, plain := range map[string]string{"::ffff:1.2.3.4/128": "1.2.3.4/32", "::ffff:1.2.3.4/112": "1.2.0.0/16"} {
		for _, not := range []bool{false, true} {
			m, p := audit.Filter{Org: "acme"}, audit.Filter{Org: "acme"}
			if not {
				m.NotIPs, p.NotIPs = []netip.Prefix{netip.MustParsePrefix(mapped)}, []netip.Prefix{netip.MustParsePrefix(plain)}
			} else {
				m.IPs, p.IPs = []netip.Prefix{netip.MustParsePrefix(mapped)}, []netip.Prefix{netip.MustParsePrefix(plain)}
			}
			assert.Equal(t, !not, m.Match(e), mapped)
			sql := func(f audit.Filter) (string, []any) {
				where, err := f.Where(audit.SQLite, "")
				require.NoError(t, err)
				text, args, err := where.ToSql()
				require.NoError(t, err)
				return text, args
			}
			mappedSQL, mappedArgs := sql(m)
			plainSQL, plainArgs := sql(p)
			assert.Equal(t, plainSQL, mappedSQL)
			assert.Equal(t, plainArgs, mappedArgs)
		}
	}
}

func TestYearsThatRFC3339CannotWriteAreRefused(t *testing.T) {
	t.Parallel()
	for _, y := range []int{-1, 10_001} {
		at := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
		assert.Equal(t, []string{"Filter.From"}, fieldsOf(audit.Filter{Org: "acme", From: at}.Validate()), y)
		assert.Equal(t, []string{"Filter.Until"}, fieldsOf(audit.Filter{Org: "acme", Until: at}.Validate()), y)
	}
}
