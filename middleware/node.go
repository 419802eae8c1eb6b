package middleware

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseNode reads an address as proxies and net/http write it: IPv4 or IPv6,
// with or without a port. IPv6 without a port may have brackets. Zones are
// dropped, since they mean nothing on another machine.
func parseNode(node string) (netip.Addr, bool) {
	host, port := node, ""
	bracketed := strings.HasPrefix(node, "[")
	switch {
	case bracketed:
		var closed bool
		if host, port, closed = strings.Cut(node[1:], "]"); !closed {
			return netip.Addr{}, false
		}
	case strings.Count(node, ":") == 1:
		colon := strings.IndexByte(node, ':')
		host, port = node[:colon], node[colon:]
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || bracketed && ip.Is4() || port != "" && !isPort(port) {
		return netip.Addr{}, false
	}
	ip = ip.Unmap().WithZone("")
	// The unspecified address is what a broken proxy writes for "none".
	return ip, !ip.IsUnspecified()
}

// isPort reports whether s is a colon and a port: a number, or the
// underscore and name of an obfuscated one (RFC 7239, section 6.2).
func isPort(s string) bool {
	port, ok := strings.CutPrefix(s, ":")
	if !ok {
		return false
	}
	if name, obfuscated := strings.CutPrefix(port, "_"); obfuscated {
		return name != "" && strings.Trim(name, obfuscatedChars) == ""
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}

const obfuscatedChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
