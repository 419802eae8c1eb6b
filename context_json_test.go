package audit_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// fullContext is one with all that can be carried over.
func fullContext(ctx context.Context) context.Context {
	ctx = audit.WithOrg(ctx, "acme")
	ctx = audit.WithActor(ctx, audit.Actor{Kind: audit.ActorAPIKey, ID: "7", Email: "dana@acme.test", OnBehalfOf: "ada@acme.test"})
	return audit.WithRequest(ctx, audit.Request{IP: netip.MustParseAddr("2001:db8::7"), IPNote: "a note", ID: "r-1", UserAgent: "curl/8"})
}

// known returns what a context says.
func known(ctx context.Context) (all []any) {
	org, _ := audit.OrgFrom(ctx)
	actor, hasActor := audit.ActorFrom(ctx)
	request, hasRequest := audit.RequestFrom(ctx)
	return []any{org, actor, hasActor, request, hasRequest}
}

func TestContextAsJSON(t *testing.T) {
	t.Parallel()
	log, _ := audittest.New(t)
	for name, ctx := range map[string]context.Context{
		"all":                      fullContext(t.Context()),
		"nothing":                  t.Context(),
		"nobody, and on purpose":   audit.WithActor(t.Context(), audit.Actor{}),
		"a request without a word": audit.WithRequest(t.Context(), audit.Request{}),
	} {
		text, err := log.MarshalContext(ctx)
		require.NoError(t, err, name)
		read, err := audit.UnmarshalContext(t.Context(), text)
		require.NoError(t, err, name)
		assert.Equal(t, known(ctx), known(read), name)
	}

	text, err := log.MarshalContext(fullContext(t.Context()))
	require.NoError(t, err)
	assert.Equal(t, `{"org":"acme","actor":{"kind":"api_key","id":"7","email":"dana@acme.test","on_behalf_of":"ada@acme.test"},`+
		`"request":{"ip":"2001:db8::7","ip_note":"a note","id":"r-1","user_agent":"curl/8"}}`, string(text), "queues keep this form")
	text, err = log.MarshalContext(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "{}", string(text))
	kept, err := audit.UnmarshalContext(fullContext(t.Context()), text)
	require.NoError(t, err)
	assert.Equal(t, known(fullContext(t.Context())), known(kept), "what was not written stays")
}

// An actor that only the configuration knows is not lost.
func TestContextAsJSONAsksForTheActor(t *testing.T) {
	t.Parallel()
	actor := audit.Actor{Email: "dana@acme.test"}
	log, err := audit.New(audittest.NewStore(), audit.Config{Actor: func(context.Context) audit.Actor { return actor }})
	require.NoError(t, err)
	written := func(ctx context.Context) string {
		text, err := log.MarshalContext(ctx)
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, `{"actor":{"email":"dana@acme.test"}}`, written(t.Context()))
	assert.Equal(t, `{"actor":{"id":"other"}}`, written(audit.WithActor(t.Context(), audit.Actor{ID: "other"})))
	actor = audit.Actor{}
	assert.Equal(t, `{}`, written(t.Context()))
	long := audit.Request{UserAgent: strings.Repeat("ä", 1<<20), IPNote: strings.Repeat("ä", 1<<20)}
	assert.Less(t, len(written(audit.WithRequest(t.Context(), long))), 2048, "bounded as in entries")
}

func TestContextFromBadJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "null", "[]", "{", "{}{}", `{"actor":7}`, `{"request":{"ip":"here"}}`} {
		_, err := audit.UnmarshalContext(t.Context(), []byte(text))
		assert.ErrorContains(t, err, "reading a context: ", text)
	}
	_, err := audit.UnmarshalContext(t.Context(), []byte(` {"later":1,"actor":{"later":{}}} `))
	assert.NoError(t, err)
}

func FuzzUnmarshalContext(f *testing.F) {
	f.Add(`{"org":"acme","actor":{"kind":"api_key","id":"7"},"request":{"ip":"::ffff:10.0.0.1","id":"r"}}`)
	f.Add(`{"request":{"ip":"fe80::1%eth0"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		ctx, err := audit.UnmarshalContext(t.Context(), []byte(text))
		if err != nil {
			return
		}
		log, _ := audittest.New(t)
		once, err := log.MarshalContext(ctx)
		require.NoError(t, err)
		ctx, err = audit.UnmarshalContext(t.Context(), once)
		require.NoError(t, err)
		twice, err := log.MarshalContext(ctx)
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	})
}

func ExampleUnmarshalContext() {
	log, err := audit.New(audittest.NewStore(), audit.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	// When the job is put into the queue, in the request's own context:
	ctx := audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"})
	metadata, err := log.MarshalContext(ctx) // river: InsertOpts.Metadata; asynq: in the payload
	if err != nil {
		fmt.Println(err)
		return
	}
	// In the worker, which then records with this context:
	ctx, err = audit.UnmarshalContext(context.Background(), metadata)
	if err != nil {
		fmt.Println(err)
		return
	}
	actor, _ := audit.ActorFrom(ctx)
	fmt.Println(string(metadata), actor.Email)
	// Output: {"actor":{"email":"dana@acme.test"}} dana@acme.test
}
