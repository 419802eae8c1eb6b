package middleware_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/middleware"
)

// behindProxy is the setting of most tests: proxies in these networks.
func behindProxy(header string) middleware.Options {
	return middleware.Options{
		ClientIPHeader: header,
		TrustedProxies: []netip.Prefix{
			netip.MustParsePrefix("10.0.0.0/24"),
			netip.MustParsePrefix("2001:db8:ffff::/48"),
			netip.MustParsePrefix("fe80::/10"),
		},
	}
}

// request is one from the peer, with a line of the header for each value.
func request(peer, header string, lines ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = peer
	for _, line := range lines {
		r.Header.Add(header, line)
	}
	return r
}

// vector is one request from the proxy 10.0.0.1 with a header, and what it
// means. An empty ip stands for the proxy's own address.
type vector struct {
	name  string
	lines []string
	ip    string
	note  string // a part of it; empty for no note
}

func (v vector) run(t *testing.T, header string) {
	t.Run(v.name, func(t *testing.T) {
		t.Parallel()
		got := requestOf(t, ask(t, behindProxy(header), request("10.0.0.1:80", header, v.lines...)))
		want := v.ip
		if want == "" {
			want = "10.0.0.1"
		}
		require.Equal(t, want, got.IP.String())
		if v.note == "" {
			require.Empty(t, got.IPNote)
		}
		require.Contains(t, got.IPNote, v.note)
	})
}

func one(line string) []string { return []string{line} }

