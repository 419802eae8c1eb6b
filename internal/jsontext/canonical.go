package jsontext

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Canonical rewrites JSON text into its canonical form: no blanks, keys in byte
// order, numbers in plain notation, only the necessary escapes.
func Canonical(text string) (string, error) {
	tree, err := Decode([]byte(text))
	if err != nil {
		return "", err
	}
	return string(appendCanonical(nil, tree)), nil
}

// Decode decodes exactly one JSON value, its numbers as json.Number, so
// that none loses a digit.
func Decode(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return tree, nil
}

// appendCanonical appends what Decode returned.
func appendCanonical(dst []byte, tree any) []byte {
	switch v := tree.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case json.Number:
		return AppendNumber(dst, string(v))
	case string:
		return AppendText(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, item)
		}
		return append(dst, ']')
	default:
		object := v.(map[string]any) // the decoder returns nothing else
		keys := make([]Key, 0, len(object))
		for key := range object {
			keys = append(keys, Key{Text: PrintableKey(key), Raw: key})
		}
		SortKeys(keys)
		dst = append(dst, '{')
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendString(dst, key.Text)
			dst = append(dst, ':')
			dst = appendCanonical(dst, object[key.Raw])
		}
		return append(dst, '}')
	}
}

// AppendText appends a string. A string that no database takes as text becomes a
// mark that holds its bytes.
func AppendText(dst []byte, s string) []byte {
	if isPlain(s) { // most are
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return AppendString(dst, s)
	}
	dst = append(dst, `{"`+MarkKey+`":"bytes","hex":"`...)
	dst = hex.AppendEncode(dst, []byte(s))
	return append(dst, `"}`...)
}

// isPlain reports whether a text is ASCII of which JSON escapes nothing.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// AppendString appends a JSON string with only the necessary escapes. The
// string is valid UTF-8.
func AppendString(dst []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// PrintableKey returns an object's key as text that every store takes.
func PrintableKey(key string) string {
	if utf8.ValidString(key) && strings.IndexByte(key, 0) < 0 {
		return key
	}
	quoted := strconv.QuoteToGraphic(key)
	return quoted[1 : len(quoted)-1]
}

// Key is a key of an object.
type Key struct {
	Text  string        // as it is written
	Raw   string        // distinguishes it from others with the same text
	Value reflect.Value // what it leads to, if the object is a Go map
}

// SortKeys puts keys in order. Keys with the same text get numbers, so that none
// is lost: the keys 1 and "1" of a map[any]any, two NaNs, or "\x00" and the four
// characters that show it.
func SortKeys(keys []Key) {
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(strings.Compare(a.Text, b.Text), strings.Compare(a.Raw, b.Raw))
	})
	alike := false
	for i := len(keys) - 1; i > 0; i-- {
		before := i
		for before > 0 && keys[before-1].Text == keys[i].Text {
			before--
		}
		for n := i; n > before; n-- {
			keys[n].Text += "#" + strconv.Itoa(n-before+1)
			alike = true
		}
		i = max(before, 1)
	}
	if alike {
		SortKeys(keys) // a numbered key may have passed another one, or read like it
	}
}
