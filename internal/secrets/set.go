package secrets

import (
	"fmt"
	"slices"
	"strings"
)

// Set knows which names are secrets.
type Set struct {
	// names are without separators: "apikey" stands for api_key, apiKey and APIkey.
	names map[string]struct{}
}

// NewSet returns the built-in names and more. A name without any letter or digit
// is an error, which names the field that holds it.
func NewSet(field string, more []string) (Set, error) {
	s := Set{names: make(map[string]struct{}, len(Names)+len(more))}
	for _, name := range slices.Concat(Names, more) {
		squeezed := strings.Join(Words(name), "")
		if squeezed == "" {
			return Set{}, fmt.Errorf("%s holds the name %q, in which there is no letter or digit", field, name)
		}
		s.names[squeezed] = struct{}{}
	}
	return s, nil
}

// Squeezed returns the names in lower case, without what stands between words.
func (s Set) Squeezed() []string {
	names := make([]string, 0, len(s.names))
	for name := range s.names {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Has reports whether a field or key of this name holds a secret: whether its
// last words are one of the names, in any spelling, with or without a plural s
// or a number behind it.
func (s Set) Has(name string) bool {
	words := Words(name)
	return s.endsIn(words) || s.endsIn(withoutNumber(words))
}

func (s Set) endsIn(words []string) bool {
	suffix := ""
	for i := len(words) - 1; i >= 0; i-- {
		suffix = words[i] + suffix
		if _, ok := s.names[suffix]; ok {
			return true
		}
		if _, ok := s.names[strings.TrimSuffix(suffix, "s")]; ok {
			return true
		}
	}
	return false
}

// withoutNumber takes a number off the end: otp_1, password2.
func withoutNumber(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	last := strings.TrimRight(words[len(words)-1], "0123456789")
	rest := words[:len(words)-1]
	if last == "" {
		return rest
	}
	return append(slices.Clone(rest), last)
}

// Fits reports whether the name of a column is, or ends in, one given name.
func Fits(column, name string) bool {
	only := Set{names: map[string]struct{}{strings.Join(Words(name), ""): {}}}
	return only.Has(column)
}

// OccurIn reports whether a text holds one of the names anywhere, in any
// spelling: what looks like a name may also be the end of one word and the
// beginning of the next.
func (s Set) OccurIn(text string) bool {
	squeezed := strings.Join(Words(text), "")
	for name := range s.names {
		if strings.Contains(squeezed, name) {
			return true
		}
	}
	return false
}
