package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/retention"
)

func TestHolds(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	ctx := audit.WithActor(t.Context(), audit.Actor{Email: "counsel@acme.test"})
	suit := retention.Hold{Name: "acme v. globex", Org: "acme", From: date(2026, time.February, 28), Reason: "lawsuit"}
	tax := retention.Hold{Name: "tax 2025", Until: date(2026, time.January, 1), Reason: "tax audit"}
	require.NoError(t, admin.Hold(ctx, log, suit))
	require.NoError(t, admin.Hold(ctx, log, tax))
	holds, err := admin.Holds(ctx)
	require.NoError(t, err)
	assert.Equal(t, []retention.Hold{suit, tax}, holds)
	err = admin.Hold(ctx, log, retention.Hold{Name: suit.Name, Reason: "other"})
	require.ErrorIs(t, err, retention.ErrInvalid)
	assert.ErrorContains(t, err, "a hold of this name exists")

	policy := retention.Policy{Before: date(2026, time.April, 1)}
	for _, dry := range []bool{true, false} {
		policy.DryRun = dry
		done, err := admin.Expire(ctx, log, policy)
		require.NoError(t, err)
		require.Len(t, done.Gone, 1)
		assert.Equal(t, "2026-01", done.Gone[0].Name, "a hold that ends as the month begins does not touch it")
		require.Len(t, done.Kept, 3)
		assert.Equal(t, "held by acme v. globex", done.Kept[0].Kept)
		assert.Equal(t, []string{"acme v. globex"}, done.Kept[0].Holds)
		assert.EqualValues(t, 56, done.Kept[0].Entries)
	}
	// The other organization's is not held, nor acme's before the hold begins.
	done, err := admin.Expire(ctx, log, retention.Policy{Before: date(2026, time.March, 1), Org: "globex"})
	require.NoError(t, err)
	assert.EqualValues(t, 28, done.Entries())
	done, err = admin.Expire(ctx, log, retention.Policy{Before: date(2026, time.February, 28), Org: "acme"})
	require.NoError(t, err)
	assert.EqualValues(t, 27, done.Entries())
	done, err = admin.Expire(ctx, log, retention.Policy{Before: date(2026, time.March, 1), Org: "acme"})
	require.NoError(t, err)
	assert.Empty(t, done.Gone)

	require.NoError(t, admin.Release(ctx, log, suit.Name))
	err = admin.Release(ctx, log, suit.Name)
	require.ErrorIs(t, err, retention.ErrInvalid)
	assert.ErrorContains(t, err, `releasing hold "acme v. globex": audit: invalid retention: there is no hold of this name`)
	done, err = admin.Expire(ctx, log, policy)
	require.NoError(t, err)
	require.Len(t, done.Gone, 2)

	told := platform(t, log)
	assert.Equal(t, audit.ActionCreate, told[0].Action)
	assert.Equal(t, audit.Object{Type: "audit_hold", ID: "acme v. globex"}, told[0].Object)
	assert.Equal(t, "counsel@acme.test", told[0].Actor.Email)
	assert.Contains(t, told[0].Changes.JSON(), `{"field":"from","new":"2026-02-28T00:00:00Z"}`)
	assert.Equal(t, audit.ActionDestroy, told[len(told)-3].Action)
	assert.Equal(t, 1, rowsIn(t, pool, "audit_holds"))
}
