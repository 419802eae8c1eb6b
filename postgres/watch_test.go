package postgres_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// watching is a store with some tables, one of which is watched.
type watching struct {
	pool  *pgxpool.Pool
	store *postgres.Store
	admin *postgres.Admin
	seen  audit.ID
}

func watch(t *testing.T, ddl string, table postgres.WatchTable) *watching {
	t.Helper()
	store, pool := newStore(t)
	w := &watching{pool: pool, store: store, admin: postgres.NewAdmin(pool)}
	w.exec(t, ddl)
	require.NoError(t, w.admin.Watch(t.Context(), table))
	return w
}

func (w *watching) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := w.pool.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// entries returns what was recorded since the last call, of all organizations,
// and checks what the database derived against what Go derives.
func (w *watching) entries(t *testing.T) []audit.Entry {
	t.Helper()
	rows, err := w.pool.Query(t.Context(), "SELECT DISTINCT org_id FROM audit_entries")
	require.NoError(t, err)
	orgs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	log, err := audit.New(w.store, audit.Config{})
	require.NoError(t, err)
	var found []audit.Entry
	for _, org := range orgs {
		for e, err := range log.All(t.Context(), audit.Filter{Org: org}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
			require.NoError(t, err)
			if e.ID.Compare(w.seen) > 0 {
				found = append(found, e)
			}
		}
	}
	slices.SortFunc(found, func(a, b audit.Entry) int { return a.ID.Compare(b.ID) })
	for _, e := range found {
		w.seen = e.ID
		var object, ip, fields string
		require.NoError(t, w.pool.QueryRow(t.Context(), "SELECT object_sort, ip_key, changed_fields FROM audit_entries WHERE org_id = $1 AND id = $2", e.Org, e.ID.String()).Scan(&object, &ip, &fields))
		assert.Equal(t, e.SortKey(audit.ByObjectID), object)
		assert.Equal(t, e.SortKey(audit.ByIPAddress), ip)
		assert.Equal(t, e.SortKey(audit.ByChanges), fields)
		assert.Equal(t, e.ID.Time(), e.OccurredAt)
		assert.Equal(t, audit.SourceTrigger, e.Source)
		assert.Equal(t, audit.Format, e.Format)
		assert.WithinDuration(t, e.RecordedAt, e.OccurredAt, time.Minute)
	}
	return found
}

// lines returns the entries in short, one a line.
func (w *watching) lines(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, e := range w.entries(t) {
		all = append(all, strings.Join([]string{e.Org, string(e.Action), e.Object.Type, e.Object.ID, e.Changes.JSON()}, " "))
	}
	return all
}

const keys = "CREATE TABLE api_keys (id int PRIMARY KEY, name text, secret text, hits int, updated_at timestamptz)"

