package diff

import "github.com/auditkeep/audit/internal/secrets"

// redactor knows which names are secrets.
type redactor struct{ names secrets.Set }

func newRedactor(more []string) (redactor, error) {
	names, err := secrets.NewSet("Config.Redact", more)
	if err != nil {
		return redactor{}, err
	}
	return redactor{names}, nil
}

// secret reports whether a field or key of this name holds a secret.
func (r redactor) secret(name string) bool { return r.names.Has(name) }
