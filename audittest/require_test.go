package audittest_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// failure runs an assertion and returns the message that it fails with, or "".
func failure(t *testing.T, assertion func(testing.TB)) string {
	t.Helper()
	fake := &fakeTB{TB: t}
	done := make(chan struct{})
	go func() { // Fatalf ends the goroutine
		defer close(done)
		assertion(fake)
	}()
	<-done
	return fake.message
}

type fakeTB struct {
	testing.TB
	message string
}

func (*fakeTB) Helper() {}

func (t *fakeTB) Fatalf(format string, args ...any) {
	t.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestRequire(t *testing.T) {
	t.Parallel()
	log, store := audittest.New(t)
	ctx := audit.WithActor(t.Context(), audit.Actor{Email: "ada@example.com"})
	key, user := audit.Object{Type: "api_key", ID: "42"}, audit.Object{Type: "end_user", ID: "7"}
	audittest.RequireNotRecorded(t, log)

	changed := audit.Entry{
		Org: audittest.Org, ID: audit.NewID(), Action: audit.ActionUpdate, Object: key,
		Changes: audit.Changes{{Field: "name"}, {Field: "email"}},
	}
	changed.OccurredAt = changed.ID.Time()
	require.NoError(t, store.Tx().Insert(ctx, []audit.Entry{changed}))
	require.NoError(t, log.Record(ctx, store.Tx(), audit.Performed("lock", user)))
	require.NoError(t, log.RecordDetached(audit.WithOrg(ctx, "other"), audit.Performed("unlock", user)))

	update := audittest.Want{Action: audit.ActionUpdate, Type: "api_key", ID: "42", Fields: []string{"email"}}
	lock := audittest.Want{Action: "lock", User: "ada@example.com"}
	unlock := audittest.Want{Org: "other", Action: "unlock"}
	audittest.RequireRecorded(t, log)
	audittest.RequireRecorded(t, log, unlock, update, lock)
	audittest.RequireRecorded(t, log, audittest.Want{}, audittest.Want{})
	audittest.RequireNotRecorded(t, log, audittest.Want{Action: "unlock"}, audittest.Want{Fields: []string{"email", "phone"}})

	for _, test := range []struct {
		name, want string
		assertion  func(testing.TB)
	}{
		{
			"missing", "not recorded, want 2 of 2:\n\tunlock (any) (any) by (any)\n" +
				"recorded, the oldest first:\n\tupdate api_key 42 by nobody in test: name, email\n\tlock end_user 7 by ada@example.com in test",
			func(t testing.TB) { audittest.RequireRecorded(t, log, lock, audittest.Want{Action: "unlock"}) },
		},
		{
			"in another order", "not recorded, want 2 of 2:\n\tupdate api_key 42 by (any): email\n",
			func(t testing.TB) { audittest.RequireRecorded(t, log, lock, update) },
		},
		{
			"too few", "want 3 of 3",
			func(t testing.TB) {
				audittest.RequireRecorded(t, log, audittest.Want{}, audittest.Want{}, audittest.Want{})
			},
		},
		{
			"nothing", "recorded: nothing",
			func(t testing.TB) { audittest.RequireRecorded(t, log, audittest.Want{Org: "nobody"}) },
		},
		{
			"unwanted", "recorded, but should not be:\n\tlock (any) (any) by ada@example.com\n",
			func(t testing.TB) { audittest.RequireNotRecorded(t, log, lock) },
		},
		{
			"anything", "recorded, but should not be:\n\t(any)",
			func(t testing.TB) { audittest.RequireNotRecorded(t, log) },
		},
	} {
		assert.Contains(t, failure(t, test.assertion), test.want, test.name)
	}
}

// Two transactions that insert the same ID: the second learns at its commit.
func TestTx(t *testing.T) {
	t.Parallel()
	log, store := audittest.New(t)
	event := audit.Performed("lock", audit.Object{Type: "end_user", ID: "7"}).WithID(audit.NewID())
	one, same, other := store.Begin(), store.Begin(), store.Begin()
	require.NoError(t, log.Record(t.Context(), one, event))
	require.NoError(t, log.Record(t.Context(), same, event))
	require.NoError(t, log.Record(t.Context(), other, event.WithComment("other")))
	audittest.RequireNotRecorded(t, log)
	require.NoError(t, one.Commit(t.Context()))
	require.NoError(t, same.Commit(t.Context()))
	require.ErrorIs(t, other.Commit(t.Context()), audit.ErrConflict)
	audittest.RequireRecorded(t, log, audittest.Want{Action: "lock"})
	audittest.RequireNotRecorded(t, log, audittest.Want{Action: "unlock"})

	for name, err := range map[string]error{
		"Insert":   log.Record(t.Context(), one, event),
		"Commit":   one.Commit(t.Context()),
		"Rollback": one.Rollback(t.Context()),
	} {
		assert.ErrorContains(t, err, "already been committed or rolled back", name)
	}
}
