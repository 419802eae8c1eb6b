package httpui_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
	"github.com/auditkeep/audit/words"
)

// TestHostsOwnLooks: logo, colours and the words for actions come from options.
func TestHostsOwnLooks(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{
		Look: httpui.Look{
			Logo:  httpui.Logo{URL: "/logo.svg", Text: `Acme "Inc."`},
			Theme: map[string]string{"accent": "light-dark(#0a7d4f, #7de0b4)"},
		},
		Words: &words.Catalogue{Actions: map[audit.Action]string{audit.ActionUpdate: "geändert"}},
	}, fixture.Showcase()...)
	page := get(t, ui, "/?action=update")
	assert.Contains(t, page.body, `<img class="audit-logo" src="/logo.svg" alt="Acme &#34;Inc.&#34;">`)
	assert.Contains(t, page.body, `<span aria-hidden="true">~</span> geändert</span>`, "the pill")
	assert.Contains(t, page.body, `value="update" checked`, "the filter keeps the action's key")
	assert.NotContains(t, page.body, ">update<")
	styles := page.follow(stylesPattern.FindStringSubmatch(page.body)[1]).body
	assert.Contains(t, styles, "--audit-accent: light-dark(#0a7d4f, #7de0b4);")

	log, _ := audittest.New(t)
	for _, look := range []httpui.Look{
		{Logo: httpui.Logo{URL: "https://elsewhere.test/logo.svg"}},
		{Logo: httpui.Logo{URL: "//elsewhere.test/logo.svg"}},
		{Theme: map[string]string{"accent": "red; }"}},
	} {
		options := httpui.Options{Look: look, Authorize: func(*http.Request) bool { return true }}
		_, err := httpui.New(log, options)
		require.Error(t, err)
	}
}
