package middleware

import (
	"fmt"
	"iter"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// The tests compare the address with that of
// github.com/realclientip/realclientip-go, a well-kept library. It is not used
// here for three reasons. It does not look at the connecting peer. It returns
// the same for "no header", "unreadable" and "only proxies", and an auditor has
// to know which. It splits Forwarded at commas within quoted strings: if a
// proxy quotes the client's Host header there, the client can add an element.

// clientIP finds the address that a request came from.
type clientIP struct {
	proxies proxies
	header  string // in canonical form; empty for none
	// lastComma returns the index of the comma before a list's last element, or
	// -1 if there is only one element.
	lastComma func(line string) int
	// parse reads one element.
	parse func(element string) (netip.Addr, bool)
	// single says that the header holds one address. A second line is then the
	// client's, which a proxy failed to replace.
	single bool
}

func newClientIP(header string, proxies proxies) clientIP {
	c := clientIP{proxies: proxies, header: http.CanonicalHeaderKey(header), parse: parseNode}
	switch {
	case c.header == "Forwarded":
		c.lastComma, c.parse = lastForwardedComma, parseForwarded
	case strings.HasSuffix(c.header, "Forwarded-For"):
		c.lastComma = func(line string) int { return strings.LastIndexByte(line, ',') }
	default:
		c.lastComma = func(string) int { return -1 }
		c.single = true
	}
	return c
}

// of returns the client's address. It also returns a note if a header was sent
// and the address is not taken from it, or only with doubt. If a header cannot
// be read, the address is the connecting peer's, the only one that nobody can
// forge.
func (c clientIP) of(r *http.Request) (ip netip.Addr, note string) {
	peer := peerOf(r)
	lines := r.Header[c.header]
	switch {
	case len(lines) == 0 && peer.IsValid():
		return peer, ""
	case len(lines) == 0:
		return peer, "the connecting peer has no IP address"
	case !c.proxies.trustPeer(r, peer):
		return peer, c.header + " is not read: the connecting peer is not a trusted proxy"
	case c.single && len(lines) > 1:
		return peer, fmt.Sprintf("%s is not read: it is there %d times", c.header, len(lines))
	}
	// Each proxy appends whom it was asked by. So the truth reads from the
	// right, and ends at the first who is not ours: all to the left of that
	// is what the client itself sent. An empty element, which RFC 9110 would
	// skip, is a proxy that did not know; to skip it would be to believe
	// what stands to the left of it.
	var hop netip.Addr
	for element := range fromRight(lines, c.lastComma) {
		var ok bool
		if hop, ok = c.parse(element); !ok {
			return peer, fmt.Sprintf("%s is not read: %s is not an IP address", c.header, quoteHeader(element))
		}
		if !c.proxies.contain(hop) {
			return hop, ""
		}
	}
	return hop, c.header + " names trusted proxies only: this is the first of them"
}

// fromRight yields the elements of a list that is spread over header lines, the
// last one first. It reads only as far as the caller asks. No element crosses
// lines, so a line from the client cannot alter how a proxy's line is read.
func fromRight(lines []string, lastComma func(string) int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			for {
				comma := lastComma(line)
				if !yield(strings.Trim(line[comma+1:], " \t")) {
					return
				}
				if comma < 0 {
					break
				}
				line = line[:comma]
			}
		}
	}
}

// quoteHeader shows a piece of a header within a note: in ASCII, so that
// nothing in it can disguise itself, and cut, since the client can send a
// megabyte.
func quoteHeader(s string) string {
	const most = 40
	if len(s) <= most {
		return strconv.QuoteToASCII(s)
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.QuoteToASCII(s[:most]), len(s))
}
