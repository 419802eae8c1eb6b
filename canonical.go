package audit

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

// canonicalJSON rewrites JSON text into the canonical form; see [Value].
func canonicalJSON(text string) (string, error) {
	tree, err := decodeJSON([]byte(text))
	if err != nil {
		return "", err
	}
	return string(appendCanonical(nil, tree)), nil
}

// decodeJSON decodes exactly one JSON value, its numbers as json.Number, so
// that none loses a digit.
func decodeJSON(text []byte) (any, error) {
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

// appendCanonical appends what decodeJSON returned.
func appendCanonical(dst []byte, tree any) []byte {
	switch v := tree.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case json.Number:
		return appendNumber(dst, string(v))
	case string:
		return appendText(dst, v)
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
		keys := make([]mapKey, 0, len(object))
		for key := range object {
			keys = append(keys, mapKey{text: printableKey(key), raw: key})
		}
		sortKeys(keys)
		dst = append(dst, '{')
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, key.text)
			dst = append(dst, ':')
			dst = appendCanonical(dst, object[key.raw])
		}
		return append(dst, '}')
	}
}

// appendText appends a string, or the mark that holds its bytes where no
// database would take it as text.
func appendText(dst []byte, s string) []byte {
	if isPlain(s) { // most are
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return appendString(dst, s)
	}
	dst = append(dst, `{"`+markKey+`":"bytes","hex":"`...)
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

// appendString appends a JSON string with only the necessary escapes. The
// string is valid UTF-8.
func appendString(dst []byte, s string) []byte {
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

// printableKey returns an object's key as text that every store takes.
func printableKey(key string) string {
	if utf8.ValidString(key) && strings.IndexByte(key, 0) < 0 {
		return key
	}
	quoted := strconv.QuoteToGraphic(key)
	return quoted[1 : len(quoted)-1]
}

// mapKey is a key of an object: its text, and what tells it from others that
// read alike.
type mapKey struct {
	text, raw string
	value     reflect.Value // where the object is a Go map
}

// sortKeys puts keys in order, and numbers those that read alike, so that none
// is lost: the keys 1 and "1" of a map[any]any, two NaNs, or "\x00" and the four
// characters that show it.
func sortKeys(keys []mapKey) {
	slices.SortFunc(keys, func(a, b mapKey) int {
		return cmp.Or(strings.Compare(a.text, b.text), strings.Compare(a.raw, b.raw))
	})
	alike := false
	for i := len(keys) - 1; i > 0; i-- {
		before := i
		for before > 0 && keys[before-1].text == keys[i].text {
			before--
		}
		for n := i; n > before; n-- {
			keys[n].text += "#" + strconv.Itoa(n-before+1)
			alike = true
		}
		i = max(before, 1)
	}
	if alike {
		sortKeys(keys) // a numbered key may have passed another one, or read like it
	}
}

const (
	// plainDigits is how long a number may be in plain notation.
	plainDigits = 40
	// maxExponent is how far a number's digits may lie from the point; a
	// float64 needs 324. Beyond, it is kept as a string: jsonb would write out
	// all the zeros.
	maxExponent = 400
	// maxPower keeps the arithmetic on exponents from overflowing.
	maxPower = 1 << 30
)

// appendNumber appends a JSON number in the one form that equal numbers share,
// or as a string where it is out of all proportion.
func appendNumber(dst []byte, literal string) []byte {
	digits, exponent, negative, ok := parseDecimal(literal)
	switch {
	case !ok:
		return appendText(dst, literal)
	case digits == "":
		return append(dst, '0')
	}
	// The number is 0.digits × 10^exponent.
	if exponent > maxExponent || len(digits)-exponent > maxExponent {
		return appendText(dst, literal)
	}
	if negative {
		dst = append(dst, '-')
	}
	switch {
	case exponent > plainDigits || len(digits)-exponent > plainDigits:
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		return strconv.AppendInt(append(dst, 'e'), int64(exponent-1), 10)
	case exponent >= len(digits):
		return append(append(dst, digits...), strings.Repeat("0", exponent-len(digits))...)
	case exponent > 0:
		return append(append(append(dst, digits[:exponent]...), '.'), digits[exponent:]...)
	default:
		return append(append(append(dst, "0."...), strings.Repeat("0", -exponent)...), digits...)
	}
}

// parseDecimal takes a JSON number apart into 0.digits × 10^exponent, the
// digits without zeros at either end, and none for zero.
func parseDecimal(literal string) (digits string, exponent int, negative, ok bool) {
	mantissa, power, hasPower := strings.Cut(strings.ToLower(literal), "e")
	if hasPower {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil || exponent > maxPower || exponent < -maxPower {
			return "", 0, false, false
		}
	}
	mantissa, negative = strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	whole = strings.TrimLeft(whole, "0")
	exponent += len(whole)
	digits = whole + fraction
	if whole == "" {
		digits = strings.TrimLeft(fraction, "0")
		exponent -= len(fraction) - len(digits)
	}
	digits = strings.TrimRight(digits, "0")
	return digits, exponent, negative, true
}
