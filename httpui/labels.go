package httpui

import (
	"strings"

	"github.com/auditkeep/audit"
)

// initialisms are written in capitals in labels.
var initialisms = map[string]bool{
	"acl": true, "api": true, "aws": true, "cpu": true, "crm": true, "csv": true,
	"dns": true, "gpg": true, "html": true, "http": true, "https": true, "iam": true,
	"id": true, "ip": true, "json": true, "jwt": true, "ldap": true, "mfa": true,
	"otp": true, "pdf": true, "pgp": true, "rss": true, "saml": true, "scim": true,
	"sla": true, "sms": true, "sql": true, "ssh": true, "ssl": true, "sso": true,
	"tls": true, "ui": true, "url": true, "uuid": true, "vat": true, "vm": true,
	"vpn": true, "xml": true,
}

// humanise returns a type's key in words: "api_key" is "API Key".
func humanise(key string) string {
	words := strings.FieldsFunc(key, func(r rune) bool { return r == '_' || r == '-' || r == ' ' })
	for i, word := range words {
		if initialisms[strings.ToLower(word)] {
			words[i] = strings.ToUpper(word)
			continue
		}
		words[i] = capital(word)
	}
	if len(words) == 0 {
		return key
	}
	return strings.Join(words, " ")
}

// objectLabel is what people see for an object type.
func (h *Handler) objectLabel(key string) string {
	if label, ok := h.options.Labels[key]; ok {
		return label
	}
	return humanise(key)
}

// actionLabel is what people see for an action.
func (h *Handler) actionLabel(a audit.Action) string {
	if label, ok := h.options.Actions[a]; ok {
		return label
	}
	return string(a)
}
