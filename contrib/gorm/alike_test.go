package auditgorm_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/auditkeep/audit"
	auditgorm "github.com/auditkeep/audit/contrib/gorm"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/internal/pgtest"
	auditpostgres "github.com/auditkeep/audit/postgres"
)

// AccessToken is a row as GORM and pgx read it alike.
type AccessToken struct {
	ID        int64
	Name      string
	Uses      int
	Price     pgtype.Numeric
	Weight    float64
	Active    bool
	ExpiresAt time.Time
	BilledOn  pgtype.Date
	Trace     pgtype.UUID
	Settings  json.RawMessage
	APIKey    string
	Note      *string
	Parts     *int
	UpdatedAt time.Time
}

const accessTokens = `CREATE TABLE access_tokens (
	id         bigint PRIMARY KEY,
	name       text NOT NULL,
	uses       integer NOT NULL,
	price      numeric(10,2) NOT NULL,
	weight     double precision NOT NULL,
	active     boolean NOT NULL,
	expires_at timestamptz NOT NULL,
	billed_on  date NOT NULL,
	trace      uuid NOT NULL,
	settings   jsonb NOT NULL,
	api_key    text NOT NULL,
	note       text,
	parts      integer,
	updated_at timestamptz NOT NULL DEFAULT now()
)`

// What the statements of the three ways set, as SQL.
const (
	made = `'ci', 3, 12.50, 0.25, true, '2026-11-22 10:00:00.5+01', '2026-11-22', '6f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11',
		'{"region": "eu", "limits": {"day": 100, "list": [1, 2]}, "client_secret": "cs-one"}', 'sk-one', NULL, 7`
	changed = `name = 'deploy "now"', uses = 41, price = 1000.00, weight = 1e21, active = false,
		expires_at = '2027-01-01 00:00:00.000001+00', billed_on = '2026-12-01', trace = '00000000-0000-4000-8000-00000000000a',
		settings = '{"region": "eu", "limits": {"day": 250, "list": [1, 2, 3]}, "client_secret": "cs-two", "beta": true}', api_key = 'sk-two', note = 'rotated twice', parts = NULL,
		updated_at = now()`
)

// One table, written in three ways: by statements through GORM on many rows, by
// the application's SQL through pgx with a difference of structs, and by
// somebody with psql. Whoever reads the page must not have to know which.
func TestThreeWaysAlikeOnThePage(t *testing.T) {
	t.Parallel()
	psql, err := exec.LookPath("psql")
	if err != nil {
		const message = "no psql: install it (Debian's postgresql-client)"
		if os.Getenv(pgtest.RequireVariable) == "1" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	pool := pgtest.New(t)
	h := tokens{pool: pool, store: auditpostgres.New(pool)}
	require.NoError(t, h.store.Migrate(t.Context()))
	h.trail, err = audit.New(h.store, audit.Config{})
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), accessTokens)
	require.NoError(t, err)
	require.NoError(t, auditpostgres.NewAdmin(pool).Watch(t.Context(), auditpostgres.WatchTable{
		Name: "access_tokens", Type: "access_token", Org: "acme", Skippable: true,
	}))

	h.byGORM(t, as(t, "dana@acme.test", "203.0.113.7"))
	h.byPgx(t, as(t, "omar@acme.test", "2001:db8::7"))
	role := h.byPsql(t, psql)

	rows := h.page(t)
	byActor := map[string]int{}
	first := map[string]tokenRow{}
	for _, row := range rows {
		byActor[row.performedBy+" "+row.ip]++
		if _, seen := first[row.action]; !seen {
			first[row.action] = row
		}
		want := first[row.action]
		assert.Equal(t, "Access Token", row.objectType)
		assert.Equal(t, want.changes, row.changes, "%s by %s, beside that by %s", row.action, row.performedBy, want.performedBy)
	}
	assert.Equal(t, map[string]int{
		"dana@acme.test 203.0.113.7": 6, "omar@acme.test 2001:db8::7": 6, "role " + role + " none": 6,
	}, byActor, "two rows each, which come, change and go once")
	changes := map[string]string{}
	for action, row := range first {
		changes[action] = row.changes
	}
	assert.Equal(t, map[string]string{
		"+ create": `name: ci uses: 3 price: 12.5 12 more fields weight: 0.25 active: true expires_at: 2026-11-22T09:00:00.5Z ` +
			`billed_on: 2026-11-22 trace: 6f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11 settings.client_secret: redacted settings.limits.day: 100 ` +
			`settings.limits.list: [1, 2] settings.region: eu api_key: redacted note: null parts: 7`,
		"~ update": `name: ci → deploy "now" uses: 3 → 41 price: 12.5 → 1000 12 more fields weight: 0.25 → 1000000000000000000000 ` +
			`active: true → false expires_at: 2026-11-22T09:00:00.5Z → 2027-01-01T00:00:00.000001Z billed_on: 2026-11-22 → 2026-12-01 ` +
			`trace: 6f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11 → 00000000-0000-4000-8000-00000000000a settings.beta: absent → true ` +
			`settings.client_secret: redacted → redacted (changed) settings.limits.day: 100 → 250 settings.limits.list: + added 3 ` +
			`api_key: redacted → redacted (changed) note: null → rotated twice parts: 7 → null`,
		"− destroy": `name: deploy "now" uses: 41 price: 1000 13 more fields weight: 1000000000000000000000 active: false ` +
			`expires_at: 2027-01-01T00:00:00.000001Z billed_on: 2026-12-01 trace: 00000000-0000-4000-8000-00000000000a settings.beta: true ` +
			`settings.client_secret: redacted settings.limits.day: 250 settings.limits.list: [1, 2, 3] settings.region: eu ` +
			`api_key: redacted note: rotated twice parts: null`,
	}, changes)
}

