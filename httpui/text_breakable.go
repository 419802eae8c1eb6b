package httpui

import "strings"

// longHost is how long a host's name must be to be broken at its dots.
const longHost = 20

// breakable splits an email address or an IPv6 address at the places at which a line may end:
// after the @, before the dots of a long host's name, after every second colon.
func breakable(s string) []string {
	var parts []string
	start, seenAt, colons := 0, false, 0
	cut := func(at int) {
		if at > start && at < len(s) {
			parts = append(parts, s[start:at])
			start = at
		}
	}
	for i, r := range s {
		switch r {
		case '@':
			seenAt = len(s)-i > longHost
			cut(i + 1)
		case '.':
			if seenAt && i > start {
				cut(i)
			}
		case ':':
			if colons++; colons%2 == 0 && !strings.HasPrefix(s[i+1:], ":") {
				cut(i + 1)
			}
		}
	}
	return append(parts, s[start:])
}
