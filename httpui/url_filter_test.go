package httpui_test

import (
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
)

func TestParseFilterTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 22, 41, 7, 0, time.UTC)
	for name, tc := range map[string]struct{ query, from, until string }{
		"to includes its minute":               {"from=2026-01-02T10:30&to=2026-01-02T10:30", "2026-01-02T10:30:00Z", "2026-01-02T10:31:00Z"},
		"to includes its second":               {"to=2026-01-02T10:30:59", "", "2026-01-02T10:31:00Z"},
		"to includes its microsecond":          {"to=2026-01-02T10:30:59.999999Z", "", "2026-01-02T10:31:00Z"},
		"RFC 3339 with an offset":              {"from=2026-01-02T10:30:00%2B05:30", "2026-01-02T05:00:00Z", ""},
		"a zone":                               {"from=2026-01-02T10:30&tz=Asia/Kolkata", "2026-01-02T05:00:00Z", ""},
		"half an hour off":                     {"from=2026-01-02T10:30&tz=America/St_Johns", "2026-01-02T14:00:00Z", ""},
		"the gap in spring: the next instant":  {"from=2026-03-29T02:30&to=2026-03-29T02:30&tz=Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T01:01:00Z"},
		"the hour twice: first start, 2nd end": {"from=2026-10-25T02:30&to=2026-10-25T02:30&tz=Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:31:00Z"},
		"St John's twice":                      {"from=2026-11-01T01:15&to=2026-11-01T01:15&tz=America/St_Johns", "2026-11-01T03:45:00Z", "2026-11-01T04:46:00Z"},
		"midnight that does not exist":         {"from=2026-03-29T00:30&tz=Asia/Beirut", "2026-03-28T22:00:00Z", ""},
		"15m":                                  {"range=15m", "2026-11-22T22:26:07Z", "2026-11-22T22:41:07.000001Z"},
		"today":                                {"range=today", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"},
		"today is tomorrow elsewhere":          {"range=today&tz=Asia/Kolkata", "2026-11-22T18:30:00Z", "2026-11-23T18:30:00Z"},
		"yesterday":                            {"range=yesterday", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"},
		"30d":                                  {"range=30d", "2026-10-23T00:00:00Z", "2026-11-23T00:00:00Z"},
		"the default":                          {"", "2026-11-15T00:00:00Z", "2026-11-23T00:00:00Z"},
		"all":                                  {"range=all", "", ""},
		"counted from asof":                    {"range=today&asof=019c0000-0000-7000-8000-000000000000", "2026-01-27T00:00:00Z", "2026-01-28T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(tc.query)
			require.NoError(t, err)
			f, err := httpui.ParseFilter(values, httpui.URLOptions{Now: now, Range: "7d"})
			require.NoError(t, err)
			format := func(t time.Time) string {
				if t.IsZero() {
					return ""
				}
				return t.UTC().Format(time.RFC3339Nano)
			}
			assert.Equal(t, tc.from, format(f.From), "from")
			assert.Equal(t, tc.until, format(f.Until), "until")
		})
	}
}

func TestParseFilterNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for query, field := range map[string]string{
		"from=yesterday":                            "from",
		"to=2026-13-01T00:00":                       "to",
		"from=2026-02-30T00:00":                     "from",
		"from=2026-01-02T00:00&to=2026-01-01T00:00": "from",
		"range=2w":                                  "range",
		"range=7d&from=2026-01-02T00:00":            "range",
		"tz=Mars/Olympus":                           "tz",
		"tz=Local":                                  "tz",
		"tz=../../etc/passwd":                       "tz",
		"ip=300.1.1.1":                              "ip",
		"ip=10.0.0.0/33":                            "ip",
		"ip=fe80::1%25eth0":                         "ip",
		"not_ip=x":                                  "not_ip",
		"asof=4711":                                 "asof",
		"asof=019c0000-0000-4000-8000-000000000000": "asof",
		"asof=019c0000-0000-7fff-8000-000000000000": "asof",
		"request=1&request=2":                       "request",
		"user=%00":                                  "user",
		"user=%ff":                                  "user",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(query)
			require.NoError(t, err)
			_, err = httpui.ParseFilter(values, httpui.URLOptions{})
			require.ErrorIs(t, err, audit.ErrInvalidFilter)
			fields := audit.FieldErrors(err)
			require.Len(t, fields, 1)
			assert.Equal(t, field, fields[0].Field)
			assert.NotEmpty(t, fields[0].Remedy)
		})
	}
}

func TestParseFilterReportsEveryField(t *testing.T) {
	t.Parallel()
	_, err := httpui.ParseFilter(url.Values{"from": {"x"}, "ip": {"y"}, "tz": {"z"}}, httpui.URLOptions{})
	assert.Len(t, audit.FieldErrors(err), 3)
}