// tokens is a host.
type tokens struct {
	pool  *pgxpool.Pool
	store *auditpostgres.Store
	trail *audit.Log
}

// as is the context of a request.
func as(t *testing.T, email, ip string) context.Context {
	t.Helper()
	ctx := audit.WithActor(audit.WithOrg(t.Context(), "acme"), audit.Actor{Email: email})
	return audit.WithRequest(ctx, audit.Request{IP: netip.MustParseAddr(ip)})
}

// byGORM changes the rows 1 and 2; the plugin records.
func (h tokens) byGORM(t *testing.T, ctx context.Context) {
	t.Helper()
	db, err := gorm.Open(postgres.Open(h.pool.Config().ConnString()), &gorm.Config{Logger: logger.Default.LogMode(logger.Silent)})
	require.NoError(t, err)
	gormsPool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { gormsPool.Close() })
	plugin, err := auditgorm.New(h.trail, h.store.SQLTx, auditgorm.Options{})
	require.NoError(t, err)
	require.NoError(t, db.Use(plugin))
	in := func(work func(tx *gorm.DB) error) {
		require.NoError(t, db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			conn := tx.Statement.ConnPool.(auditpostgres.SQLTransaction)
			if err := auditpostgres.SkipCaptureSQL(ctx, conn, "access_token"); err != nil {
				return err
			}
			return work(tx)
		}))
	}

	var rows []AccessToken
	for _, id := range []int64{1, 2} {
		rows = append(rows, AccessToken{
			ID: id, Name: "ci", Uses: 3, Price: numeric("12.5"), Weight: 0.25, Active: true,
			ExpiresAt: time.Date(2026, 11, 22, 9, 0, 0, 5e8, time.UTC),
			BilledOn:  pgtype.Date{Time: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Valid: true},
			Trace:     uuidOf("6f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11"),
			Settings:  json.RawMessage(`{"region": "eu", "limits": {"day": 100, "list": [1, 2]}, "client_secret": "cs-one"}`),
			APIKey:    "sk-one", Parts: ptr(7),
		})
	}
	in(func(tx *gorm.DB) error { return tx.Create(&rows).Error })
	in(func(tx *gorm.DB) error {
		done := tx.Model(&AccessToken{}).Where("id < 3").Updates(map[string]any{
			"name": `deploy "now"`, "uses": gorm.Expr("uses + 38"), "price": "1000", "weight": 1e21, "active": false,
			"expires_at": time.Date(2027, 1, 1, 0, 0, 0, 1000, time.UTC), "billed_on": "2026-12-01",
			"trace":    "00000000-0000-4000-8000-00000000000a",
			"settings": json.RawMessage(`{"region": "eu", "limits": {"day": 250, "list": [1, 2, 3]}, "client_secret": "cs-two", "beta": true}`),
			"api_key":  "sk-two", "note": "rotated twice", "parts": nil,
		})
		assert.EqualValues(t, 2, done.RowsAffected)
		return done.Error
	})
	in(func(tx *gorm.DB) error { return tx.Where("id < 3").Delete(&AccessToken{}).Error })
}