var forwardedForVectors = []vector{
	{"no header", nil, "", ""},
	{"one address", one("198.51.100.7"), "198.51.100.7", ""},
	{"with a port", one("198.51.100.7:4711"), "198.51.100.7", ""},
	{"with the highest port", one("198.51.100.7:65535"), "198.51.100.7", ""},
	{"spaces", one("  198.51.100.7 "), "198.51.100.7", ""},
	{"tabs", one("\t198.51.100.7\t"), "198.51.100.7", ""},
	{"IPv6", one("2001:db8::7"), "2001:db8::7", ""},
	{"IPv6 in full", one("2001:0db8:0000:0000:0000:0000:0000:0007"), "2001:db8::7", ""},
	{"IPv6 in capitals", one("2001:DB8::7"), "2001:db8::7", ""},
	{"IPv6 in brackets", one("[2001:db8::7]"), "2001:db8::7", ""},
	{"IPv6 in brackets with a port", one("[2001:db8::7]:4711"), "2001:db8::7", ""},
	{"IPv6 that ends like a port", one("2001:db8::7:4711"), "2001:db8::7:4711", ""},
	{"loopback", one("127.0.0.1"), "127.0.0.1", ""},
	{"IPv6 loopback", one("::1"), "::1", ""},
	{"private", one("192.168.1.5"), "192.168.1.5", ""},
	{"mapped", one("::ffff:198.51.100.7"), "198.51.100.7", ""},
	{"mapped in brackets with a port", one("[::ffff:198.51.100.7]:80"), "198.51.100.7", ""},
	{"mapped in hexadecimal", one("::ffff:c633:6407"), "198.51.100.7", ""},
	{"mapped with a zone", one("::ffff:198.51.100.7%eth0"), "198.51.100.7", ""},
	{"mapped proxy", one("198.51.100.7, ::ffff:10.0.0.2"), "198.51.100.7", ""},
	{"a zone", one("fe90::7%eth0, 10.0.0.2"), "fe90::7", "trusted proxies only"},
	{"a zone on a stranger", one("2001:db8::7%eth0"), "2001:db8::7", ""},
	{"a zone in brackets", one("[2001:db8::7%eth0]:80"), "2001:db8::7", ""},
	{"a trusted hop with a zone", one("198.51.100.7, fe80::2%eth1"), "198.51.100.7", ""},

	{"a forged address on the left", one("203.0.113.66, 198.51.100.7"), "198.51.100.7", ""},
	{"many forged addresses", one("203.0.113.1, 203.0.113.2, 203.0.113.3, 198.51.100.7"), "198.51.100.7", ""},
	{"a forged proxy", one("10.0.0.9, 198.51.100.7"), "198.51.100.7", ""},
	{"a forged loopback", one("127.0.0.1, 198.51.100.7"), "198.51.100.7", ""},
	{"a forged chain through a proxy", one("203.0.113.66, 10.0.0.9, 198.51.100.7"), "198.51.100.7", ""},
	{"a forged chain through a second proxy", one("203.0.113.66, 10.0.0.9, 198.51.100.7, 10.0.0.2"), "198.51.100.7", ""},
	{"two proxies", one("198.51.100.7, 10.0.0.2"), "198.51.100.7", ""},
	{"three proxies", one("198.51.100.7, 10.0.0.3, 10.0.0.2"), "198.51.100.7", ""},
	{"proxies of both families", one("198.51.100.7, 2001:db8:ffff::2, 10.0.0.2"), "198.51.100.7", ""},
	{"proxies with ports", one("198.51.100.7:1, 10.0.0.3:2, [2001:db8:ffff::2]:3"), "198.51.100.7", ""},
	{"no spaces", one("203.0.113.66,198.51.100.7,10.0.0.2"), "198.51.100.7", ""},
	{"just outside the network", one("203.0.113.66, 10.0.1.0"), "10.0.1.0", ""},
	{"the network's last", one("198.51.100.7, 10.0.0.255"), "198.51.100.7", ""},
	{"the same address twice", one("198.51.100.7, 198.51.100.7"), "198.51.100.7", ""},
	{"garbage on the left", one("<script>, 198.51.100.7"), "198.51.100.7", ""},
	{"an empty element on the left", one(", 198.51.100.7"), "198.51.100.7", ""},
	{"unknown on the left", one("unknown, 198.51.100.7"), "198.51.100.7", ""},
	{"only a proxy", one("10.0.0.2"), "10.0.0.2", "trusted proxies only"},
	{"only proxies", one("10.0.0.3, 10.0.0.2"), "10.0.0.3", "trusted proxies only"},

	{"two lines", []string{"203.0.113.66", "198.51.100.7"}, "198.51.100.7", ""},
	{"two lines of one chain", []string{"198.51.100.7", "10.0.0.2"}, "198.51.100.7", ""},
	{"three lines", []string{"203.0.113.66", "198.51.100.7, 10.0.0.3", "10.0.0.2"}, "198.51.100.7", ""},
	{"lines with lists", []string{"203.0.113.66, 203.0.113.67", "203.0.113.68, 198.51.100.7"}, "198.51.100.7", ""},
	{"a forged line of garbage", []string{"garbage", "198.51.100.7"}, "198.51.100.7", ""},
	{"a forged empty line", []string{"", "198.51.100.7"}, "198.51.100.7", ""},
	{"a line of only proxies after garbage", []string{"garbage", "10.0.0.2"}, "", `"garbage" is not an IP address`},
	{"an empty line last", []string{"198.51.100.7", ""}, "", `"" is not an IP address`},
	{"lines of only proxies", []string{"10.0.0.3", "10.0.0.2"}, "10.0.0.3", "trusted proxies only"},

	{"empty", one(""), "", `X-Forwarded-For is not read: "" is not an IP address`},
	{"a comma", one(","), "", "is not read"},
	{"a comma at the end", one("198.51.100.7,"), "", `"" is not an IP address`},
	{"an empty element on the right", one("198.51.100.7, , 10.0.0.2"), "", `"" is not an IP address`},
	{"garbage", one("garbage"), "", `"garbage" is not an IP address`},
	{"garbage between the proxies", one("198.51.100.7, garbage, 10.0.0.2"), "", `"garbage" is not an IP address`},
	{"garbage on the right", one("198.51.100.7, garbage"), "", `"garbage" is not an IP address`},
	{"unknown", one("unknown"), "", `"unknown" is not an IP address`},
	{"unknown between", one("198.51.100.7, unknown, 10.0.0.2"), "", `"unknown" is not an IP address`},
	{"an obfuscated identifier", one("_hidden"), "", `"_hidden" is not an IP address`},
	{"nginx on a Unix socket", one("unix:"), "", `"unix:" is not an IP address`},
	{"a name", one("client.example.com"), "", "is not an IP address"},
	{"a name with a port", one("localhost:80"), "", "is not an IP address"},
	{"a URL", one("http://198.51.100.7"), "", "is not an IP address"},
	{"a network", one("198.51.100.0/24"), "", "is not an IP address"},
	{"too few parts", one("198.51.100"), "", "is not an IP address"},
	{"too many parts", one("198.51.100.7.1"), "", "is not an IP address"},
	{"a part beyond 255", one("198.51.100.256"), "", "is not an IP address"},
	{"leading zeros", one("198.051.100.007"), "", "is not an IP address"},
	{"hexadecimal IPv4", one("0xc6336407"), "", "is not an IP address"},
	{"IPv4 as a number", one("3325256711"), "", "is not an IP address"},
	{"IPv4 with a zone", one("198.51.100.7%eth0"), "", "is not an IP address"},
	{"IPv4 in brackets", one("[198.51.100.7]"), "", "is not an IP address"},
	{"an open bracket", one("[2001:db8::7"), "", "is not an IP address"},
	{"a closing bracket", one("2001:db8::7]"), "", "is not an IP address"},
	{"two brackets", one("[[2001:db8::7]]"), "", "is not an IP address"},
	{"text after the bracket", one("[2001:db8::7]x"), "", "is not an IP address"},
	{"an empty bracket", one("[]"), "", "is not an IP address"},
	{"an empty port", one("198.51.100.7:"), "", "is not an IP address"},
	{"an empty port after brackets", one("[2001:db8::7]:"), "", "is not an IP address"},
	{"a port beyond 65535", one("198.51.100.7:65536"), "", "is not an IP address"},
	{"a negative port", one("198.51.100.7:-1"), "", "is not an IP address"},
	{"a named port", one("198.51.100.7:http"), "", "is not an IP address"},
	{"two ports", one("198.51.100.7:80:80"), "", "is not an IP address"},
	{"only a port", one(":80"), "", "is not an IP address"},
	{"IPv6 with two gaps", one("2001::db8::7"), "", "is not an IP address"},
	{"unspecified", one("0.0.0.0"), "", "is not an IP address"},
	{"unspecified IPv6", one("::"), "", "is not an IP address"},
	{"unspecified mapped", one("::ffff:0.0.0.0"), "", "is not an IP address"},
	{"quoted", one(`"198.51.100.7"`), "", "is not an IP address"},
	{"semicolons", one("198.51.100.7;10.0.0.2"), "", "is not an IP address"},
	{"spaces for commas", one("198.51.100.7 10.0.0.2"), "", "is not an IP address"},
	{"the syntax of Forwarded", one("for=198.51.100.7"), "", "is not an IP address"},
	{"a no-break space", one("\u00a0198.51.100.7"), "", "is not an IP address"},
	{"a full-width dot", one("198．51.100.7"), "", "is not an IP address"},
	{"Arabic digits", one("١٩٨.51.100.7"), "", "is not an IP address"},
	{"NUL", one("198.51.100.7\x00"), "", `"198.51.100.7\x00"`},
	{"a line break", one("198.51.100.7\r\nX: y"), "", `"198.51.100.7\r\nX: y"`},
	{"an escape sequence", one("\x1b[31m"), "", `"\x1b[31m"`},
	{"text that runs from right to left", one("\u202e7.001"), "", `"\u202e7.001"`},
	{"not UTF-8", one("\xff\xfe"), "", `"\xff\xfe"`},
	{"long garbage", one(strings.Repeat("a", 10_000)), "", `aaaa"… (10000 bytes)`},
	{"huge garbage", one(strings.Repeat("9", 1<<20)), "", "(1048576 bytes)"},
	{"huge, and then an address", one(strings.Repeat("1.1.1.1, ", 1<<17) + "198.51.100.7"), "198.51.100.7", ""},
	{"many lines, and then an address", append(strings.Split(strings.Repeat("1.1.1.1 ", 10_000), " "), "198.51.100.7"), "198.51.100.7", ""},
	{"a huge chain of proxies", one("198.51.100.7" + strings.Repeat(", 10.0.0.2", 1<<17)), "198.51.100.7", ""},
	{"only commas", one(strings.Repeat(",", 1<<20)), "", `"" is not an IP address`},
}

