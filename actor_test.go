package audit_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// What nobody said is unknown. The system is only what a host names so.
func TestActors(t *testing.T) {
	t.Parallel()
	fact := audit.Performed("login", audit.Object{Type: "user", ID: "1"})
	configured := audit.Config{Actor: func(ctx context.Context) audit.Actor {
		if _, hasOrg := audit.OrgFrom(ctx); hasOrg {
			return audit.Actor{ID: "7"}
		}
		return audit.Actor{}
	}}
	for name, test := range map[string]struct {
		ctx     context.Context
		config  audit.Config
		want    audit.Actor
		missing bool
	}{
		"nobody":             {t.Context(), audit.Config{}, audit.Actor{Kind: audit.ActorUnknown}, true},
		"an empty actor":     {audit.WithActor(t.Context(), audit.Actor{}), audit.Config{}, audit.Actor{Kind: audit.ActorUnknown}, true},
		"unknown on purpose": {audit.WithActor(t.Context(), audit.Actor{Kind: audit.ActorUnknown}), audit.Config{}, audit.Actor{Kind: audit.ActorUnknown}, false},
		"only on behalf of":  {audit.WithActor(t.Context(), audit.Actor{OnBehalfOf: "a@acme.test"}), audit.Config{}, audit.Actor{Kind: audit.ActorUnknown, OnBehalfOf: "a@acme.test"}, true},
		"a job":              {audit.WithActor(t.Context(), audit.System("billing job")), audit.Config{}, audit.Actor{Kind: audit.ActorSystem, ID: "billing job"}, false},
		"a user":             {audit.WithActor(t.Context(), audit.Actor{Email: "a@acme.test"}), audit.Config{}, audit.Actor{Kind: audit.ActorUser, Email: "a@acme.test"}, false},
		"by configuration":   {audit.WithOrg(t.Context(), "acme"), configured, audit.Actor{Kind: audit.ActorUser, ID: "7"}, false},
		"nobody configured":  {t.Context(), configured, audit.Actor{Kind: audit.ActorUnknown}, true},
	} {
		entries, err := newLog(t, test.config).Prepare(test.ctx, fact)
		require.NoError(t, err, name)
		assert.Equal(t, test.want, entries[0].Actor, name)

		test.config.RequireActor = true
		entries, err = newLog(t, test.config).Prepare(test.ctx, fact)
		if test.missing {
			require.ErrorIs(t, err, audit.ErrNoActor, name)
			for _, where := range []string{"audit.WithActor", "middleware", "c.Request.Context()", "auditgin", "audit.System"} {
				assert.ErrorContains(t, err, where)
			}
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, test.want, entries[0].Actor, name)
	}
}

// An actor survives a queue, whatever its kind.
func TestActorsOfJobs(t *testing.T) {
	t.Parallel()
	log, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme", RequireActor: true})
	require.NoError(t, err)
	for _, actor := range []audit.Actor{audit.System("billing job"), {Kind: audit.ActorUnknown}, {Kind: audit.ActorUser, Email: "a@acme.test"}} {
		text, err := log.MarshalContext(audit.WithActor(t.Context(), actor))
		require.NoError(t, err)
		ctx, err := audit.UnmarshalContext(context.Background(), text)
		require.NoError(t, err)
		entries, err := log.Prepare(ctx, audit.Performed("bill", audit.Object{Type: "invoice", ID: "1"}))
		require.NoError(t, err)
		assert.Equal(t, actor, entries[0].Actor)
	}
	_, err = log.Prepare(context.Background(), audit.Performed("bill", audit.Object{Type: "invoice", ID: "1"}))
	require.ErrorIs(t, err, audit.ErrNoActor, "a job without the context")
}

// stringKeys is a context as gin's is: it finds what its own keys, which are
// texts, name, and nothing of its request.
type stringKeys struct {
	context.Context
	keys    map[string]any
	request context.Context //nolint:containedctx // as gin's has it
}

func (c stringKeys) Value(key any) any {
	if key == "self" {
		return c
	}
	if name, ok := key.(string); ok {
		return c.keys[name]
	}
	return nil
}

func TestAContextThatFindsOnlyTexts(t *testing.T) {
	t.Parallel()
	leads := func(ctx context.Context) context.Context {
		of, _ := ctx.Value("self").(stringKeys)
		return of.request
	}
	ctx := stringKeys{context.Background(), map[string]any{audit.RequestContextKey: leads}, fullContext(t.Context())}
	assert.Equal(t, known(fullContext(t.Context())), known(ctx))
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	assert.Equal(t, known(fullContext(t.Context())), known(within), "and one made of it")
	other := audit.WithActor(ctx, audit.System("a job"))
	actor, _ := audit.ActorFrom(other)
	assert.Equal(t, audit.System("a job"), actor, "what is nearer counts")
	ctx.request = nil
	assert.Equal(t, known(context.Background()), known(ctx))
}
