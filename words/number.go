package words

import (
	"fmt"
	"strconv"
	"strings"
)

// Number writes a number with its thousands grouped.
func (c *Catalogue) Number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + c.Numbers.Group + digits[i:]
	}
	return digits
}

// AtLeast writes a number; more says that it was counted only so far.
func (c *Catalogue) AtLeast(n int, more bool) string {
	if more {
		return strings.ReplaceAll(c.Numbers.AtLeast, "{n}", c.Number(n))
	}
	return c.Number(n)
}

// Count returns the text for a number. With pairs of a name and a value, it
// fills in more than the number: Count(p, 3, "format", "CSV").
func (c *Catalogue) Count(p Plural, n int, pairs ...string) string {
	return c.CountAtLeast(p, n, false, pairs...)
}

// CountAtLeast is [Catalogue.Count] of a number that may have been counted only
// so far.
func (c *Catalogue) CountAtLeast(p Plural, n int, more bool, pairs ...string) string {
	return Fill(p.form(category(c.Language, n)), append([]string{"n", c.AtLeast(n, more), "digits", strconv.Itoa(n)}, pairs...)...)
}

// Fill puts values in place of {name}, given as pairs of a name and a value. A
// value that holds {name} itself stays as it is.
func Fill(text string, pairs ...string) string {
	if len(pairs)%2 != 0 {
		panic(fmt.Sprintf("words: Fill with %d texts: give pairs of a name and a value", len(pairs)))
	}
	named := make([]string, len(pairs))
	for i := range pairs {
		if named[i] = pairs[i]; i%2 == 0 {
			named[i] = "{" + pairs[i] + "}"
		}
	}
	return strings.NewReplacer(named...).Replace(text)
}

func (p Plural) form(category string) string {
	form := map[string]string{"zero": p.Zero, "one": p.One, "two": p.Two, "few": p.Few, "many": p.Many}[category]
	if form == "" {
		return p.Other
	}
	return form
}

// category returns the plural category of a whole number, as the Unicode CLDR
// has it for the language. A language that is not here has the category "one"
// for 1 and "other" for all else.
func category(language string, n int) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if n < 0 {
		n = -n
	}
	last, lastTwo := n%10, n%100
	teen := lastTwo >= 11 && lastTwo <= 19
	few := last >= 2 && last <= 4 && (lastTwo < 12 || lastTwo > 14)
	first := last == 1 && lastTwo != 11
	switch base {
	case "ja", "zh", "ko", "vi", "th", "id", "ms", "lo", "my":
		return "other"
	case "fr", "pt", "hi", "bn", "fa", "hy", "am":
		return pick("other", choice{n <= 1, "one"})
	case "ru", "uk", "be":
		return pick("many", choice{first, "one"}, choice{few, "few"})
	case "pl":
		return pick("many", choice{n == 1, "one"}, choice{few, "few"})
	case "hr", "sr", "bs":
		return pick("other", choice{first, "one"}, choice{few, "few"})
	case "cs", "sk":
		return pick("other", choice{n == 1, "one"}, choice{n >= 2 && n <= 4, "few"})
	case "ar":
		return pick("other", choice{n == 0, "zero"}, choice{n == 1, "one"}, choice{n == 2, "two"},
			choice{lastTwo >= 3 && lastTwo <= 10, "few"}, choice{lastTwo >= 11, "many"})
	case "he":
		return pick("other", choice{n == 1, "one"}, choice{n == 2, "two"})
	case "lt":
		return pick("other", choice{last == 1 && !teen, "one"}, choice{last >= 2 && !teen, "few"})
	case "lv":
		return pick("other", choice{last == 0 || teen, "zero"}, choice{first, "one"})
	case "sl":
		return pick("other", choice{lastTwo == 1, "one"}, choice{lastTwo == 2, "two"}, choice{lastTwo == 3 || lastTwo == 4, "few"})
	case "ro":
		return pick("other", choice{n == 1, "one"}, choice{n == 0 || lastTwo >= 1 && lastTwo <= 19, "few"})
	default:
		return pick("other", choice{n == 1, "one"})
	}
}

// choice is a category and whether a number is of it.
type choice struct {
	holds    bool
	category string
}

// pick returns the first category that holds.
func pick(otherwise string, choices ...choice) string {
	for _, c := range choices {
		if c.holds {
			return c.category
		}
	}
	return otherwise
}
