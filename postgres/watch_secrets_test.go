package postgres_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/secrets"
	"github.com/auditkeep/audit/postgres"
)

// The database knows the same secrets as Go, whatever its locale.
func TestWatchSecrets(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	redact := []string{"pin", "Социальный", "ŞİFRE", "κωδικός", "Straße", "暗証番号", "Գաղտնաբառ"}
	set, err := secrets.NewSet("redact", redact)
	require.NoError(t, err)
	names := set.Squeezed()
	log, err := audit.New(w.store, audit.Config{Org: "acme", Redact: redact})
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(3, 4))
	parts := []string{
		"password", "Password", "PASS", "word", "api", "API", "Key", "KEY", "keys", "Token", "tokens", "_", "-", ".", " ", "1", "23", "s", "S", "ID", "IDs", "otp", "OTPs", "x", "count", "secret", "SECRETs", "[", "]", "pin", "hash", "Hash",
		"социальный", "СОЦИАЛЬНЫЙ", "Социальныи\u0306", "номер", "Номер", "şifre", "Şifre", "SIFRE", "şıfre", "S\u0327I\u0307FRE", "ΚΩΔΙΚΌΣ", "Κωδικος", "κωδικοσ", "STRASSE", "STRAẞE", "straße", "暗証番号", "番号", "գաղտնաբառ",
		"é", "É", "ß", "ı", "İ", "ſ", "ς", "Σ", "\u212a", "ǅ", "Ǆ", "ﬁ", "ｐ", "٣", "–", "\u00a0", "\u0301", "🔑", "\U00020001", "Ა", "ა", "\n", "\t", "\x7f", "$", "'", `"`, `\`,
	}
	all := []string{"пароль", "Социальный", "é_password", "épassword", "password", "APIKeys", "APIkey", "userPASSWORD2", "X-Api-Key", "smtp.password", "user[password]", "token_count", "password_changed_at", "passwordHash", "OTP_1", "otp1", "", "_", "é", "1"}
	secret := []bool{false, true, true, false}
	for range 5000 {
		var name strings.Builder
		for range 1 + random.IntN(5) {
			name.WriteString(parts[random.IntN(len(parts))])
		}
		all = append(all, name.String())
	}
	rows, err := w.pool.Query(t.Context(), "SELECT audit_capture_secret(name, $2) FROM unnest($1::text[]) WITH ORDINALITY AS n (name, i) ORDER BY i", all, names)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	require.NoError(t, err)
	assert.Equal(t, secret, found[:len(secret)])
	for i, name := range all {
		entries, err := log.Prepare(t.Context(), audit.Created(map[string]any{"id": 1, name: "v"}).WithObject(audit.Object{Type: "x", ID: "1"}))
		require.NoError(t, err)
		require.Len(t, entries[0].Changes, 1, name)
		assert.Equal(t, entries[0].Changes[0].New.Kind() == audit.KindRedacted, found[i], "%q", name)
	}
}

// Each character that begins or ends a range, or has another form, is the same
// in Go and in SQL.
func TestWatchWords(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	var all []string
	for r := rune(1); r < 0x40010; r++ {
		if 0xD800 <= r && r < 0xE000 {
			continue
		}
		kind := func(r rune) string { return strings.Join(secrets.Words("a"+string(r)+"Bc"), " ") }
		same := func(s string, r rune) string { return strings.ReplaceAll(s, string(r), "?") }
		if r < 0x0590 || same(kind(r), r) != same(kind(r-1), r-1) || same(kind(r), r) != same(kind(r+1), r+1) {
			c := string(r)
			all = append(all, c, "a"+c+"B", "A"+c+"b", "AB"+c, c+"Bc", c+c+"s"+c, c+"S", "1"+c)
		}
	}
	require.Greater(t, len(all), 12000)
	rows, err := w.pool.Query(t.Context(), "SELECT array_to_string(array_remove(audit_capture_words(name), ''), ' ') FROM unnest($1::text[]) WITH ORDINALITY AS n (name, i) ORDER BY i", all)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for i, name := range all {
		if want := strings.Join(secrets.Words(name), " "); want != found[i] {
			assert.Equal(t, want, found[i], "%+q", name)
		}
	}
}

// Names beyond ASCII are redacted in columns and JSON, however deep.
func TestWatchSecretsBeyondASCII(t *testing.T) {
	t.Parallel()
	redact := []string{"Социальный", "ŞİFRE"}
	w := watch(t, `CREATE TABLE people (id int PRIMARY KEY, "Социальный" text, "şifre" text, meta jsonb, plain json)`,
		postgres.WatchTable{Name: "people", Redact: redact})
	w.exec(t, `INSERT INTO people VALUES (1, 'canary', 'canary', '{"a": [{"СОЦИАЛЬНЫЙ": "canary"}], "мой социальный": "canary"}', '[[{"Şifre": "canary", "n": "é"}]]')`,
		`UPDATE people SET "Социальный" = 'canary2', "şifre" = 'canary2', meta = '[{"СОЦИАЛЬНЫЙ": "canary2"}]', plain = '[{"x": {"sifre": "canary2"}}]'`)
	lines := w.lines(t)
	require.Len(t, lines, 2)
	for _, entry := range lines {
		assert.NotContains(t, entry, "canary")
		assert.GreaterOrEqual(t, strings.Count(entry, `{"$audit":"redacted"}`), 5)
	}
}
