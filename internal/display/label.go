package display

import (
	"strings"
	"unicode"
	"unicode/utf8"
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

// Label returns a type's key in words: "api_key" is "API Key".
func Label(key string) string {
	words := strings.FieldsFunc(key, func(r rune) bool { return r == '_' || r == '-' || r == ' ' })
	for i, word := range words {
		if initialisms[strings.ToLower(word)] {
			words[i] = strings.ToUpper(word)
			continue
		}
		words[i] = Capital(word)
	}
	if len(words) == 0 {
		return key
	}
	return strings.Join(words, " ")
}

// Capital returns a text with its first letter in upper case.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
