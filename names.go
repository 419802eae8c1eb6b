package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// snakeCase returns a Go or JSON name the way databases spell it, as GORM and
// triggers do: LastUsedAt is last_used_at, APIKey is api_key, UserIDs is
// user_ids, X-Api-Key is x_api_key.
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

// joinPath appends a name to a field's path. Names are escaped, so that a dot
// within a name is not taken for a step, nor an empty name for none.
func joinPath(path, name string) string {
	if name == "" {
		name = `\e`
	} else if strings.ContainsAny(name, `.\`) {
		name = strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// boundPath cuts a path that is too long to be stored. A digest of the whole
// tells paths apart that begin alike.
func boundPath(path string) string {
	if len(path) <= maxPathBytes {
		return path
	}
	digest := sha256.Sum256([]byte(path))
	return cutText(path, maxPathBytes-len("…")-8) + "…" + hex.EncodeToString(digest[:4])
}