func TestXForwardedFor(t *testing.T) {
	t.Parallel()
	for _, v := range forwardedForVectors {
		v.run(t, "X-Forwarded-For")
	}
}

func TestHeaderNamesIgnoreCase(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"x-forwarded-for", "X-FORWARDED-FOR", "x-Forwarded-foR"} {
		got := requestOf(t, ask(t, behindProxy(header), request("10.0.0.1:80", "X-Forwarded-For", "203.0.113.66, 198.51.100.7")))
		require.Equal(t, "198.51.100.7", got.IP.String())
	}
}

func TestOtherListsAreReadLikeXForwardedFor(t *testing.T) {
	t.Parallel()
	vector{"", one("203.0.113.66, 198.51.100.7, 10.0.0.2"), "198.51.100.7", ""}.run(t, "X-Original-Forwarded-For")
	vector{"", one("203.0.113.66, 198.51.100.7, 10.0.0.2"), "198.51.100.7", ""}.run(t, "X-Vercel-Forwarded-For")
}

func TestHeadersWithOneAddress(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "Fly-Client-IP"} {
		for _, v := range []vector{
			{"absent", nil, "", ""},
			{"IPv4", one("198.51.100.7"), "198.51.100.7", ""},
			{"IPv4 with a port", one("198.51.100.7:4711"), "198.51.100.7", ""},
			{"IPv6", one("2001:db8::7"), "2001:db8::7", ""},
			{"IPv6 in brackets", one("[2001:db8::7]"), "2001:db8::7", ""},
			{"mapped", one("::ffff:198.51.100.7"), "198.51.100.7", ""},
			{"a zone", one("2001:db8::7%1"), "2001:db8::7", ""},
			{"a proxy", one("10.0.0.2"), "10.0.0.2", "trusted proxies only"},
			{"empty", one(""), "", `"" is not an IP address`},
			{"a list", one("203.0.113.66, 198.51.100.7"), "", `"203.0.113.66, 198.51.100.7" is not an IP address`},
			{"two lines", []string{"203.0.113.66", "198.51.100.7"}, "", "is there 2 times"},
			{"two lines alike", []string{"198.51.100.7", "198.51.100.7"}, "", "is there 2 times"},
			{"unknown", one("unknown"), "", `"unknown" is not an IP address`},
			{"garbage", one("%00"), "", `"%00" is not an IP address`},
		} {
			v.name = header + " " + v.name
			v.run(t, header)
		}
	}
}

