package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auditkeep/audit/internal/secrets"
)

// redactor knows which names are secrets.
type redactor struct {
	// names are without separators: "apikey" stands for api_key, apiKey and APIkey.
	names map[string]struct{}
}

func newRedactor(more []string) (redactor, error) {
	r := redactor{names: make(map[string]struct{}, len(secrets.Names)+len(more))}
	for _, name := range slices.Concat(secrets.Names, more) {
		squeezed := strings.Join(secrets.Words(name), "")
		if squeezed == "" {
			return redactor{}, fmt.Errorf("audit: Config.Redact holds the name %q, in which there is no letter or digit", name)
		}
		r.names[squeezed] = struct{}{}
	}
	return r, nil
}

// secret reports whether a field or key of this name holds a secret: whether
// its last words are one of the names, in any spelling, with or without a
// plural s or a number behind it.
func (r redactor) secret(name string) bool {
	all := secrets.Words(name)
	return r.endsInSecret(all) || r.endsInSecret(withoutNumber(all))
}

func (r redactor) endsInSecret(words []string) bool {
	suffix := ""
	for i := len(words) - 1; i >= 0; i-- {
		suffix = words[i] + suffix
		if _, ok := r.names[suffix]; ok {
			return true
		}
		if _, ok := r.names[strings.TrimSuffix(suffix, "s")]; ok {
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