// FuzzFilterURL holds a filter against its URL form in both directions.
func FuzzFilterURL(f *testing.F) {
	f.Add("action=create&action=update&object_type=api_key&user=&user=dana%40acme.test&record_id=42&ip=10.0.0.0/8&request=r-1")
	f.Add("from=2026-10-25T02:30&to=2026-10-25T02:30&tz=Europe/Berlin&not_ip=::1&not_ip=::ffff:10.0.0.1&not_user=x&not_action=destroy&not_object_type=t")
	f.Add("range=30d&asof=019c0000-0000-7000-8000-000000000000")
	f.Add("from=0000-01-01T00:00&to=9999-12-31T23:59")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Skip()
		}
		filter, err := httpui.ParseFilter(values, httpui.URLOptions{Now: time.Unix(1_700_000_000, 0)})
		if err != nil {
			require.ErrorIs(t, err, audit.ErrInvalidFilter)
			return
		}
		again, err := httpui.ParseFilter(httpui.URLValues(filter), httpui.URLOptions{Range: "7d"})
		require.NoError(t, err)
		// Times are the same instants, whatever zone they were written in.
		require.True(t, filter.From.Equal(again.From), "from %v, then %v", filter.From, again.From)
		require.True(t, filter.Until.Equal(again.Until), "until %v, then %v", filter.Until, again.Until)
		filter.From, filter.Until, again.From, again.Until = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		require.Equal(t, filter, again)
	})
}

// reparse sends a filter through its URL.
func reparse(t *testing.T, f audit.Filter) audit.Filter {
	t.Helper()
	f.Org = "acme"
	require.NoError(t, f.Validate())
	again, err := httpui.ParseFilter(httpui.URLValues(f), httpui.URLOptions{})
	require.NoError(t, err)
	again.Org = "acme"
	return again
}

func TestIDsAreNotTrimmed(t *testing.T) {
	t.Parallel()
	for _, id := range []string{" ", " x ", "\t7", "x\n"} {
		again := reparse(t, audit.Filter{ObjectIDs: []string{id}, RequestID: id})
		assert.Equal(t, []string{id}, again.ObjectIDs)
		assert.Equal(t, id, again.RequestID)
	}
	none, err := httpui.ParseFilter(url.Values{"record_id": {""}, "request": {""}, "ip": {" 10.0.0.1 "}, "not_ip": {" 10.0.0.2\n"}}, httpui.URLOptions{})
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

func TestTimesAreStrict(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2026-01-02T10:00:00,5Z", "2026-01-02T1:30:00Z", "2026-01-02T10:00:00.Z", "2026-01-02T10:00:00z", "2026-01-02t10:00:00Z",
		"2026-01-02 10:00:00Z", "2026-01-02T10:00:00+0530", "2026-01-02T10:00:00", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
	} {
		_, err := httpui.ParseFilter(url.Values{"to": {text + " "}}, httpui.URLOptions{})
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
		f, err := httpui.ParseFilter(url.Values{"from": {text}}, httpui.URLOptions{})
		require.NoError(t, err, text)
		assert.Equal(t, want, f.From.Format(time.RFC3339Nano))
	}
	_, err := httpui.ParseFilter(url.Values{"tz": {"posixrules"}}, httpui.URLOptions{})
	assert.Equal(t, []string{"tz"}, fieldsOf(err))
}

func TestYearsThatAURLCannotHold(t *testing.T) {
	t.Parallel()
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	f := audit.Filter{From: year(0), Until: year(10_000)} // the end of 9999
	again := reparse(t, f)
	assert.True(t, again.From.Equal(f.From))
	assert.True(t, again.Until.Equal(f.Until))
}

func TestParseFilterReportsAllKindsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := httpui.ParseFilter(url.Values{
		"from": {"2026-01-02T00:00"}, "to": {"2026-01-01T00:00"}, "ip": {"300.1.1.1"}, "user": {"\x00"}, "record_id": {"\xff", "2"},
	}, httpui.URLOptions{})
	assert.ElementsMatch(t, []string{"from", "ip", "user", "record_id"}, fieldsOf(err), "each field once")
	_, err = httpui.ParseFilter(url.Values{"from": {"x"}, "to": {"2026-01-01T00:00"}}, httpui.URLOptions{})
	assert.Equal(t, []string{"from"}, fieldsOf(err))
}

func fieldsOf(err error) (fields []string) {
	for _, e := range audit.FieldErrors(err) {
		fields = append(fields, e.Field)
	}
	return fields
}

func TestMappedRangesHaveTheParametersOfIPv4(t *testing.T) {
	t.Parallel()
	for mapped, plain := range map[string]string{"::ffff:1.2.3.4/128": "1.2.3.4", "::ffff:1.2.3.4/112": "1.2.0.0/16"} {
		f := audit.Filter{IPs: []netip.Prefix{netip.MustParsePrefix(mapped)}, NotIPs: []netip.Prefix{netip.MustParsePrefix(mapped)}}
		v := httpui.URLValues(f)
		assert.Equal(t, plain, v.Get("ip"))
		assert.Equal(t, plain, v.Get("not_ip"))
	}
}
