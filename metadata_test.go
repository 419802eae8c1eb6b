package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// What people type never stops their change. It is kept in a form that the
// columns hold, and the entry says so.
func TestTextsNeverStopAChange(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"long":        strings.Repeat("a reason of a user's, ", 500),
		"not UTF-8":   "caf\xe9",
		"NUL":         "a\x00b",
		"both":        strings.Repeat("\xe9\x00", 6000),
		"an escape":   `caf\xe9`,
		"half a rune": strings.Repeat("x", 4095) + "é",
		"emoji":       strings.Repeat("👩\u200d🚀", 2000),
		"huge":        strings.Repeat("x", 1<<20),
	}
	log, _ := audittest.New(t)
	for name, text := range texts {
		ctx := audit.WithActor(context.Background(), audit.Actor{Kind: audit.ActorKind(text), ID: text, Email: text, OnBehalfOf: text})
		ctx = audit.WithRequest(ctx, audit.Request{ID: text, UserAgent: text, IPNote: text})
		event := audit.Performed("approve", audit.Object{Type: "invoice", ID: text}).WithParent(audit.Object{Type: "order", ID: text}).
			WithComment(text).WithMetadata(map[string]any{text: 1, "note": text, "list": []string{text}})
		require.NoError(t, log.RecordDetached(ctx, event), name)
		page, err := log.Page(ctx, audit.Query{Limit: 1})
		require.NoError(t, err)
		e := page.Entries[0]
		var metadata struct {
			Altered map[string]audit.Value `json:"$audit"`
		}
		require.NoError(t, e.Metadata.Decode(&metadata))
		for column, kept := range map[string]struct {
			text string
			most int
		}{
			"object_id": {e.Object.ID, 255}, "parent_id": {e.Parent.ID, 255}, "actor_kind": {string(e.Actor.Kind), 64}, "actor_id": {e.Actor.ID, 255},
			"actor_email": {e.Actor.Email, 320}, "on_behalf_of": {e.Actor.OnBehalfOf, 320}, "request_id": {e.RequestID, 128},
			"user_agent": {e.UserAgent, 512}, "comment": {e.Comment, 4096},
		} {
			assert.True(t, utf8.ValidString(kept.text) && !strings.Contains(kept.text, "\x00") && len(kept.text) <= kept.most, "%s of %s", column, name)
			altered, is := metadata.Altered[column]
			assert.Equal(t, kept.text != text, is, "%s of %s says that it is not as given", column, name)
			if kept.text != text && len(text) > kept.most {
				assert.Contains(t, kept.text, "…", "%s of %s", column, name)
			}
			if is {
				assert.Contains(t, []audit.ValueKind{audit.KindString, audit.KindBytes, audit.KindCut}, altered.Kind(), "%s of %s", column, name)
			}
		}
		if len(text) <= 64<<10 {
			whole := e.Whole()
			assert.Equal(t, audit.Object{Type: "invoice", ID: text}, whole.Object, name)
			assert.Equal(t, audit.Object{Type: "order", ID: text}, whole.Parent, name)
			assert.Equal(t, []string{text, text, text, text}, []string{whole.Actor.ID, whole.Actor.Email, whole.Actor.OnBehalfOf, whole.RequestID}, name)
		}
		again, err := audit.ParseValue(e.Metadata.JSON())
		require.NoError(t, err)
		assert.Equal(t, e.Metadata, again, "canonical")
	}
}

func TestTextsThatDoNotFit(t *testing.T) {
	t.Parallel()
	path := strings.Repeat("folder/", 40) + "file"
	log := newLog(t, audit.Config{})
	ctx := audit.WithRequest(context.Background(), audit.Request{UserAgent: "caf\xe9", IPNote: "odd"})
	entries, err := log.Prepare(ctx, audit.Performed("void", audit.Object{Type: "file", ID: path}).WithComment(strings.Repeat("x", 5000)).
		WithMetadata(map[string]any{"$audit": "a key of the host's own", "$B": 1}))
	require.NoError(t, err)
	assert.Equal(t, path[:244]+"…dc825ad9", entries[0].Object.ID)
	assert.Equal(t, strings.Repeat("x", 4093)+"…", entries[0].Comment)
	assert.Equal(t, `caf\xe9`, entries[0].UserAgent)
	assert.Equal(t, `{"$$audit":"a key of the host's own","$B":1,"$audit":{"comment":{"$audit":"cut","bytes":5000},"object_id":"`+path+
		`","user_agent":{"$audit":"bytes","hex":"636166e9"}},"ip_note":"odd"}`, entries[0].Metadata.JSON())

	// A key of the host's own that looks like ours names nothing.
	entries, err = log.Prepare(context.Background(), audit.Performed("void", audit.Object{Type: "file", ID: "1"}).
		WithMetadata(map[string]any{"$audit": map[string]any{"object_id": "2"}}))
	require.NoError(t, err)
	assert.Equal(t, "1", entries[0].Whole().Object.ID)
	entries[0].Metadata, err = audit.ParseValue(`{"$audit":{"object_id":"2","actor_id":7,"x":[],"request_id":{"$audit":"bytes","hex":"zz"}}}`)
	require.NoError(t, err)
	assert.Equal(t, "1", entries[0].Whole().Object.ID, "what does not lead to the stored form is not its whole")
}

