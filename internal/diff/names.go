package diff

import (
	"strings"
	"unicode"
)

// snakeCase returns a Go or JSON name in the spelling of databases, as GORM and
// triggers do: last_used_at for LastUsedAt, api_key for APIKey, user_ids for
// UserIDs, x_api_key for X-Api-Key.
func snakeCase(name string) string {
	runes := []rune(name)
	var out strings.Builder
	for i, r := range runes {
		switch {
		case r == '-' || r == ' ' || r == '_':
			out.WriteByte('_')
			continue
		case i > 0 && startsWord(runes, i):
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// startsWord reports whether an underscore belongs before the rune at i > 0.
func startsWord(runes []rune, i int) bool {
	if !unicode.IsUpper(runes[i]) {
		return false
	}
	before := runes[i-1]
	if unicode.IsLower(before) || unicode.IsDigit(before) {
		return true
	}
	// Within capitals, the last one begins the next word: the K of APIKey, but
	// not the D of IDs.
	return unicode.IsUpper(before) && i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !pluralOfCapitals(runes, i)
}

func pluralOfCapitals(runes []rune, i int) bool {
	return runes[i+1] == 's' && (i+2 == len(runes) || !unicode.IsLower(runes[i+2]))
}
