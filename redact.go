package audit

import (
	"errors"
	"fmt"
	"strings"
)

// secretNames are the names whose values are never kept, as whole words at the
// end of a name: user_password and accessToken are secrets, token_count and
// password_changed_at are not.
var secretNames = []string{
	"password", "passwd", "pwd", "passphrase",
	"secret", "token", "jwt", "credential", "credentials",
	"api_key", "apikey", "private_key", "secret_key", "access_key", "signing_key", "encryption_key",
	"authorization", "cookie", "set_cookie",
	"otp", "totp", "recovery_code", "backup_code",
	"cvv", "cvc",
	// What is derived from a secret can be attacked offline.
	"password_hash", "password_digest", "password_salt", "token_hash", "token_digest", "secret_hash", "secret_digest",
}

// redactor knows which names are secrets.
type redactor struct {
	names map[string]struct{}
	words int // of the longest name
}

func newRedactor(more []string) (redactor, error) {
	r := redactor{names: make(map[string]struct{}, len(secretNames)+len(more))}
	for _, name := range append(append([]string(nil), secretNames...), more...) {
		snake := strings.Trim(snakeCase(name), "_")
		if snake == "" {
			return redactor{}, fmt.Errorf("audit: Config.Redact: %w", errors.New("holds an empty name"))
		}
		r.names[snake] = struct{}{}
		r.words = max(r.words, strings.Count(snake, "_")+1)
	}
	return r, nil
}

// secret reports whether a field or key of this name holds a secret, in any
// spelling, with a plural s or a number behind it.
func (r redactor) secret(name string) bool {
	snake := strings.TrimRight(snakeCase(name), "_0123456789")
	for end := len(snake); ; {
		start := strings.LastIndexByte(snake[:end], '_')
		suffix := snake[start+1:]
		if _, ok := r.names[suffix]; ok {
			return true
		}
		if singular, plural := strings.CutSuffix(suffix, "s"); plural {
			if _, ok := r.names[singular]; ok {
				return true
			}
		}
		if start < 0 || strings.Count(suffix, "_")+1 >= r.words {
			return false
		}
		end = start
	}
}