// byPgx changes the rows 3 and 4, and records the difference of structs.
func (h tokens) byPgx(t *testing.T, ctx context.Context) {
	t.Helper()
	in := func(work func(rows func(statement string) []AccessToken) []audit.Event) {
		require.NoError(t, pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
			if err := auditpostgres.SkipCapture(ctx, tx, "access_token"); err != nil {
				return err
			}
			return h.trail.Record(ctx, h.store.Tx(tx), work(func(statement string) []AccessToken {
				rows, err := tx.Query(ctx, statement)
				require.NoError(t, err)
				read, err := pgx.CollectRows(rows, pgx.RowToStructByName[AccessToken])
				require.NoError(t, err)
				require.Len(t, read, 2)
				return read
			})...)
		}))
	}
	in(func(rows func(string) []AccessToken) (events []audit.Event) {
		for _, row := range rows("INSERT INTO access_tokens VALUES (3, " + made + "), (4, " + made + ") RETURNING *") {
			events = append(events, audit.Created(row))
		}
		return events
	})
	in(func(rows func(string) []AccessToken) (events []audit.Event) {
		before := rows("SELECT * FROM access_tokens WHERE id IN (3, 4) ORDER BY id FOR UPDATE")
		for i, after := range rows("WITH done AS (UPDATE access_tokens SET " + changed + " WHERE id IN (3, 4) RETURNING *) SELECT * FROM done ORDER BY id") {
			events = append(events, audit.Updated(before[i], after))
		}
		return events
	})
	in(func(rows func(string) []AccessToken) (events []audit.Event) {
		for _, row := range rows("DELETE FROM access_tokens WHERE id IN (3, 4) RETURNING *") {
			events = append(events, audit.Destroyed(row))
		}
		return events
	})
}

// byPsql changes the rows 5 and 6, as a role that has no rights on the log, and
// returns its name. The triggers record.
func (h tokens) byPsql(t *testing.T, psql string) string {
	t.Helper()
	ctx := t.Context()
	role, password := "operator_"+strings.ToLower(rand.Text()), rand.Text()
	var schema string
	require.NoError(t, h.pool.QueryRow(ctx, "SELECT current_schema()").Scan(&schema))
	_, err := h.pool.Exec(ctx, "CREATE ROLE "+role+" LOGIN PASSWORD '"+password+"'; GRANT USAGE ON SCHEMA "+schema+" TO "+role+
		"; GRANT SELECT, INSERT, UPDATE, DELETE ON access_tokens TO "+role)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := h.pool.Exec(context.WithoutCancel(ctx), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})

	server, err := url.Parse(h.pool.Config().ConnString())
	require.NoError(t, err)
	server.User = url.User(role)
	query := server.Query()
	query.Del("search_path") // psql's library knows it as an option only
	query.Set("options", "-c search_path="+schema)
	server.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	program := exec.CommandContext(ctx, psql, "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname="+server.String())
	program.Env = append(os.Environ(), "PGPASSWORD="+password, "PGCLIENTENCODING=UTF8")
	program.Stdin = strings.NewReader("INSERT INTO access_tokens VALUES (5, " + made + "), (6, " + made + ");\n" +
		"UPDATE access_tokens SET " + changed + " WHERE id IN (5, 6);\n" +
		"DELETE FROM access_tokens WHERE id IN (5, 6);\n")
	out, err := program.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "INSERT 0 2\nUPDATE 2\nDELETE 2\n", string(out))
	return role
}

// tokenRow is what a reader sees of a row of the page.
type tokenRow struct{ objectType, action, changes, performedBy, ip string }

var (
	rowPattern  = regexp.MustCompile(`(?s)<tr role="row" data-entry-id="[^"]*" data-object-type="access_token">(.*?)</tr>`)
	cellPattern = regexp.MustCompile(`(?s)<td [^>]*>(.*?)</td>`)
	itemPattern = regexp.MustCompile(`(?s)</?(?:li|ul|summary)>`)
	tagPattern  = regexp.MustCompile(`(?s)<[^>]*>`)
)

// page asks the Audit Logs page for all rows.
func (h tokens) page(t *testing.T) []tokenRow {
	t.Helper()
	ui, err := httpui.New(h.trail, httpui.Options{
		Authorize: func(*http.Request) bool { return true },
		Org:       func(*http.Request) string { return "acme" },
	})
	require.NoError(t, err)
	server := httptest.NewServer(ui)
	defer server.Close()
	response, err := http.Get(server.URL + "/?per_page=100")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	for _, secret := range []string{"sk-one", "sk-two", "cs-one", "cs-two"} {
		assert.False(t, strings.Contains(string(body), secret), "the page shows %s", secret)
	}

	text := func(fragment string) string {
		spaced := itemPattern.ReplaceAllString(fragment, " ")
		return strings.Join(strings.Fields(html.UnescapeString(tagPattern.ReplaceAllString(spaced, ""))), " ")
	}
	var rows []tokenRow
	for _, row := range rowPattern.FindAllStringSubmatch(string(body), -1) {
		cells := cellPattern.FindAllStringSubmatch(row[1], -1)
		require.Len(t, cells, 7)
		rows = append(rows, tokenRow{text(cells[1][1]), text(cells[3][1]), text(cells[4][1]), text(cells[5][1]), text(cells[6][1])})
	}
	return rows
}

func numeric(text string) (n pgtype.Numeric) {
	if err := n.Scan(text); err != nil {
		panic(err)
	}
	return n
}

func uuidOf(text string) (u pgtype.UUID) {
	if err := u.Scan(text); err != nil {
		panic(err)
	}
	return u
}
