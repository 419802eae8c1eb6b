package jsontext

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/auditkeep/audit/internal/stored"
)

// MaxPath is how many bytes of a field's path are stored.
const MaxPath = 255

// JoinPath appends a name to a field's path. A dot within the name is escaped, so
// that it is not taken for a step, and an empty name is written `\e`.
func JoinPath(path, name string) string {
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

// SplitPath returns a path's first name, unescaped, and the rest.
func SplitPath(path string) (name, rest string) {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\' && i+1 < len(path):
			if i++; path[i] == 'e' {
				continue // an empty name
			}
		case path[i] == '.':
			return out.String(), path[i+1:]
		}
		out.WriteByte(path[i])
	}
	return out.String(), ""
}

// ParentPath returns the path of what a field is within, "" at the top. It is
// also "" for a path that is too long for a change: recording makes none.
func ParentPath(path string) string {
	if len(path) > MaxPath {
		return ""
	}
	for i := len(path) - 1; i > 0; i-- {
		if path[i] != '.' {
			continue
		}
		escapes := 0
		for j := i - 1; j >= 0 && path[j] == '\\'; j-- {
			escapes++
		}
		if escapes%2 == 0 {
			return path[:i]
		}
	}
	return ""
}

// BoundPath cuts a path that is too long to be stored. It then ends in a digest
// of the whole, so that two paths with the same beginning stay apart.
func BoundPath(path string) string {
	if len(path) <= MaxPath {
		return path
	}
	digest := sha256.Sum256([]byte(path))
	return stored.Clean(path, MaxPath-len("…")-8) + "…" + hex.EncodeToString(digest[:4])
}