func TestWatch(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys", Type: "api_key", Org: "acme"})
	for _, test := range []struct {
		statement string
		want      []string
	}{
		{"INSERT INTO api_keys VALUES (1, 'a', 's', NULL, now())", []string{
			`acme create api_key 1 [{"field":"name","new":"a"},{"field":"secret","new":{"$audit":"redacted"}},{"field":"hits","new":null}]`,
		}},
		{"UPDATE api_keys SET name = 'b', secret = 't'", []string{
			`acme update api_key 1 [{"field":"name","new":"b","old":"a"},{"field":"secret","new":{"$audit":"redacted"},"old":{"$audit":"redacted"}}]`,
		}},
		{"UPDATE api_keys SET name = 'b', updated_at = now() + interval '1 day'", nil},
		{"UPDATE api_keys SET name = 'c' WHERE false", nil},
		// Two histories: one object ends, another begins.
		{"UPDATE api_keys SET id = -20", []string{
			`acme destroy api_key 1 [{"field":"name","old":"b"},{"field":"secret","old":{"$audit":"redacted"}},{"field":"hits","old":null}]`,
			`acme create api_key -20 [{"field":"name","new":"b"},{"field":"secret","new":{"$audit":"redacted"}},{"field":"hits","new":null}]`,
		}},
		{"INSERT INTO api_keys VALUES (-20, 'x'), (3, 'c') ON CONFLICT (id) DO UPDATE SET name = excluded.name", []string{
			`acme create api_key 3 [{"field":"name","new":"c"},{"field":"secret","new":{"$audit":"redacted"}},{"field":"hits","new":null}]`,
			`acme update api_key -20 [{"field":"name","new":"x","old":"b"}]`,
		}},
		{"DELETE FROM api_keys WHERE id = 3", []string{
			`acme destroy api_key 3 [{"field":"name","old":"c"},{"field":"secret","old":{"$audit":"redacted"}},{"field":"hits","old":null}]`,
		}},
		{"WITH gone AS (DELETE FROM api_keys RETURNING *) INSERT INTO api_keys SELECT 7, name FROM gone", []string{
			`acme destroy api_key -20 [{"field":"name","old":"x"},{"field":"secret","old":{"$audit":"redacted"}},{"field":"hits","old":null}]`,
			`acme create api_key 7 [{"field":"name","new":"x"},{"field":"secret","new":{"$audit":"redacted"}},{"field":"hits","new":null}]`,
		}},
		{"TRUNCATE api_keys", []string{`acme truncate api_key * []`}},
	} {
		w.exec(t, test.statement)
		assert.ElementsMatch(t, test.want, w.lines(t), test.statement)
	}

	var version int
	require.NoError(t, w.pool.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version))
	if version >= 150000 {
		w.exec(t, "INSERT INTO api_keys VALUES (1, 'a'), (2, 'b')")
		w.entries(t)
		w.exec(t, `MERGE INTO api_keys AS k USING (VALUES (1, 'A'), (2, NULL), (3, 'C')) AS given (id, name) ON k.id = given.id
			WHEN MATCHED AND given.name IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET name = given.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (given.id, given.name)`)
		var actions []string
		for _, e := range w.entries(t) {
			actions = append(actions, string(e.Action)+e.Object.ID)
		}
		assert.ElementsMatch(t, []string{"create3", "update1", "destroy2"}, actions)
	}
	_, err := w.pool.CopyFrom(t.Context(), pgx.Identifier{"api_keys"}, []string{"id", "name"}, pgx.CopyFromRows([][]any{{10, "x"}, {11, "y"}}))
	require.NoError(t, err)
	assert.Len(t, w.entries(t), 2, "COPY")
}

// The entries exist if and only if the change does.
func TestWatchTransactions(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	ctx := t.Context()
	tx, err := w.pool.Begin(ctx)
	require.NoError(t, err)
	exec := func(q string) {
		_, err := tx.Exec(ctx, q)
		require.NoError(t, err)
	}
	exec("INSERT INTO api_keys (id) VALUES (1)")
	exec("SAVEPOINT a")
	exec("INSERT INTO api_keys (id) VALUES (2)")
	exec("ROLLBACK TO a")
	require.NoError(t, tx.Commit(ctx))
	tx, err = w.pool.Begin(ctx)
	require.NoError(t, err)
	exec("DELETE FROM api_keys")
	require.NoError(t, tx.Rollback(ctx))
	entries := w.entries(t)
	require.Len(t, entries, 1)
	assert.Equal(t, audit.Object{Type: "api_keys", ID: "1"}, entries[0].Object)
	assert.Equal(t, audit.PlatformOrg, entries[0].Org)
}

