package diff

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSnakeCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"LastUsedAt": "last_used_at", "APIKey": "api_key", "ID": "id", "UserID": "user_id", "UserIDs": "user_ids",
		"IDs": "ids", "HTTPServer": "http_server", "SHA256Sum": "sha256_sum", "Address2": "address2", "X-Api-Key": "x_api_key",
		"already_snake": "already_snake", "ACCESS_TOKEN": "access_token", "accessToken": "access_token", "A": "a", "": "",
		"ÄnderungsDatum": "änderungs_datum", "APIsEnabled": "apis_enabled",
	} {
		assert.Equal(t, want, snakeCase(name), name)
	}
}

func TestSecretNames(t *testing.T) {
	t.Parallel()
	r, err := newRedactor([]string{"IBAN", "tax-id"})
	require.NoError(t, err)
	for _, name := range []string{
		"password", "Password", "userPassword", "PASSWORD", "db_passwd", "passwords", "password2", "otp_1", "API-Key", "apiKeys", "stripe_api_key",
		"AccessToken", "Authorization", "Set-Cookie", "private_key", "password_hash", "PasswordDigest", "iban", "customer_iban", "TaxID",
	} {
		assert.True(t, r.secret(name), name)
	}
	for _, name := range []string{
		"token_count", "password_changed_at", "secretary", "tokenizer", "cookie_policy", "passwordless", "keynote", "api_keys_count", "author", "authorization_url", "id", "", "_", "s",
	} {
		assert.False(t, r.secret(name), name)
	}
	_, err = newRedactor([]string{"--"})
	assert.Error(t, err)
}

func FuzzTag(f *testing.F) {
	for _, seed := range []string{`audit:"name,id"`, `audit:"-"`, `audit:"-,"`, `audit:",redact" db:"x"`, `db:"id,omitempty"`, `audit:"a,redact,plain"`, `audit:"a_id,parent"`, `audit:",parent=b"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		parsed, err := parseTag(reflect.StructTag(tag))
		if err == nil && parsed.skip {
			require.Equal(t, fieldTag{skip: true}, parsed)
		}
		if err == nil {
			require.False(t, parsed.redact && parsed.plain)
			require.True(t, parsed.parent || parsed.parentType == "")
		}
	})
}
