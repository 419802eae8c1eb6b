package hostile

import (
	"database/sql"
	"database/sql/driver"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
)

// A canary is a secret that must not be found anywhere.
const (
	canaryText   = "cAnArY-zq7x-"
	canaryNumber = 918_273_645_000_000
	shownText    = "shown-zq7x-" // what must be found, or the search is wrong
)

// secretNames are those that the library redacts by default.
var secretNames = strings.Fields(`password passwd pwd passphrase passcode password_confirmation password_repeat secret token jwt
	credential client_secret auth_token access_token refresh_token api_key private_key private_key_pem secret_key access_key
	signing_key encryption_key authorization cookie set_cookie otp totp otp_code recovery_code backup_code cvv cvc dsn
	connection_string password_hash password_digest password_salt token_hash token_digest secret_hash secret_digest`)

// garden plants canaries.
type garden struct {
	*rand.Rand
	planted int
}

func (g *garden) canary() string { g.planted++; return fmt.Sprintf("%s%08d", canaryText, g.planted) }

// name is one of the names, in any spelling and with something in front.
func (g *garden) name() string {
	name := secretNames[g.IntN(len(secretNames))]
	parts := strings.Split(name, "_")
	title := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	switch g.IntN(9) {
	case 0:
		name = strings.ToUpper(name)
	case 1:
		name = strings.Join(parts, "-")
	case 2: // camelCase
		for i := range parts[1:] {
			parts[i+1] = title(parts[i+1])
		}
		name = strings.Join(parts, "")
	case 3: // Header-Case
		for i := range parts {
			parts[i] = title(parts[i])
		}
		name = "X-" + strings.Join(parts, "-")
	case 4:
		name = "user_" + name
	case 5:
		name = "smtp." + name
	case 6:
		name = "user[" + name + "]"
	case 7:
		name += strconv.Itoa(g.IntN(10))
	}
	return name
}

// value is a canary in one of many forms.
func (g *garden) value() any {
	text := g.canary()
	switch g.IntN(11) {
	case 0:
		return canaryNumber + g.planted
	case 1:
		return []byte(text)
	case 2:
		return []string{text, g.canary()}
	case 3:
		return map[string]any{"value": text, "list": []any{text}}
	case 4:
		return &text
	case 5:
		return sql.NullString{String: text, Valid: true}
	case 6:
		return json.RawMessage(strconv.Quote(text))
	case 7:
		return float64(canaryNumber + g.planted)
	case 8:
		return struct{ Inner struct{ Deep string } }{struct{ Deep string }{text}}
	case 9:
		return map[string]string{text: "the key is the secret"}
	default:
		return text
	}
}

// wrapped buries a secret at some depth, among what is shown.
func (g *garden) wrapped() map[string]any {
	held := map[string]any{g.name(): g.value(), "note": shownText}
	for range g.IntN(20) {
		switch g.IntN(4) {
		case 0:
			held = map[string]any{"list": []any{held, "x"}}
		case 1:
			held = map[string]any{"nested.and.dotted": held, "other": 1}
		default:
			held = map[string]any{"Nested": held}
		}
	}
	return held
}

// marshaled has its own JSON form. column is a JSON column.
type (
	marshaled struct{ held map[string]any }
	column    struct{ held map[string]any }
)

func (m marshaled) MarshalJSON() ([]byte, error) { return json.Marshal(m.held) }
func (c column) Value() (driver.Value, error)    { return json.Marshal(c.held) }

type account struct {
	ID                int
	Name              string
	Password          string
	APIKey            *string
	AccessTokens      []string
	OTPCode2          int
	ClientSecret      sql.NullString
	Authorization     http.Header
	PrivateKeyPEM     []byte
	Session           struct{ Cookie, SetCookie string }
	Form              url.Values
	Extra             any
	Column            column
	Marshaled         marshaled
	Raw               json.RawMessage
	PasswordChangedAt string
	TokenCount        int
	Card              *struct{ CVV, Last4 string }
	Custom            string `audit:",redact"`
}

func (g *garden) account() account {
	key, raw := g.canary(), must(json.Marshal(g.wrapped()))
	a := account{
		ID: 7, Name: shownText, Password: g.canary(), APIKey: &key, AccessTokens: []string{g.canary()}, OTPCode2: canaryNumber + g.planted,
		ClientSecret: sql.NullString{String: g.canary(), Valid: true}, Authorization: http.Header{"Bearer": {g.canary()}},
		PrivateKeyPEM: []byte(g.canary()), Form: url.Values{g.name(): {g.canary()}, "q": {shownText}}, Extra: g.wrapped(),
		Column: column{g.wrapped()}, Marshaled: marshaled{g.wrapped()}, Raw: raw, PasswordChangedAt: shownText, TokenCount: g.planted,
		Card: &struct{ CVV, Last4 string }{g.canary(), "4242"}, Custom: g.canary(),
	}
	a.Session.Cookie, a.Session.SetCookie = g.canary(), g.canary()
	return a
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err) // a slip of the pen in a test
	}
	return value
}

