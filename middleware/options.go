package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
)

// validate reports every mistake at once, so that a host can mend all of them
// together.
func (o Options) validate() error {
	errs := []error{
		checkHeaderName("ClientIPHeader", o.ClientIPHeader),
		checkHeaderName("RequestIDHeader", o.RequestIDHeader),
	}
	for i, prefix := range o.TrustedProxies {
		errs = append(errs, checkPrefix(fmt.Sprintf("TrustedProxies[%d]", i), prefix))
	}
	trusting := len(o.TrustedProxies) > 0 || o.TrustUnixSocket
	for _, header := range []struct{ field, name string }{
		{"ClientIPHeader", o.ClientIPHeader},
		{"RequestIDHeader", o.RequestIDHeader},
	} {
		if header.name != "" && !trusting {
			errs = append(errs, invalidOption(header.field, fmt.Sprintf("%q", header.name),
				"no proxy is trusted, so it would never be read",
				"name the networks your proxies connect from in TrustedProxies (or set TrustUnixSocket), or leave it empty"))
		}
	}
	if trusting && o.ClientIPHeader == "" && o.RequestIDHeader == "" {
		field, value := "TrustedProxies", fmt.Sprintf("%q", o.TrustedProxies)
		if len(o.TrustedProxies) == 0 {
			field, value = "TrustUnixSocket", "true"
		}
		errs = append(errs, invalidOption(field, value,
			"no header of the proxies' is named, so every request would seem to come from a proxy",
			"name the header that they set in ClientIPHeader, for example \"X-Forwarded-For\""))
	}
	return errors.Join(errs...)
}

func checkPrefix(field string, p netip.Prefix) error {
	value := fmt.Sprintf("%q", p)
	switch {
	case !p.IsValid():
		return invalidOption(field, value, "not a network", "make it with netip.ParsePrefix, and check its error")
	case p != p.Masked():
		return invalidOption(field, value, "has bits beyond its length",
			fmt.Sprintf("write %q for the whole network, or %q for the one address", p.Masked(), netip.PrefixFrom(p.Addr(), p.Addr().BitLen())))
	case p.Addr().Is4In6():
		// Addresses are compared unmapped, so this would never match.
		return invalidOption(field, value, "an IPv4 network mapped into IPv6",
			fmt.Sprintf("write %q", netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)))
	case p.Bits() == 0:
		return invalidOption(field, value, "trusts everyone, so any client could claim any address", "name only the networks your proxies connect from")
	}
	return nil
}

// checkHeaderName accepts the empty name, which means none.
func checkHeaderName(field, name string) error {
	value := fmt.Sprintf("%q", name)
	for i := range len(name) {
		if !isTokenByte(name[i]) {
			return invalidOption(field, value, "not a header's name", "give only the name, for example \"X-Forwarded-For\"")
		}
	}
	if http.CanonicalHeaderKey(name) == "Host" {
		return invalidOption(field, value, "net/http does not keep it among the headers", "name another header")
	}
	return nil
}

// isTokenByte reports whether c may be in a token of RFC 9110, section 5.6.2.
func isTokenByte(c byte) bool {
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return isAlphanumeric(c)
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func invalidOption(field, value, problem, remedy string) error {
	return fmt.Errorf("middleware: Options.%s is %s: %s; %s", field, value, problem, remedy)
}
