package middleware_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/middleware"
)

func TestOptionsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	trusting := func(p netip.Prefix) middleware.Options {
		return middleware.Options{ClientIPHeader: "X-Forwarded-For", TrustedProxies: []netip.Prefix{p}}
	}
	for _, test := range []struct {
		name    string
		options middleware.Options
		want    string
	}{
		{
			"a header that nobody may send",
			middleware.Options{ClientIPHeader: "X-Real-IP"},
			`middleware: Options.ClientIPHeader is "X-Real-IP": no proxy is trusted, so it would never be read; name the networks your proxies connect from in TrustedProxies (or set TrustUnixSocket), or leave it empty`,
		},
		{
			"a request ID that nobody may send",
			middleware.Options{RequestIDHeader: "X-Request-Id"},
			`middleware: Options.RequestIDHeader is "X-Request-Id": no proxy is trusted, so it would never be read; name the networks your proxies connect from in TrustedProxies (or set TrustUnixSocket), or leave it empty`,
		},
		{
			"proxies without a header",
			middleware.Options{TrustedProxies: proxy},
			`middleware: Options.TrustedProxies is ["10.0.0.1/32"]: no header of the proxies' is named, so every request would seem to come from a proxy; name the header that they set in ClientIPHeader, for example "X-Forwarded-For"`,
		},
		{
			"a Unix socket without a header",
			middleware.Options{TrustUnixSocket: true},
			`middleware: Options.TrustUnixSocket is true: no header of the proxies' is named, so every request would seem to come from a proxy; name the header that they set in ClientIPHeader, for example "X-Forwarded-For"`,
		},
		{
			"the zero prefix",
			trusting(netip.Prefix{}),
			`middleware: Options.TrustedProxies[0] is "invalid Prefix": not a network; make it with netip.ParsePrefix, and check its error`,
		},
		{
			"a length beyond the address",
			trusting(netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 33)),
			`middleware: Options.TrustedProxies[0] is "invalid Prefix": not a network; make it with netip.ParsePrefix, and check its error`,
		},
		{
			"an unmasked network",
			trusting(netip.MustParsePrefix("10.0.0.9/24")),
			`middleware: Options.TrustedProxies[0] is "10.0.0.9/24": has bits beyond its length; write "10.0.0.0/24" for the whole network, or "10.0.0.9/32" for the one address`,
		},
		{
			"an unmasked IPv6 network",
			trusting(netip.MustParsePrefix("2001:db8::1/64")),
			`middleware: Options.TrustedProxies[0] is "2001:db8::1/64": has bits beyond its length; write "2001:db8::/64" for the whole network, or "2001:db8::1/128" for the one address`,
		},
		{
			"a mapped network",
			trusting(netip.MustParsePrefix("::ffff:10.0.0.0/104")),
			`middleware: Options.TrustedProxies[0] is "::ffff:10.0.0.0/104": an IPv4 network mapped into IPv6; write "10.0.0.0/8"`,
		},
		{
			"every IPv4 address",
			trusting(netip.MustParsePrefix("0.0.0.0/0")),
			`middleware: Options.TrustedProxies[0] is "0.0.0.0/0": trusts everyone, so any client could claim any address; name only the networks your proxies connect from`,
		},
		{
			"every IPv6 address",
			trusting(netip.MustParsePrefix("::/0")),
			`middleware: Options.TrustedProxies[0] is "::/0": trusts everyone, so any client could claim any address; name only the networks your proxies connect from`,
		},
		{
			"a header's name with its colon",
			middleware.Options{TrustedProxies: proxy, ClientIPHeader: "X-Real-IP:"},
			`middleware: Options.ClientIPHeader is "X-Real-IP:": not a header's name; give only the name, for example "X-Forwarded-For"`,
		},
		{
			"two headers in one name",
			middleware.Options{TrustedProxies: proxy, ClientIPHeader: "X-Real-IP, Forwarded"},
			`middleware: Options.ClientIPHeader is "X-Real-IP, Forwarded": not a header's name; give only the name, for example "X-Forwarded-For"`,
		},
		{
			"a line break",
			middleware.Options{TrustedProxies: proxy, RequestIDHeader: "X-Request-Id\r\n"},
			`middleware: Options.RequestIDHeader is "X-Request-Id\r\n": not a header's name; give only the name, for example "X-Forwarded-For"`,
		},
		{
			"what is no header to net/http",
			middleware.Options{TrustedProxies: proxy, ClientIPHeader: "host"},
			`middleware: Options.ClientIPHeader is "host": net/http does not keep it among the headers; name another header`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			capture, err := middleware.New(test.options)
			require.Nil(t, capture)
			require.EqualError(t, err, test.want)
		})
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := middleware.New(middleware.Options{
		TrustedProxies:  []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), {}, netip.MustParsePrefix("10.0.0.1/8")},
		ClientIPHeader:  "X Forwarded For",
		RequestIDHeader: "Ünique",
	})
	for _, field := range []string{"TrustedProxies[1]", "TrustedProxies[2]", "ClientIPHeader", "RequestIDHeader"} {
		require.ErrorContains(t, err, field)
	}
	require.NotContains(t, err.Error(), "TrustedProxies[0]")
}

func TestOptionsCanBeChangedAfterwards(t *testing.T) {
	t.Parallel()
	o := behindProxy("X-Forwarded-For")
	capture, err := middleware.New(o)
	require.NoError(t, err)
	o.TrustedProxies[0] = netip.MustParsePrefix("192.0.2.0/24")

	var got *http.Request
	handler := capture(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	handler.ServeHTTP(nil, request("192.0.2.1:1", "X-Forwarded-For", "203.0.113.1"))
	require.Equal(t, netip.MustParseAddr("192.0.2.1"), requestOf(t, got).IP)
}
