package httpui_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
	"github.com/auditkeep/audit/internal/parameter"
	"github.com/auditkeep/audit/words"
)

// Each filter works in every place where the page knows it: the address, the
// form, the chips, the JSON list and the files.
func TestEveryFilterWorksEverywhere(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(3, fixture.Now.Add(-1e9))
	entries[0].Actor = audit.Actor{Kind: audit.ActorAPIKey, ID: "k_7"}
	entries[0].Object = audit.Object{Type: "invoice", ID: "1"}
	entries[1].Object, entries[1].Action = audit.Object{Type: "user", ID: "2"}, audit.ActionCreate
	entries[2].Object = audit.Object{Type: "project", ID: "3"}
	entries[1].Source, entries[1].Actor.ID = audit.SourceTrigger, "u_8"
	entries[0].RequestID = "r-1"
	ui := newUI(t, httpui.Options{}, entries...)
	first, second := entries[0].ID.String(), entries[1].ID.String()
	for query, ids := range map[string][]string{
		"record_id=1":                     {first},
		"record_id=1&record_id=2":         {first, second},
		"actor_id=k_7":                    {first},
		"actor_id=k_7&actor_id=u_8":       {first, second},
		"actor_kind=api_key":              {first},
		"source=trigger":                  {second},
		"request=r-1":                     {first},
		"source=app&source=import&user=":  {first},
		"actor_kind=user&source=trigger":  {second},
		"ip=203.0.113.24&ip=::1&action=x": nil,
	} {
		page := get(t, ui, "/?"+query)
		assert.ElementsMatch(t, ids, page.ids(), query)
		values, _ := url.ParseQuery(query)
		api := get(t, ui, "/entries.json?"+query)
		file := get(t, ui, "/export.jsonl?"+query)
		for _, id := range ids {
			assert.Contains(t, api.body, id, query)
			assert.Contains(t, file.body, id, query)
		}
		for name := range values {
			assert.Contains(t, page.body, `aria-label="Remove filter `+words.English().Parameters[name]+":", query)
			if p, _ := parameter.Named(name); p.Widget != parameter.Chip {
				assert.Contains(t, page.body, `id="audit-`+name+`"`, query)
			}
		}
	}
}

// A filter that is typed takes another value, and Apply keeps those given.
func TestATypedFilterTakesAnotherValue(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	draft := get(t, ui, "/?applied=record_id%3D10482&from=&to=&range=all&record_id=10482&do=more:record_id")
	assert.Contains(t, draft.body, `name="record_id" value="10482"`)
	assert.Contains(t, draft.body, `name="record_id" value=""`)
	applied := once(t, ui, "GET", "/?applied=&from=&to=&range=all&record_id=10482&record_id=311&record_id=&actor_id=&do=apply")
	assert.Equal(t, "?range=all&record_id=10482&record_id=311", applied.header.Get("Location"))
}