func TestWatchContext(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	address := netip.MustParseAddr("::ffff:10.1.2.3")
	ctx := audit.WithOrg(audit.WithActor(t.Context(), audit.Actor{ID: "7", Email: "dana@acme.test", OnBehalfOf: "bo@acme.test"}), "acme")
	ctx = audit.WithRequest(ctx, audit.Request{IP: address, ID: "r1", UserAgent: "curl\x00" + strings.Repeat("é", 400), IPNote: "odd"})
	require.NoError(t, pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		require.NoError(t, postgres.SetContext(ctx, tx))
		_, err := tx.Exec(ctx, "INSERT INTO api_keys (id) VALUES (1)")
		return err
	}))
	log := newLog(t, w.store)
	prepared, err := log.Prepare(ctx, audit.Performed("x", audit.Object{Type: "x", ID: "1"}))
	require.NoError(t, err)
	check := func(e audit.Entry) {
		want := prepared[0]
		assert.Equal(t, want.Actor, e.Actor)
		assert.Equal(t, want.IP, e.IP)
		assert.Equal(t, want.RequestID, e.RequestID)
		assert.Equal(t, want.UserAgent, e.UserAgent)
		assert.Equal(t, want.Metadata, e.Metadata)
		assert.Equal(t, "acme", e.Org)
	}
	entries := w.entries(t)
	require.Len(t, entries, 1)
	check(entries[0])

	batch := &pgx.Batch{}
	require.NoError(t, postgres.QueueContext(ctx, batch))
	batch.Queue("UPDATE api_keys SET name = 'b'")
	require.NoError(t, w.pool.SendBatch(ctx, batch).Close())
	entries = w.entries(t)
	require.Len(t, entries, 1)
	check(entries[0])

	// The context has ended with the transaction, on every connection.
	for range 10 {
		w.exec(t, "UPDATE api_keys SET hits = coalesce(hits, 0) + 1")
	}
	var user string
	require.NoError(t, w.pool.QueryRow(ctx, "SELECT session_user").Scan(&user))
	for _, e := range w.entries(t) {
		assert.Equal(t, audit.Actor{Kind: audit.ActorDatabaseRole, ID: user}, e.Actor)
		assert.False(t, e.IP.IsValid())
		assert.Equal(t, audit.PlatformOrg, e.Org)
	}

	// Nobody in the context: the role. An empty actor: unknown.
	for name, test := range map[string]struct {
		ctx  context.Context
		kind audit.ActorKind
	}{
		"no actor": {audit.WithOrg(t.Context(), "acme"), audit.ActorDatabaseRole},
		"nobody":   {audit.WithActor(t.Context(), audit.Actor{}), audit.ActorUnknown},
		"system":   {audit.WithActor(t.Context(), audit.System("billing job")), audit.ActorSystem},
	} {
		batch = &pgx.Batch{}
		require.NoError(t, postgres.QueueContext(test.ctx, batch))
		batch.Queue("UPDATE api_keys SET hits = hits + 1")
		require.NoError(t, w.pool.SendBatch(ctx, batch).Close())
		assert.Equal(t, test.kind, w.entries(t)[0].Actor.Kind, name)
	}
	tooLong := audit.WithOrg(t.Context(), strings.Repeat("x", 256))
	require.ErrorContains(t, postgres.QueueContext(tooLong, &pgx.Batch{}), "organization")
	require.Error(t, postgres.QueueContext(ctx, nil))
	require.Error(t, postgres.SetContext(ctx, nil))
}

// Texts that do not fit look alike whether Record or a trigger brings them, be
// they set by SetContext or by other SQL.
func TestWatchTextsThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE files (path text PRIMARY KEY, size int)", postgres.WatchTable{Name: "files", Type: "file"})
	log := newLogOf(t, w.store, audit.PlatformOrg)
	type File struct {
		Path string `audit:",id"`
		Size int
	}
	long := strings.Repeat("é", 1000)
	for name, test := range map[string]struct {
		actor   audit.Actor
		request audit.Request
		raw     string
	}{
		"too long": {
			audit.Actor{Kind: audit.ActorKind("k" + long), ID: "i" + long, Email: "e" + long, OnBehalfOf: long},
			audit.Request{ID: "r" + long, UserAgent: "u" + long, IPNote: "n" + long},
			`{"actor_kind":"k` + long + `","actor_id":"i` + long + `","actor_email":"e` + long + `","on_behalf_of":"` + long +
				`","request_id":"r` + long + `","user_agent":"u` + long + `","ip_note":"n` + long + `"}`,
		},
		"just too long": {
			audit.Actor{Kind: audit.ActorUser, ID: strings.Repeat("i", 256)},
			audit.Request{ID: strings.Repeat("r", 129)},
			`{"actor_kind":"user","actor_id":"` + strings.Repeat("i", 256) + `","request_id":"` + strings.Repeat("r", 129) + `"}`,
		},
		"far too long": {
			audit.Actor{Kind: audit.ActorUser, ID: strings.Repeat("i", 70_000)},
			audit.Request{},
			`{"actor_kind":"user","actor_id":"` + strings.Repeat("i", 70_000) + `"}`,
		},
		"bytes that no database takes": {
			audit.Actor{ID: "a\x00b", Email: "caf\xe9@acme.test"}, audit.Request{ID: "\xff", UserAgent: "caf\xe9\x00", IPNote: "\x00"}, "",
		},
	} {
		path := strings.Repeat("folder/", 40) + name
		ctx := audit.WithRequest(audit.WithActor(t.Context(), test.actor), test.request)
		prepared, err := log.Prepare(ctx, audit.Created(File{path, 1}))
		require.NoError(t, err)
		want := prepared[0]
		sets := []func(tx pgx.Tx) error{func(tx pgx.Tx) error { return postgres.SetContext(ctx, tx) }}
		if test.raw != "" {
			sets = append(sets, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "SELECT set_config('audit.context', $1, true)", test.raw)
				return err
			})
		}
		for _, set := range sets {
			require.NoError(t, pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
				require.NoError(t, set(tx))
				_, err := tx.Exec(ctx, "DELETE FROM files; INSERT INTO files VALUES ('"+path+"', 1)")
				return err
			}))
			entries := w.entries(t)
			got := entries[len(entries)-1]
			assert.Equal(t, want.Object, got.Object, name)
			assert.Equal(t, want.Actor, got.Actor, name)
			assert.Equal(t, want.RequestID, got.RequestID, name)
			assert.Equal(t, want.UserAgent, got.UserAgent, name)
			assert.Equal(t, want.Metadata, got.Metadata, name)
			assert.Equal(t, path, got.Whole().Object.ID, name)
			if len(test.actor.ID) < 70_000 {
				assert.Equal(t, test.actor.ID, got.Whole().Actor.ID, name)
			}
		}
		page, err := log.Page(ctx, audit.Query{Filter: audit.Filter{ObjectIDs: []string{path}}})
		require.NoError(t, err)
		assert.NotEmpty(t, page.Entries, "found by the whole path")
	}
}

