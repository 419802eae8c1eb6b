// Package stored brings texts into the form in which the columns of the log
// keep them. The root package does so before it records and before it searches,
// package postgres before it sets the context of triggers. The triggers follow
// the same rules (audit_capture_key, audit_capture_cut).
package stored

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds in bytes. Those of indexed texts keep every index row within what
// PostgreSQL accepts.
const (
	Org        = 255
	Action     = 64
	ObjectType = 255
	ObjectID   = 255
	ActorKind  = 64
	ActorID    = 255
	Email      = 320
	RequestID  = 128
	UserAgent  = 512
	Comment    = 4096
)

// Whole is how long a key may be to be kept whole in an entry's metadata, if its
// column cannot hold it.
const Whole = 64 << 10

const digestDigits = 8

// Fits reports whether a column of so many bytes holds the text as it is: no
// store takes NUL or what is not UTF-8.
func Fits(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// Problem says what keeps a text from being stored as it is in a column of max
// bytes. It is empty if the text fits.
func Problem(s string, max int) string {
	switch {
	case len(s) > max:
		return fmt.Sprintf("%d bytes long, at most %d can be stored", len(s), max)
	case !utf8.ValidString(s):
		return "not valid UTF-8"
	case strings.ContainsRune(s, 0):
		return "holds a NUL character"
	}
	return ""
}

// Key returns the form of a text that entries are looked up by: an ID, an email.
// A text that does not fit is cut, and ends in "…" and the first digits of its
// SHA-256, so that two of them stay apart. Bytes that no store takes are
// written as \xe9. Key of a Key is the same text.
func Key(s string, most int) string {
	if Fits(s, most) {
		return s
	}
	digest := sha256.Sum256([]byte(s))
	return Cut(Visible(s), most-len("…")-digestDigits) + "…" + hex.EncodeToString(digest[:digestDigits/2])
}

// Text returns the form of a text that is only read: a comment, a user agent.
// One that is too long is cut and ends in "…". Bytes that no store takes are
// written as \xe9.
func Text(s string, most int) string {
	if Fits(s, most) {
		return s
	}
	if s = Visible(s); len(s) <= most {
		return s
	}
	return Cut(s, most-len("…")) + "…"
}

// Visible writes each byte that no store takes as \x and two digits. Others
// stay as they are, a backslash too.
func Visible(s string) string {
	if Fits(s, len(s)) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			out.WriteString(`\x` + hex.EncodeToString([]byte{s[i]}))
		} else {
			out.WriteString(s[i : i+size])
		}
		i += size
	}
	return out.String()
}

// Cut returns at most so many bytes of valid UTF-8, never half a character.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// Clean returns at most so many bytes of a text. What no store takes is replaced
// by U+FFFD.
func Clean(s string, most int) string {
	return Cut(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"), most)
}

// Quote quotes a text from outside for an error message. Control characters are
// escaped, and a long text is cut.
func Quote(s string) string {
	const most = 80
	if len(s) <= most {
		return strconv.QuoteToGraphic(s)
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.QuoteToGraphic(Cut(s, most)), len(s))
}

// KeptKey returns, as JSON, what an entry's metadata keeps of a key that does not
// fit: all of it. Beyond Whole it is the size only.
func KeptKey(s string) json.RawMessage {
	switch {
	case len(s) > Whole:
		return cutMark(s)
	case Fits(s, Whole):
		text, _ := json.Marshal(s) // a string has no method that fails
		return text
	default:
		return bytesMark(s)
	}
}

// KeptText returns, as JSON, what the metadata keeps of a text that does not
// fit: the size of one that was cut, the bytes of one that was rewritten.
func KeptText(s string, most int) json.RawMessage {
	if len(s) > most {
		return cutMark(s)
	}
	return bytesMark(s)
}

func cutMark(s string) json.RawMessage {
	return fmt.Appendf(nil, `{"$audit":"cut","bytes":%d}`, len(s))
}

func bytesMark(s string) json.RawMessage {
	return fmt.Appendf(nil, `{"$audit":"bytes","hex":"%x"}`, s)
}
