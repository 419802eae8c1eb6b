package audit_test

import (
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// reparse sends a filter through its URL.
func reparse(t *testing.T, f audit.Filter) audit.Filter {
	t.Helper()
	f.Org = "acme"
	require.NoError(t, f.Validate())
	again, err := audit.ParseFilter(f.URLValues(), audit.URLOptions{})
	require.NoError(t, err)
	again.Org = "acme"
	return again
}

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

func TestIDsAreNotTrimmed(t *testing.T) {
	t.Parallel()
	for _, id := range []string{" ", " x ", "\t7", "x\n"} {
		again := reparse(t, audit.Filter{ObjectIDs: []string{id}, RequestID: id})
		assert.Equal(t, []string{id}, again.ObjectIDs)
		assert.Equal(t, id, again.RequestID)
	}
	none, err := audit.ParseFilter(url.Values{"record_id": {""}, "request": {""}, "ip": {" 10.0.0.1 "}, "not_ip": {" 10.0.0.2\n"}}, audit.URLOptions{})
	require.NoError(t, err)
	assert.Empty(t, none.ObjectIDs)
	assert.Equal(t, "10.0.0.1/32", none.IPs[0].String())
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.2/32")}, none.NotIPs)
}

// TestBoundsBetweenMicroseconds mean the same in Match and in a URL.
func TestBoundsBetweenMicroseconds(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for nanos := range time.Duration(3) {
		f := audit.Filter{Org: "acme", From: start.Add(nanos), Until: start.Add(time.Microsecond + nanos)}
		again := reparse(t, f)
		for micros := range time.Duration(4) {
			at := start.Add((micros - 1) * time.Microsecond)
			e := audit.Entry{Org: "acme", ID: audit.FirstID(at), OccurredAt: at}
			assert.Equal(t, f.Match(e), again.Match(e), "%v + %v", at, nanos)
		}
	}
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
			assert.Equal(t, p.URLValues(), m.URLValues())
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

func TestTimesAreStrict(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2026-01-02T10:00:00,5Z", "2026-01-02T1:30:00Z", "2026-01-02T10:00:00.Z", "2026-01-02T10:00:00z", "2026-01-02t10:00:00Z",
		"2026-01-02 10:00:00Z", "2026-01-02T10:00:00+0530", "2026-01-02T10:00:00", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
	} {
		_, err := audit.ParseFilter(url.Values{"to": {text + " "}}, audit.URLOptions{})
		if text == "2026-01-02T10:00:00" {
			require.NoError(t, err, text)
			continue
		}
		assert.Equal(t, []string{"to"}, fieldsOf(err), text)
	}
	for text, want := range map[string]string{
		"2026-01-02T10:00:00.5Z": "2026-01-02T10:00:00.5Z", "2026-01-02T10:00:00+00:00": "2026-01-02T10:00:00Z",
		"2026-01-02T10:00:00-00:00": "2026-01-02T10:00:00Z", "2026-01-02T10:00:00.123456789+05:30": "2026-01-02T04:30:00.123456Z",
	} {
		f, err := audit.ParseFilter(url.Values{"from": {text}}, audit.URLOptions{})
		require.NoError(t, err, text)
		assert.Equal(t, want, f.From.Format(time.RFC3339Nano))
	}
	_, err := audit.ParseFilter(url.Values{"tz": {"posixrules"}}, audit.URLOptions{})
	assert.Equal(t, []string{"tz"}, fieldsOf(err))
}

func TestYearsThatAURLCannotHold(t *testing.T) {
	t.Parallel()
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, y := range []int{-1, 10_001} {
		assert.Equal(t, []string{"Filter.From"}, fieldsOf(audit.Filter{Org: "acme", From: year(y)}.Validate()), y)
		assert.Equal(t, []string{"Filter.Until"}, fieldsOf(audit.Filter{Org: "acme", Until: year(y)}.Validate()), y)
	}
	f := audit.Filter{From: year(0), Until: year(10_000)} // the end of 9999
	again := reparse(t, f)
	assert.True(t, again.From.Equal(f.From))
	assert.True(t, again.Until.Equal(f.Until))
}

func TestParseFilterReportsAllKindsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := audit.ParseFilter(url.Values{
		"from": {"2026-01-02T00:00"}, "to": {"2026-01-01T00:00"}, "ip": {"300.1.1.1"}, "user": {"\x00"}, "record_id": {"\xff", "2"},
	}, audit.URLOptions{})
	assert.ElementsMatch(t, []string{"from", "ip", "user", "record_id"}, fieldsOf(err), "each field once")
	_, err = audit.ParseFilter(url.Values{"from": {"x"}, "to": {"2026-01-01T00:00"}}, audit.URLOptions{})
	assert.Equal(t, []string{"from"}, fieldsOf(err))
}