// Whatever somebody sets by SQL, the change is written and recorded.
func TestWatchHostileContext(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	w.exec(t, "INSERT INTO api_keys (id, hits) VALUES (1, 0)")
	w.entries(t)
	long := strings.Repeat("é", 3000)
	for _, setting := range []string{
		"x", "{", "[]", "1", "null", `"x"`, `{"ip":"x"}`, `{"ip":"10.0.0.0/8"}`, `{"ip":"fe80::1"}`, `{"ip":""}`, `{"org":"` + long + `","actor_kind":"` + long + `","actor_email":"` + long + `"}`,
		strings.Repeat("[", 6000), `{"org":null,"actor_kind":1,"actor_id":{"a":[1]}}`, `{"org":"\u0000"}`, strings.Repeat(" ", 20000),
	} {
		batch := &pgx.Batch{}
		batch.Queue("SELECT set_config('audit.context', $1, true)", setting)
		batch.Queue("UPDATE api_keys SET hits = hits + 1")
		require.NoError(t, w.pool.SendBatch(t.Context(), batch).Close(), "%.40s", setting)
		entries := w.entries(t)
		require.Len(t, entries, 1, "%.40s", setting)
	}
}

func TestSkipCapture(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys", Type: "api_key", Skippable: true})
	w.exec(t, "CREATE TABLE plain (id int PRIMARY KEY)")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "plain"}))
	ctx := t.Context()
	log := newLogOf(t, w.store, "acme")
	require.NoError(t, pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		require.NoError(t, postgres.SkipCapture(ctx, tx, "api_key", "plain"))
		_, err := tx.Exec(ctx, "INSERT INTO api_keys (id) VALUES (1)")
		require.NoError(t, err)
		_, err = tx.Exec(ctx, "INSERT INTO plain VALUES (1)")
		require.NoError(t, err)
		return log.Record(ctx, w.store.Tx(tx), audit.Performed("create", audit.Object{Type: "api_key", ID: "1"}))
	}))
	rows, err := w.pool.Query(ctx, "SELECT object_type || ' ' || source FROM audit_entries ORDER BY 1")
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	assert.Equal(t, []string{"api_key app", "plain trigger"}, got, "a table that is not Skippable is never silent")
	for range 10 { // it ended with the transaction
		w.exec(t, "UPDATE api_keys SET hits = coalesce(hits, 0) + 1")
	}
	var n int
	require.NoError(t, w.pool.QueryRow(ctx, "SELECT count(*) FROM audit_entries WHERE object_type = 'api_key'").Scan(&n))
	assert.Equal(t, 11, n)
}
