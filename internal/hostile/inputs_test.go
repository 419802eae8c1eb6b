package hostile

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

// input puts a text into one field of what is recorded.
type input struct {
	field string // as a FieldError names it
	put   func(ctx context.Context, event audit.Event, text string) (context.Context, audit.Event)
	// stored returns the part of an entry that must be the text, if there was
	// no error. It is nil if the text may be cut or written otherwise.
	stored func(audit.Entry) string
}

func withActor(change func(*audit.Actor, string)) func(context.Context, audit.Event, string) (context.Context, audit.Event) {
	return func(ctx context.Context, event audit.Event, text string) (context.Context, audit.Event) {
		actor := audit.Actor{Kind: audit.ActorUser, ID: "1"}
		change(&actor, text)
		return audit.WithActor(ctx, actor), event
	}
}

func withRequest(change func(*audit.Request, string)) func(context.Context, audit.Event, string) (context.Context, audit.Event) {
	return func(ctx context.Context, event audit.Event, text string) (context.Context, audit.Event) {
		var request audit.Request
		change(&request, text)
		return audit.WithRequest(ctx, request), event
	}
}

func withEvent(change func(audit.Event, string) audit.Event) func(context.Context, audit.Event, string) (context.Context, audit.Event) {
	return func(ctx context.Context, event audit.Event, text string) (context.Context, audit.Event) {
		return ctx, change(event, text)
	}
}

// recorded makes an event of something else than the one given.
func recorded(id audit.ID, event audit.Event) audit.Event {
	return event.WithObject(audit.Object{Type: "record", ID: "1"}).WithID(id)
}

// inputs are all fields that hold a text from outside.
var inputs = []input{
	{"Org", func(ctx context.Context, event audit.Event, text string) (context.Context, audit.Event) {
		return audit.WithOrg(ctx, text), event
	}, func(e audit.Entry) string { return e.Org }},
	{"Action", withEvent(func(e audit.Event, text string) audit.Event { return e.WithAction(audit.Action(text)) }), func(e audit.Entry) string { return string(e.Action) }},
	{"Object.Type", withEvent(func(e audit.Event, text string) audit.Event { return e.WithObject(audit.Object{Type: text, ID: "1"}) }), func(e audit.Entry) string { return e.Object.Type }},
	{"Object.ID", withEvent(func(e audit.Event, text string) audit.Event {
		return e.WithObject(audit.Object{Type: "record", ID: text})
	}), func(e audit.Entry) string { return e.Whole().Object.ID }},
	{"Parent", withEvent(func(e audit.Event, text string) audit.Event { return e.WithParent(audit.Object{Type: text, ID: "1"}) }), func(e audit.Entry) string { return e.Parent.Type }},
	{"Parent", withEvent(func(e audit.Event, text string) audit.Event { return e.WithParent(audit.Object{Type: "x", ID: text}) }), func(e audit.Entry) string { return e.Whole().Parent.ID }},
	{"comment", withEvent(func(e audit.Event, text string) audit.Event { return e.WithComment(text) }), nil},
	{"actor kind", withActor(func(a *audit.Actor, text string) { a.Kind = audit.ActorKind(text) }), nil},
	{"actor ID", withActor(func(a *audit.Actor, text string) { a.ID = text }), func(e audit.Entry) string { return e.Whole().Actor.ID }},
	{"actor email", withActor(func(a *audit.Actor, text string) { a.Email = text }), func(e audit.Entry) string { return e.Whole().Actor.Email }},
	{"on behalf of", withActor(func(a *audit.Actor, text string) { a.OnBehalfOf = text }), func(e audit.Entry) string { return e.Whole().Actor.OnBehalfOf }},
	{"request ID", withRequest(func(r *audit.Request, text string) { r.ID = text }), func(e audit.Entry) string { return e.Whole().RequestID }},
	{"user agent", withRequest(func(r *audit.Request, text string) { r.UserAgent = text }), nil},
	{"IP note", withRequest(func(r *audit.Request, text string) { r.IPNote = text }), nil},
	{"Metadata", withEvent(func(e audit.Event, text string) audit.Event { return e.WithMetadata(map[string]any{text: 1}) }), nil},
	{"Metadata", withEvent(func(e audit.Event, text string) audit.Event {
		return e.WithMetadata(map[string]any{"x": text, "list": []string{text}})
	}), nil},
	{"field", withEvent(func(e audit.Event, text string) audit.Event {
		return recorded(e.ID(), audit.Created(map[string]any{"a": map[string]any{text: text}}))
	}), nil},
	{"value", withEvent(func(e audit.Event, text string) audit.Event {
		return recorded(e.ID(), audit.Updated(struct{ Text string }{text + "!"}, struct{ Text string }{text}))
	}), nil},
	{"bytes", withEvent(func(e audit.Event, text string) audit.Event {
		return recorded(e.ID(), audit.Created(struct{ Data []byte }{[]byte(text)}))
	}), nil},
	{"JSON", withEvent(func(e audit.Event, text string) audit.Event {
		quoted, _ := json.Marshal(text)
		return recorded(e.ID(), audit.Destroyed(json.RawMessage(fmt.Sprintf(`{"a":{%s:[%s]}}`, quoted, quoted))))
	}), nil},
}