func TestOnlyTheNamedHeaderIsRead(t *testing.T) {
	t.Parallel()
	others := []string{"Forwarded", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip", "X-Client-Ip", "X-Forwarded", "Forwarded-For", "X-Cluster-Client-Ip", "Client-Ip", "Via", "X-Forwarded-Host"}
	r := request("10.0.0.1:80", "X-Forwarded-For", "198.51.100.7")
	for _, header := range others {
		r.Header.Set(header, "203.0.113.66")
	}
	require.Equal(t, "198.51.100.7", requestOf(t, ask(t, behindProxy("X-Forwarded-For"), r)).IP.String())

	r.Header.Del("X-Forwarded-For")
	got := requestOf(t, ask(t, behindProxy("X-Forwarded-For"), r))
	require.Equal(t, "10.0.0.1", got.IP.String())
	require.Empty(t, got.IPNote)
}

// Every vector, and every header at once, from whoever is not trusted.
func TestAnUntrustedPeerIsTheAnswer(t *testing.T) {
	t.Parallel()
	peers := map[string]string{ // RemoteAddr to what is recorded of it
		"198.51.100.1:80":           "198.51.100.1",
		"10.0.1.1:80":               "10.0.1.1", // beside the network
		"127.0.0.1:80":              "127.0.0.1",
		"[::1]:80":                  "::1",
		"[2001:db8::1]:80":          "2001:db8::1",
		"[::ffff:198.51.100.1]:80":  "198.51.100.1",
		"[2001:db8:fffe::1%eth0]:1": "2001:db8:fffe::1",
		"198.51.100.1":              "198.51.100.1", // without its port, as some middleware leaves it
		"@":                         "invalid IP",
		"":                          "invalid IP",
		"/run/app.sock":             "invalid IP",
		"garbage":                   "invalid IP",
		"10.0.0.1:80, 10.0.0.1:80":  "invalid IP",
	}
	vectors := append(forwardedVectors, forwardedForVectors...)
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"} {
		capture, err := middleware.New(behindProxy(header))
		require.NoError(t, err)
		var got audit.Request
		handler := capture(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = requestOf(t, r) }))
		for peer, want := range peers {
			for _, v := range vectors {
				r := request(peer, header, v.lines...)
				r.Header["X-Other"] = v.lines
				handler.ServeHTTP(nil, r)
				require.Equal(t, want, got.IP.String(), "peer %q, header %q, vector %q", peer, header, v.name)
				switch {
				case len(v.lines) > 0:
					require.Equal(t, header+" is not read: the connecting peer is not a trusted proxy", got.IPNote)
				case want == "invalid IP":
					require.Equal(t, "the connecting peer has no IP address", got.IPNote)
				default:
					require.Empty(t, got.IPNote)
				}
			}
		}
	}
}

