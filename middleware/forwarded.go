package middleware

import (
	"net/netip"
	"strings"
)

// lastForwardedComma returns the index of the last comma of a Forwarded line
// (RFC 7239) that is not within a quoted string, or -1. It reads from the
// right, where the trusted proxies write. An unbalanced quote from the client
// stands to the left of what they write, and cannot hide it.
func lastForwardedComma(line string) int {
	quoted := false
	for i := len(line) - 1; i >= 0; i-- {
		switch {
		case line[i] == '"' && !isEscaped(line, i):
			quoted = !quoted
		case line[i] == ',' && !quoted:
			return i
		}
	}
	return -1
}

// isEscaped reports whether an odd number of backslashes stands before i.
func isEscaped(s string, i int) bool {
	before := s[:i]
	return (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1
}

// parseForwarded reads the address of the one "for" parameter in an element
// such as
//
//	for="[2001:db8::17]:4711";proto=https;by=203.0.113.43
//
// It fails if the parameter is missing, is given twice, or is not an address
// ("unknown", or a name such as "_hidden" that a proxy writes instead). It also
// fails if another part of the element cannot be read.
func parseForwarded(element string) (ip netip.Addr, ok bool) {
	node, found := "", false
	for rest := element; ; {
		name, value, after, ok := cutPair(rest)
		if !ok {
			return netip.Addr{}, false
		}
		if strings.EqualFold(name, "for") {
			if found {
				return netip.Addr{}, false
			}
			node, found = value, true
		}
		if after == "" {
			break
		}
		rest = after[1:]
	}
	if !found {
		return netip.Addr{}, false
	}
	return parseNode(node)
}

// cutPair reads the first name=value of a Forwarded element. What follows is
// empty or begins with the semicolon. The pair may be empty, and may have
// spaces around it, as some proxies write.
func cutPair(s string) (name, value, after string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	if s == "" || s[0] == ';' {
		return "", "", s, true
	}
	name, s, ok = strings.Cut(s, "=")
	if !ok || !isToken(name) {
		return "", "", "", false
	}
	if strings.HasPrefix(s, `"`) {
		value, s, ok = cutQuoted(s[1:])
	} else {
		value, s, ok = cutUnquoted(s)
	}
	s = strings.TrimLeft(s, " \t")
	return name, value, s, ok && (s == "" || s[0] == ';')
}

// cutUnquoted reads a value up to the pair's end. RFC 7239 wants a token. But
// proxies often send addresses with colons and brackets without quotes, and
// such an address contains no separator of values.
func cutUnquoted(s string) (value, after string, ok bool) {
	end := strings.IndexAny(s, "; \t")
	if end < 0 {
		end = len(s)
	}
	value = s[:end]
	return value, s[end:], value != "" && !strings.ContainsAny(value, `"\,=`)
}

// cutQuoted reads the rest of a quoted string, after its opening quote.
func cutQuoted(s string) (value, after string, ok bool) {
	var unquoted strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return unquoted.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		unquoted.WriteByte(s[i])
	}
	return "", "", false
}

func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}