// mustFit are the fields that identify. Texts that do not fit there are errors.
var mustFit = []string{"Org", "Action", "Object.Type", "Parent"}

// TestT07_BadInputs puts a corpus of hostile texts into every field. For a
// field that identifies, an error may name the field. Every other text comes
// back as it was, and passes through every page and file.
func TestT07_BadInputs(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	texts := corpus()
	t.Logf("%d texts in %d fields", len(texts), len(inputs))
	for name, db := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 0))
			trail, err := audit.New(db.store, audit.Config{Org: "acme"})
			require.NoError(t, err)
			stored := map[audit.ID]audit.Entry{}
			refused := 0
			for n := range howMany() {
				in, text := inputs[n%len(inputs)], texts[r.IntN(len(texts))]
				if r.IntN(4) == 0 {
					text += texts[r.IntN(len(curated))]
				}
				event := audit.Performed("x", audit.Object{Type: "record", ID: "1"}).WithID(audit.NewID())
				ctx, event := in.put(t.Context(), event, text)
				what := fmt.Sprintf("%s %.80q", in.field, text)
				entries, panicked, err := prepared(ctx, trail, event)
				require.Nil(t, panicked, what)
				if err != nil {
					require.Contains(t, append(mustFit, "Object.ID"), in.field, what)
					requireNamed(t, in.field, err, what)
					require.ErrorIs(t, trail.RecordDetached(ctx, event), unwrapped(err), what)
					refused++
					continue
				}
				require.NoError(t, trail.RecordDetached(ctx, event), what)
				for _, e := range entries {
					got, err := trail.In(e.Org).Entry(ctx, e.ID)
					require.NoError(t, err, what)
					got.RecordedAt = e.RecordedAt
					require.Equal(t, e, got, what)
					if in.stored != nil && text != "" && len(text) <= 64<<10 {
						require.Equal(t, text, in.stored(got), what)
					}
					if e.Org == "acme" {
						stored[e.ID] = got
					}
				}
			}
			t.Logf("%d refused, %d stored", refused, len(stored))
			require.Greater(t, len(stored), howMany()/2)
			require.Positive(t, refused)
			for _, s := range sinks(t, db.store, "acme") {
				if !s.opaque {
					assert.True(t, utf8.ValidString(s.content), s.name)
					assert.NotContains(t, s.content, "\x00", s.name)
				}
			}
			requireFiles(t, trail, stored)
		})
	}
}

// requireNamed wants every error to name the field.
func requireNamed(t *testing.T, field string, err error, what string) {
	t.Helper()
	if field == "Org" && errors.Is(err, audit.ErrNoOrg) {
		return
	}
	named := audit.FieldErrors(err)
	require.NotEmpty(t, named, "%s: %v", what, err)
	for _, e := range named {
		require.True(t, strings.HasPrefix(e.Field, field), "%s: %v", what, err)
		require.Less(t, len(e.Error()), 1000, what)
		require.True(t, utf8.ValidString(e.Error()), what)
	}
}

// unwrapped is the sentinel of an error.
func unwrapped(err error) error {
	for _, sentinel := range []error{audit.ErrNoOrg, audit.ErrInvalidEvent, audit.ErrInvalidFilter} {
		if errors.Is(err, sentinel) {
			return sentinel
		}
	}
	return err
}

// requireFiles reads the exports as programs do.
func requireFiles(t *testing.T, trail *audit.Log, stored map[audit.ID]audit.Entry) {
	t.Helper()
	write := func(format export.Format) *bytes.Buffer {
		var file bytes.Buffer
		_, err := format.Write(&file, trail.All(t.Context(), audit.Filter{}, audit.Sort{}), export.Report{Filter: audit.Filter{Org: "acme"}})
		require.NoError(t, err)
		return &file
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(write(export.CSV).Bytes(), []byte("\ufeff")))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(stored)+1)
	lines := bytes.Split(bytes.TrimSpace(write(export.JSONLines).Bytes()), []byte("\n"))
	require.Len(t, lines, len(stored))
	for _, line := range lines {
		var e audit.Entry
		require.NoError(t, json.Unmarshal(line, &e), "%.200s", line)
		want := stored[e.ID]
		want.Org, want.RecordedAt = "", e.RecordedAt
		e.Org = ""
		require.Equal(t, want, e)
	}
	book, err := excelize.OpenReader(write(export.Excel))
	require.NoError(t, err)
	cells, err := book.GetRows(book.GetSheetName(0))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(cells), len(stored))
	require.NoError(t, book.Close())
}
