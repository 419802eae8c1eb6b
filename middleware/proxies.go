package middleware

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
)

// proxies says which connecting peers may speak for others.
type proxies struct {
	networks   []netip.Prefix
	unixSocket bool
}

func newProxies(o Options) proxies {
	return proxies{networks: slices.Clone(o.TrustedProxies), unixSocket: o.TrustUnixSocket}
}

func (p proxies) contain(ip netip.Addr) bool {
	for _, network := range p.networks {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// trustPeer reports whether a trusted proxy sent r. On a Unix socket the peer
// is unknown (the zero Addr), and RemoteAddr is "", "@" or a path. RemoteAddr
// proves nothing, since other middleware may have written it. So trustPeer asks
// net/http whether the server listens on such a socket.
func (p proxies) trustPeer(r *http.Request, peer netip.Addr) bool {
	if peer.IsValid() {
		return p.contain(peer)
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return p.unixSocket && ok && local.Network() == "unix"
}

// peerOf returns the address that connected, or the zero Addr if there is none.
func peerOf(r *http.Request) netip.Addr {
	peer, _ := parseNode(r.RemoteAddr)
	return peer
}