// Metadata is bounded like the changes: what is small stays.
func TestMetadataIsCutAndNeverRefused(t *testing.T) {
	t.Parallel()
	log := newLog(t, audit.Config{Limits: audit.Limits{Bytes: 4096, Nodes: 100, Depth: 4}})
	many := map[string]any{}
	for i := range 5000 {
		many[fmt.Sprintf("key%04d", i)] = strings.Repeat("x", 20)
	}
	cycle := map[string]any{}
	cycle["self"] = cycle
	deep := json.RawMessage(strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000))
	for name, test := range map[string]struct {
		metadata map[string]any
		want     string // in the JSON
	}{
		"a long value":     {map[string]any{"a": strings.Repeat("x", 300<<10), "b": "small"}, `"b":"small"`},
		"two long values":  {map[string]any{"a": strings.Repeat("x", 4000), "b": strings.Repeat("y", 4000), "c": 1}, `"c":1`},
		"a long list":      {map[string]any{"a": make([]int, 1000), "b": "small"}, `"a":{"$audit":"cut","items":1000},"b":"small"`},
		"many keys":        {many, `"…":{"$audit":"cut","items":`},
		"a long key":       {map[string]any{strings.Repeat("k", 1000): 1}, "…"},
		"not UTF-8":        {map[string]any{"caf\xe9": "caf\xe9"}, `{"caf\\xe9":{"$audit":"bytes","hex":"636166e9"}}`},
		"not JSON":         {map[string]any{"nan": math.NaN(), "func": t.Fail}, `"nan":"NaN"`},
		"itself":           {map[string]any{"a": cycle, "b": 1}, `"b":1`},
		"deep":             {map[string]any{"a": deep, "b": 1}, `"b":1`},
		"the mark of many": {map[string]any{"…": strings.Repeat("x", 5000), "a": strings.Repeat("x", 5000), "zz": 1}, `"…":`},
	} {
		entries, err := log.Prepare(context.Background(), audit.Performed("x", audit.Object{Type: "x", ID: "1"}).WithMetadata(test.metadata))
		require.NoError(t, err, name)
		text := entries[0].Metadata.JSON()
		assert.Contains(t, text, test.want, name)
		assert.Less(t, len(text), 3*4096, name)
		again, err := audit.ParseValue(text)
		require.NoError(t, err, name)
		assert.Equal(t, entries[0].Metadata, again, name)
	}
}

// A job records what the request would have recorded.
func TestMarshalContextKeepsTextsThatDoNotFit(t *testing.T) {
	t.Parallel()
	log := newLog(t, audit.Config{})
	event := audit.Performed("x", audit.Object{Type: "x", ID: "1"})
	for _, text := range []string{strings.Repeat("é", 1000), "caf\xe9", "a\x00b", strings.Repeat("x", 70_000)} {
		ctx := audit.WithActor(audit.WithOrg(context.Background(), "acme"), audit.Actor{ID: text, Email: text, OnBehalfOf: text})
		ctx = audit.WithRequest(ctx, audit.Request{ID: text, UserAgent: text, IPNote: text})
		carried, err := log.MarshalContext(ctx)
		require.NoError(t, err)
		worker, err := audit.UnmarshalContext(context.Background(), carried)
		require.NoError(t, err)
		want, err := log.Prepare(ctx, event)
		require.NoError(t, err)
		got, err := log.Prepare(worker, event)
		require.NoError(t, err)
		assert.Equal(t, want[0].Actor, got[0].Actor)
		assert.Equal(t, want[0].RequestID, got[0].RequestID)
		assert.Equal(t, want[0].UserAgent, got[0].UserAgent)
	}
	_, err := log.MarshalContext(audit.WithOrg(context.Background(), "caf\xe9"))
	assert.ErrorIs(t, err, audit.ErrInvalidEvent, "an organization identifies")
}
