package jsontext

import (
	"strconv"
	"strings"
)

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

// AppendNumber appends a JSON number in the one form that equal numbers share,
// or as a string if it has too many digits or too large an exponent.
func AppendNumber(dst []byte, literal string) []byte {
	digits, exponent, negative, ok := parseDecimal(literal)
	switch {
	case !ok:
		return AppendText(dst, literal)
	case digits == "":
		return append(dst, '0')
	}
	// The number is 0.digits × 10^exponent.
	if exponent > maxExponent || len(digits)-exponent > maxExponent {
		return AppendText(dst, literal)
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

// IsWholeNumber reports whether s is a number as strconv.Itoa writes one, of
// any length. With a leading zero it is a text.
func IsWholeNumber(s string) bool {
	if s == "" || s[0] == '0' && s != "0" {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
