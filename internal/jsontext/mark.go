package jsontext

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/auditkeep/audit/internal/stored"
)

// MarkKey is the only key of a mark: an object that stands for what is not kept.
// These are the marks:
//
//	{"$audit":"redacted"}
//	{"$audit":"shared"}
//	{"$audit":"cycle"}
//	{"$audit":"cut","bytes":9000,"start":"the first characters"}
//	{"$audit":"cut","items":9000}
//	{"$audit":"bytes","hex":"00ff"}
//	{"$audit":"opaque","type":"money.Money"}
//	{"$audit":"invalid_json","text":"{a"}   "bytes" instead, if the text may hold a secret
const MarkKey = "$audit"

// Marks without details.
const (
	Redacted = `{"` + MarkKey + `":"redacted"}`
	Shared   = `{"` + MarkKey + `":"shared"}`
	Cycle    = `{"` + MarkKey + `":"cycle"}`
)

// Mark is a mark with its details.
type Mark struct {
	Kind  string  `json:"$audit"`
	Bytes int     `json:"bytes,omitempty"`
	Items int     `json:"items,omitempty"`
	Hex   *string `json:"hex,omitempty"`
	Start string  `json:"start,omitempty"`
	Text  *string `json:"text,omitempty"`
	Type  string  `json:"type,omitempty"`
}

// ParseMark reads a mark out of a canonical value. It returns the zero Mark for a
// value that is not a mark.
func ParseMark(value string) Mark {
	var m Mark
	_ = json.Unmarshal([]byte(value), &m) // it is canonical JSON; other types do not fit
	return m
}

// HoldsMark reports whether a canonical value is a mark, or has one within it.
func HoldsMark(value string) bool { return strings.Contains(value, `"`+MarkKey+`":"`) }

// EscapeKey returns a host's key in the form in which it is not taken for a mark:
// $audit becomes $$audit, and $$audit becomes $$$audit.
func EscapeKey(key string) string {
	if strings.HasSuffix(key, MarkKey) && strings.Trim(key[:len(key)-len(MarkKey)], "$") == "" {
		return "$" + key
	}
	return key
}

// UnescapeKey returns the host's key that [EscapeKey] was given.
func UnescapeKey(key string) string {
	if escaped, ok := strings.CutPrefix(key, "$"); ok && EscapeKey(escaped) == key {
		return escaped
	}
	return key
}

const maxCutStart = 1 << 10

// AppendCut appends the mark of something that was cut: its size in the unit
// "bytes" or "items", and how it began. The start is at most a quarter of limit.
func AppendCut(buf []byte, unit string, size int, start string, limit int) []byte {
	buf = append(buf, `{"`+MarkKey+`":"cut"`...)
	if size > 0 {
		buf = append(append(append(buf, ',', '"'), unit...), '"', ':')
		buf = strconv.AppendInt(buf, int64(size), 10)
	}
	if start = start[:min(len(start), maxCutStart, limit/4)]; start != "" {
		for len(start) > 0 && !utf8.RuneStart(start[len(start)-1]) {
			start = start[:len(start)-1] // the last character may have lost its end
		}
		if start != "" {
			start = start[:len(start)-1]
		}
		buf = append(buf, `,"start":`...)
		buf = AppendString(buf, stored.Clean(start, maxCutStart))
	}
	return append(buf, '}')
}

// AppendBounded appends a string, or a mark if it would be longer than limit
// bytes.
func AppendBounded(buf []byte, text string, limit int) []byte {
	if len(text) > limit {
		return AppendCut(buf, "bytes", len(text), text, limit)
	}
	start := len(buf)
	buf = AppendText(buf, text)
	if size := len(buf) - start; size > limit {
		return AppendCut(buf[:start], "bytes", size, text, limit)
	}
	return buf
}

// AppendOpaque appends the mark of a value of which only the type is kept.
func AppendOpaque(buf []byte, typeName string) []byte {
	buf = append(buf, `{"`+MarkKey+`":"opaque","type":`...)
	return append(AppendString(buf, typeName), '}')
}

// InvalidJSON says how much is kept of a text that should be JSON and is not.
type InvalidJSON int

// The ways to keep it.
const (
	InvalidNothing InvalidJSON = iota // not even its text is known
	InvalidSize                       // how long it is
	InvalidText                       // all of it
)

// AppendInvalid appends the mark of a text that should be JSON and is not. A text
// that is not UTF-8 or holds NUL is kept as its bytes.
func AppendInvalid(buf []byte, text string, keep InvalidJSON) []byte {
	buf = append(buf, `{"`+MarkKey+`":"invalid_json"`...)
	switch {
	case keep == InvalidNothing:
	case keep == InvalidSize:
		buf = strconv.AppendInt(append(buf, `,"bytes":`...), int64(len(text)), 10)
	case utf8.ValidString(text) && strings.IndexByte(text, 0) < 0:
		buf = AppendString(append(buf, `,"text":`...), text)
	default:
		buf = append(hex.AppendEncode(append(buf, `,"hex":"`...), []byte(text)), '"')
	}
	return append(buf, '}')
}
