// Package secrets holds the one list of names whose values are never kept. The
// root package and the triggers of package postgres go by it.
package secrets

// Names are the names whose values are never kept, as whole words at the end of
// a name: user_password and accessToken are secrets, token_count and
// password_changed_at are not. Callers must not change them.
var Names = []string{
	"password", "passwd", "pwd", "passphrase", "passcode", "password_confirmation", "password_repeat",
	"secret", "token", "jwt", "credential", "client_secret", "auth_token", "access_token", "refresh_token",
	"api_key", "private_key", "private_key_pem", "secret_key", "access_key", "signing_key", "encryption_key",
	"authorization", "cookie", "set_cookie",
	"otp", "totp", "otp_code", "recovery_code", "backup_code",
	"cvv", "cvc", "dsn", "connection_string",
	// What is derived from a secret can be attacked offline.
	"password_hash", "password_digest", "password_salt", "token_hash", "token_digest", "secret_hash", "secret_digest",
}
