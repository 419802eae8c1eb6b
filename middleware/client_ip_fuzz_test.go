package middleware_test

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"unicode"

	"github.com/realclientip/realclientip-go"
	"github.com/stretchr/testify/require"
)

// clientIPHeaders are one of each kind that is read.
var clientIPHeaders = []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"}

// fuzzLines makes header lines of a fuzzer's text.
func fuzzLines(text string) []string { return strings.Split(text, "\n") }

func addVectors(f *testing.F) {
	for _, vectors := range [][]vector{forwardedForVectors, forwardedVectors} {
		for _, v := range vectors {
			if text := strings.Join(v.lines, "\n"); len(text) < 1<<10 {
				f.Add(text)
			}
		}
	}
}

// FuzzAnUntrustedPeerIsTheAnswer tries every kind of header and any address
// beyond the trusted networks.
func FuzzAnUntrustedPeerIsTheAnswer(f *testing.F) {
	f.Add([]byte{198, 51, 100, 1}, "for=203.0.113.66")
	f.Add([]byte{10, 0, 1, 0}, "10.0.0.1")
	f.Add([]byte("\x20\x01\x0d\xb8\xff\xfe\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), "203.0.113.66\n203.0.113.67")
	f.Fuzz(func(t *testing.T, address []byte, text string) {
		peer, ok := netip.AddrFromSlice(address)
		if !ok || peer.IsUnspecified() {
			return
		}
		peer = peer.Unmap()
		for _, header := range clientIPHeaders {
			o := behindProxy(header)
			for _, network := range o.TrustedProxies {
				if network.Contains(peer) {
					return
				}
			}
			o.RequestIDHeader = header
			got := requestOf(t, ask(t, o, request(netip.AddrPortFrom(peer, 80).String(), header, fuzzLines(text)...)))
			require.Equal(t, peer, got.IP)
			require.Regexp(t, freshID, got.ID)
		}
	})
}

// FuzzClientIP checks what holds of every header from a trusted proxy: there
// is always an address in its plain form, and a note that is safe to show.
func FuzzClientIP(f *testing.F) {
	addVectors(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, header := range clientIPHeaders {
			r := request("10.0.0.1:80", header, fuzzLines(text)...)
			got := requestOf(t, ask(t, behindProxy(header), r))
			require.True(t, got.IP.IsValid())
			require.False(t, got.IP.IsUnspecified())
			require.False(t, got.IP.Is4In6())
			require.Empty(t, got.IP.Zone())
			require.Less(t, len(got.IPNote), 512)
			for _, c := range got.IPNote {
				require.True(t, c == '…' || c < unicode.MaxASCII && unicode.IsPrint(c), "%q", got.IPNote)
			}
			require.Equal(t, "10.0.0.1:80", r.RemoteAddr)
		}
	})
}

// FuzzWhatTheProxyAppendsIsTheAnswer puts anything to the left of what a
// trusted proxy appends, as an element and as a line: nothing that a client
// sends can change, or hide, its own address.
func FuzzWhatTheProxyAppendsIsTheAnswer(f *testing.F) {
	addVectors(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, test := range []struct{ header, appended string }{
			{"X-Forwarded-For", "198.51.100.7"},
			{"X-Forwarded-For", "198.51.100.7:80, 10.0.0.2"},
			{"Forwarded", `for=198.51.100.7`},
			{"Forwarded", `for="198.51.100.7:80";host="a, for=203.0.113.66";proto=http, for="10.0.0.2"`},
		} {
			lines := fuzzLines(text)
			last := len(lines) - 1
			sameLine := append(lines[:last:last], lines[last]+", "+test.appended)
			for _, lines := range [][]string{sameLine, append(lines, test.appended)} {
				got := requestOf(t, ask(t, behindProxy(test.header), request("10.0.0.1:80", test.header, lines...)))
				require.Equal(t, "198.51.100.7", got.IP.String(), "lines %q", lines)
				require.Empty(t, got.IPNote)
			}
		}
	})
}

// oracle is realclientip-go's reading of X-Forwarded-For with the same
// networks; the zero Addr where it gives none.
func oracle(t testing.TB, lines []string) netip.Addr {
	t.Helper()
	var networks []net.IPNet
	for _, prefix := range behindProxy("").TrustedProxies {
		_, network, err := net.ParseCIDR(prefix.String())
		require.NoError(t, err)
		networks = append(networks, *network)
	}
	strategy, err := realclientip.NewRightmostTrustedRangeStrategy("X-Forwarded-For", networks)
	require.NoError(t, err)
	text, _, _ := strings.Cut(strategy.ClientIP(request("", "X-Forwarded-For", lines...).Header, ""), "%")
	ip, _ := netip.ParseAddr(text)
	return ip.Unmap()
}

// FuzzAgainstRealClientIP holds the reading of arbitrary lines against
// realclientip-go's. It is the more lenient reader (any text may be a port,
// IPv4 may have a zone), so it may find an address where we find none, but
// wherever we find one it is the same.
func FuzzAgainstRealClientIP(f *testing.F) {
	addVectors(f)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "%") {
			return // what a zone may hold is each reader's own affair
		}
		lines := fuzzLines(text)
		got := requestOf(t, ask(t, behindProxy("X-Forwarded-For"), request("10.0.0.1:80", "X-Forwarded-For", lines...)))
		switch theirs := oracle(t, lines); {
		case got.IPNote == "":
			require.Equal(t, theirs, got.IP, "lines %q", lines)
		case strings.Contains(got.IPNote, "trusted proxies only"):
			require.False(t, theirs.IsValid(), "lines %q: %s", lines, theirs)
		default:
			require.Equal(t, "10.0.0.1", got.IP.String())
		}
	})
}

// TestAgainstRealClientIP holds chains of what proxies really write against
// it, where the two must agree throughout.
func TestAgainstRealClientIP(t *testing.T) {
	t.Parallel()
	elements := []string{
		"198.51.100.7", "198.51.100.7:4711", "203.0.113.66", "192.168.1.5", "2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:443",
		"::ffff:198.51.100.7", "2001:db8::7%eth0", "127.0.0.1", "10.0.1.0", "::1",
		"10.0.0.2", "10.0.0.3:80", "10.0.0.255", "::ffff:10.0.0.4", "2001:db8:ffff::2", "[2001:db8:ffff::3]:80", "fe80::1%eth0",
		"10.0.0.5", "10.0.0.6", "10.0.0.7",
		"", "unknown", "_hidden", "unix:", "garbage", "0.0.0.0", "::", "198.51.100.256", "198.051.100.007", "client.example.com",
	}
	random := rand.New(rand.NewPCG(1, 2))
	outcomes := map[string]int{}
	for range 20_000 {
		var lines []string
		for range 1 + random.IntN(3) {
			var chain []string
			for range 1 + random.IntN(4) {
				chain = append(chain, elements[random.IntN(len(elements))])
			}
			lines = append(lines, strings.Join(chain, []string{", ", ",", " ,\t"}[random.IntN(3)]))
		}
		got := requestOf(t, ask(t, behindProxy("X-Forwarded-For"), request("10.0.0.1:80", "X-Forwarded-For", lines...)))
		theirs := oracle(t, lines)
		if got.IPNote == "" {
			require.Equal(t, theirs, got.IP, "lines %q", lines)
			outcomes["an address"]++
			continue
		}
		require.False(t, theirs.IsValid(), "lines %q: %s, but %s", lines, theirs, got.IPNote)
		outcomes["none"]++
	}
	require.Greater(t, outcomes["an address"], 5000)
	require.Greater(t, outcomes["none"], 2000)
}
