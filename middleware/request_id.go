package middleware

import (
	"crypto/rand"
	"net/http"
)

// maxRequestIDBytes is the max length of a request ID, here and in an entry.
const maxRequestIDBytes = 128

// requestIDs finds or makes the ID that joins all entries of one request.
type requestIDs struct {
	own     func(*http.Request) string
	header  string // in canonical form; empty for none
	proxies proxies
}

func newRequestIDs(own func(*http.Request) string, header string, proxies proxies) requestIDs {
	return requestIDs{own: own, header: http.CanonicalHeaderKey(header), proxies: proxies}
}

// of returns the host's own ID, else the one that a trusted proxy sent, else a
// fresh one. An ID of another shape is ignored, not cut: a part of an ID would
// join entries of different requests.
func (ids requestIDs) of(r *http.Request) string {
	if ids.own != nil {
		if id := ids.own(r); isRequestID(id) {
			return id
		}
	}
	// If there are several lines, nobody knows which of them the proxy wrote.
	if lines := r.Header[ids.header]; len(lines) == 1 && isRequestID(lines[0]) && ids.proxies.trustPeer(r, peerOf(r)) {
		return lines[0]
	}
	return rand.Text()
}

// isRequestID allows what needs no quotes in a log line, a URL or a shell. All
// common forms of IDs fit: UUIDs, W3C trace contexts, AWS's
// "Root=1-67891233-abcdef", chi's "host/abcdef-000001".
func isRequestID(id string) bool {
	if id == "" || len(id) > maxRequestIDBytes {
		return false
	}
	for i := range len(id) {
		switch id[i] {
		case '.', '_', ':', '/', '+', '=', '@', '-':
		default:
			if !isAlphanumeric(id[i]) {
				return false
			}
		}
	}
	return true
}
