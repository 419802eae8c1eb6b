package middleware_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/middleware"
)

var (
	anyID   = regexp.MustCompile(`^[A-Za-z0-9._:/+=@-]{1,128}$`)
	freshID = regexp.MustCompile(`^[A-Z2-7]{26}$`)
)

func TestRequestID(t *testing.T) {
	t.Parallel()
	const proxy, stranger = "10.0.0.1:80", "198.51.100.7:80"
	long := strings.Repeat("a", 128)
	for _, test := range []struct {
		name  string
		peer  string
		own   string
		lines []string
		want  string // empty for a fresh one
	}{
		{"a UUID", proxy, "", []string{"018f3a5e-7b2c-7def-8a1b-0123456789ab"}, "018f3a5e-7b2c-7def-8a1b-0123456789ab"},
		{"AWS's", proxy, "", []string{"Root=1-67891233-abcdef012345678912345678"}, "Root=1-67891233-abcdef012345678912345678"},
		{"chi's", proxy, "", []string{"web-1.local/uWZxyGQRKB-000001"}, "web-1.local/uWZxyGQRKB-000001"},
		{"a trace context", proxy, "", []string{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		{"base64", proxy, "", []string{"a+b/c=="}, "a+b/c=="},
		{"one character", proxy, "", []string{"1"}, "1"},
		{"the longest", proxy, "", []string{long}, long},
		{"too long", proxy, "", []string{long + "a"}, ""},
		{"a stranger's", stranger, "", []string{"forged"}, ""},
		{"no peer's", "@", "", []string{"forged"}, ""},
		{"none", proxy, "", nil, ""},
		{"empty", proxy, "", []string{""}, ""},
		{"two lines", proxy, "", []string{"a", "b"}, ""},
		{"a space", proxy, "", []string{"a b"}, ""},
		{"a comma", proxy, "", []string{"a,b"}, ""},
		{"a line break", proxy, "", []string{"a\nb"}, ""},
		{"NUL", proxy, "", []string{"a\x00"}, ""},
		{"an escape sequence", proxy, "", []string{"\x1b[31m"}, ""},
		{"markup", proxy, "", []string{"<script>"}, ""},
		{"a quote", proxy, "", []string{`a"b`}, ""},
		{"a letter beyond ASCII", proxy, "", []string{"é"}, ""},
		{"not UTF-8", proxy, "", []string{"\xff"}, ""},
		{"the host's own", stranger, "mine-1", nil, "mine-1"},
		{"the host's own before a proxy's", proxy, "mine-1", []string{"theirs"}, "mine-1"},
		{"the host's own is of another shape", proxy, "not mine", []string{"theirs"}, "theirs"},
		{"neither is of the shape", proxy, "not mine", []string{"not theirs"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := behindProxy("X-Forwarded-For")
			o.RequestIDHeader = "x-request-id"
			o.RequestID = func(*http.Request) string { return test.own }
			id := requestOf(t, ask(t, o, request(test.peer, "X-Request-Id", test.lines...))).ID
			if test.want == "" {
				require.Regexp(t, freshID, id)
				return
			}
			require.Equal(t, test.want, id)
		})
	}
}

func TestFreshRequestIDsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		seen[requestOf(t, ask(t, middleware.Options{}, request("198.51.100.7:1", "X-Request-Id", "same"))).ID] = true
	}
	require.Len(t, seen, 1000)
}

func FuzzRequestIDIsBounded(f *testing.F) {
	f.Add("10.0.0.1:80", "a", "b")
	f.Add("10.0.0.1:80", strings.Repeat("a", 129), "\x00")
	f.Add("198.51.100.7:80", "a\r\nb", "b c")
	f.Fuzz(func(t *testing.T, peer, own, header string) {
		o := behindProxy("X-Forwarded-For")
		o.RequestIDHeader = "X-Request-Id"
		o.RequestID = func(*http.Request) string { return own }
		id := requestOf(t, ask(t, o, request(peer, "X-Request-Id", header))).ID
		require.Regexp(t, anyID, id)
	})
}