// A real server on a Unix socket, where the peer has no address.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		options        middleware.Options
		header, wantIP string
		wantNote       string
	}{
		{"not trusted", behindProxy("X-Forwarded-For"), "198.51.100.7", "invalid IP", "X-Forwarded-For is not read: the connecting peer is not a trusted proxy"},
		{"no header is named", middleware.Options{}, "198.51.100.7", "invalid IP", "the connecting peer has no IP address"},
		{"trusted", middleware.Options{TrustUnixSocket: true, ClientIPHeader: "X-Forwarded-For"}, "203.0.113.66, 198.51.100.7", "198.51.100.7", ""},
		{"trusted, but garbage", middleware.Options{TrustUnixSocket: true, ClientIPHeader: "X-Forwarded-For"}, "garbage", "invalid IP", `X-Forwarded-For is not read: "garbage" is not an IP address`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			capture, err := middleware.New(test.options)
			require.NoError(t, err)
			socket := filepath.Join(t.TempDir(), "s")
			listener, err := net.Listen("unix", socket)
			require.NoError(t, err)
			requests := make(chan audit.Request, 1)
			server := &http.Server{
				ReadHeaderTimeout: time.Minute,
				Handler: capture(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					request, _ := audit.RequestFrom(r.Context())
					requests <- request
				})),
			}
			go server.Serve(listener)
			t.Cleanup(func() { server.Close() })

			connection, err := net.Dial("unix", socket)
			require.NoError(t, err)
			defer connection.Close()
			_, err = fmt.Fprintf(connection, "GET / HTTP/1.1\r\nHost: app\r\nX-Forwarded-For: %s\r\n\r\n", test.header)
			require.NoError(t, err)
			select {
			case got := <-requests:
				require.Equal(t, test.wantIP, got.IP.String())
				require.Equal(t, test.wantNote, got.IPNote)
			case <-time.After(time.Minute):
				t.Fatal("no request came through")
			}
		})
	}
}

// TrustUnixSocket must not extend to a TCP listener whose RemoteAddr some
// other middleware has emptied.
func TestAnEmptyRemoteAddrIsNoUnixSocket(t *testing.T) {
	t.Parallel()
	o := middleware.Options{TrustUnixSocket: true, ClientIPHeader: "X-Forwarded-For"}
	for _, peer := range []string{"", "@", "/run/app.sock"} {
		got := requestOf(t, ask(t, o, request(peer, "X-Forwarded-For", "203.0.113.66")))
		require.False(t, got.IP.IsValid(), "peer %q", peer)
	}
}

// Nor to a TCP peer of a real server.
func TestTCPIsNoUnixSocket(t *testing.T) {
	t.Parallel()
	capture, err := middleware.New(middleware.Options{TrustUnixSocket: true, ClientIPHeader: "X-Forwarded-For"})
	require.NoError(t, err)
	requests := make(chan audit.Request, 1)
	server := httptest.NewServer(capture(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		request, _ := audit.RequestFrom(r.Context())
		requests <- request
	})))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	r.Header.Set("X-Forwarded-For", "203.0.113.66")
	response, err := server.Client().Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	got := <-requests
	require.True(t, got.IP.IsLoopback(), "got %s", got.IP)
}