// event is one that carries canaries.
func (g *garden) event() audit.Event {
	object := audit.Object{Type: "account", ID: strconv.Itoa(g.planted)}
	switch g.IntN(6) {
	case 0:
		return audit.Created(g.account()).WithObject(object)
	case 1:
		return audit.Updated(g.account(), g.account()).WithObject(object)
	case 2:
		return audit.Destroyed(g.wrapped()).WithObject(object)
	case 3:
		return audit.Updated(g.wrapped(), g.wrapped()).WithObject(object)
	case 4:
		return audit.Created(json.RawMessage(must(json.Marshal(g.wrapped())))).WithObject(object)
	default:
		return audit.Performed("login_failed", object).WithMetadata(map[string]any{
			g.name(): g.value(), "request": g.wrapped(), "note": shownText,
		})
	}
}

// requireNoCanary finds none, in no form.
func requireNoCanary(t *testing.T, where, content string) {
	t.Helper()
	forms := map[string]string{
		"as it is": canaryText, "in hexadecimal": hex.EncodeToString([]byte(canaryText)), "as a number": "918273645",
		"as a float": "9.18273645", "in UTF-16": string(utf16Bytes(canaryText)), "in lower case": strings.ToLower(canaryText),
	}
	for shift := range 3 { // base64 of a text depends on what is in front
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), canaryText...))
		forms[fmt.Sprintf("in base64 (%d)", shift)] = encoded[4 : len(encoded)-4]
	}
	for form, text := range forms {
		if place := strings.Index(content, text); place >= 0 {
			require.Fail(t, "a canary came out", "%s, %s: %q", where, form, content[max(0, place-200):min(len(content), place+80)])
		}
	}
}

func utf16Bytes(text string) (out []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit>>8), byte(unit))
	}
	return out
}

func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("AUDIT_TEST_SEED"); text != "" {
		seed = must(strconv.ParseUint(text, 10, 64))
	}
	t.Logf("AUDIT_TEST_SEED=%d repeats this run", seed)
	return seed
}

// TestT14_NoCanaryComesOut plants secrets under default names, in any case and
// at any depth, and looks for them in everything that comes out.
func TestT14_NoCanaryComesOut(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	for name, db := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &garden{Rand: rand.New(rand.NewPCG(seed, 0))}
			trail, err := audit.New(db.store, audit.Config{Org: "acme"})
			require.NoError(t, err)
			for g.planted < howMany() {
				events := []audit.Event{g.event(), g.event(), g.event(), g.event()}
				require.NoError(t, trail.RecordDetached(t.Context(), events...))
			}
			stored := db.dump(t)
			requireNoCanary(t, "the database", stored)
			assert.Contains(t, stored, shownText)
			for _, s := range sinks(t, db.store, "acme") {
				requireNoCanary(t, s.name, s.content)
				if !s.opaque {
					assert.Contains(t, s.content, shownText, s.name)
				}
			}
			t.Logf("%d canaries", g.planted)
		})
	}
}

// failingSecret is a secret that cannot be recorded.
type failingSecret struct{}

func (failingSecret) MarshalJSON() ([]byte, error) {
	return nil, errors.New("no such key")
}

// TestT14_ErrorsTellNoSecret makes recording and the page fail on events and
// addresses with secrets in them.
func TestT14_ErrorsTellNoSecret(t *testing.T) {
	t.Parallel()
	g := &garden{Rand: rand.New(rand.NewPCG(1, 0))}
	store := audittest.NewStore()
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	shared := &account{ID: 1, Password: g.canary()}
	for name, event := range map[string]audit.Event{
		"shared memory":     audit.Updated(shared, shared),
		"no object":         audit.Created(map[string]any{"password": g.canary()}),
		"half a parent":     audit.Created(g.account()).WithParent(audit.Object{Type: "x"}),
		"a failing method":  audit.Created(map[string]any{"id": 1, "password": g.canary(), "x": failingSecret{}}),
		"a long comment":    audit.Created(g.account()).WithComment(strings.Repeat("x", 5000)),
		"malformed JSON":    audit.Created(json.RawMessage(`{"id":1,"password":"` + g.canary() + `"`)),
		"a failing secret":  audit.Created(map[string]any{"id": 1, "token": failingSecret{}, "secret": g.canary()}),
		"not an object":     audit.Created(g.canary()),
		"a conflict, first": audit.Created(g.account()).WithID(audit.FirstID(must(audit.ParseID("0190c8f2-7a00-7000-8000-000000000000")).Time())),
	} {
		if err := trail.RecordDetached(t.Context(), event); err != nil {
			requireNoCanary(t, name, err.Error())
		}
	}
	ui, err := httpui.New(trail, httpui.Options{Authorize: func(*http.Request) bool { return true }})
	require.NoError(t, err)
	for _, target := range []string{"/?token=" + g.canary(), "/?ip=x&api_key=" + g.canary(), "/entries/x?token=" + g.canary(), "/export.csv?range=all&token=" + g.canary()} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Authorization", "Bearer "+g.canary())
		r.AddCookie(&http.Cookie{Name: "session", Value: g.canary()})
		w := httptest.NewRecorder()
		ui.ServeHTTP(w, r)
		requireNoCanary(t, target, w.Body.String()+fmt.Sprint(w.Header()))
	}
	for e, err := range trail.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		requireNoCanary(t, "the log", string(must(json.Marshal(e))))
	}
	requireNoCanary(t, "the program's log", logged.String())
}
