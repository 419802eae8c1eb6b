package postgres_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// FuzzNoTextIsSQL asks for random texts as columns, directions, values of the
// filter and prefixes, in every query mode of pgx; the simple protocol writes
// them into the statement. What comes is what Filter.Match says, or an error
// that names the field.
func FuzzNoTextIsSQL(f *testing.F) {
	for _, text := range []string{
		"", "timestamp", "id", "asc", "dana", `'; DROP TABLE audit_entries; --`, `' OR '1'='1`, `\' OR 1=1 --`, `") OR true --`, "id; SELECT pg_sleep(1)",
		"e.id DESC --", "org_id", "$1", "$2::text", "?", "??", "%", "_", `\`, `\'`, "''", "E'\\x27'", "{a,b}", `{"a"}`, "NULL", "/*", "*/", "--", "\x00", "\xff", "é", "\u2019", "￥", "changes->>'a'",
	} {
		f.Add(text, text, uint8(len(text)))
		f.Add(text, "acme", uint8(0))
		f.Add("performed_by", text, uint8(4))
	}
	server := pgtest.New(f)
	require.NoError(f, postgres.New(server).Migrate(f.Context()))
	stores := map[pgx.QueryExecMode]*postgres.Store{}
	for _, mode := range queryModes {
		config := server.Config()
		inMode(mode)(config)
		config.MaxConns = 2
		pool, err := pgxpool.NewWithConfig(f.Context(), config)
		require.NoError(f, err)
		f.Cleanup(pool.Close)
		stores[mode] = postgres.New(pool)
	}
	log := newLogOf(f, stores[pgx.QueryExecModeExec], "acme")
	var entries []audit.Entry
	for _, org := range []string{"acme", "globex"} {
		for _, text := range []string{"dana", "' OR '1'='1", `\`, "%", "a_b", "\u2019"} {
			event := audit.Performed(audit.Action(text), audit.Object{Type: text, ID: text})
			ctx := audit.WithActor(audit.WithOrg(f.Context(), org), audit.Actor{Email: text})
			prepared, err := log.Prepare(audit.WithRequest(ctx, audit.Request{ID: text}), event)
			require.NoError(f, err)
			require.NoError(f, stores[pgx.QueryExecModeSimpleProtocol].InsertDetached(f.Context(), prepared))
			entries = append(entries, prepared...)
		}
	}
	f.Fuzz(func(t *testing.T, one, other string, which uint8) {
		mode := queryModes[int(which)%len(queryModes)]
		trail := newLogOf(t, stores[mode], "acme")
		for _, filter := range []audit.Filter{
			{},
			{Org: one},
			{ObjectIDs: []string{one}},
			{RequestID: other},
			{Actions: []audit.Action{audit.Action(one)}, NotActorEmails: []string{other}},
			{ObjectTypes: []string{one, other}, NotObjectTypes: []string{other}},
			{ActorEmails: []string{one, other}, NotActions: []audit.Action{audit.Action(other)}},
		} {
			sort := audit.Sort{By: audit.Column(one), Dir: audit.Direction(other)}
			if which%2 == 0 {
				sort = audit.Sort{By: audit.ByActorEmail}
			}
			page, err := trail.Page(t.Context(), audit.Query{Filter: filter, Sort: sort})
			if err != nil {
				requireFilterError(t, err)
				continue
			}
			if filter.Org == "" {
				filter.Org = "acme"
			}
			var want, got []audit.ID
			for _, e := range entries {
				if filter.Match(e) {
					want = append(want, e.ID)
				}
			}
			for _, e := range page.Entries {
				got = append(got, e.ID)
			}
			slices.SortFunc(got, audit.ID.Compare)
			slices.SortFunc(want, audit.ID.Compare)
			require.Equal(t, want, got, "%s %+v", mode, filter)
		}
		if _, err := trail.Values(t.Context(), audit.Column(one), other, 10); err != nil {
			requireFilterError(t, err)
		}
		values, err := trail.Values(t.Context(), audit.ByActorEmail, one, 10)
		if err != nil {
			requireFilterError(t, err)
		}
		for _, value := range values {
			require.Equal(t, one, value[:len(one)])
		}
		var all int
		require.NoError(t, server.QueryRow(t.Context(), "SELECT count(*) FROM audit_entries").Scan(&all))
		require.Equal(t, len(entries), all)
	})
}

func requireFilterError(t *testing.T, err error) {
	t.Helper()
	require.True(t, errors.Is(err, audit.ErrInvalidFilter) && len(audit.FieldErrors(err)) > 0, "%v", err)
}
