package httpui_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

var scriptPattern = regexp.MustCompile(`<script type="module" src="(assets/audit\.[0-9a-f]{12}\.js)"></script>`)

// TestScript is one small module of the same host, and nothing inline.
func TestScript(t *testing.T) {
	t.Parallel()
	page := get(t, newUI(t, httpui.Options{}, fixture.Showcase()...), "/")
	found := scriptPattern.FindStringSubmatch(page.body)
	require.NotNil(t, found)
	assert.Equal(t, 1, strings.Count(page.body, "<script"))
	script := page.follow(found[1])
	assert.Equal(t, http.StatusOK, script.status)
	assert.Equal(t, "text/javascript; charset=utf-8", script.header.Get("Content-Type"))
	assert.Equal(t, "public, max-age=31536000, immutable", script.header.Get("Cache-Control"))
	assert.Equal(t, "nosniff", script.header.Get("X-Content-Type-Options"))
	assert.Less(t, gzipped(script.body), 5<<10)
	for _, never := range []string{"eval(", "innerHTML", "import ", "import(", "document.write", ".style", "location"} {
		assert.NotContains(t, script.body, never)
	}
	assert.Equal(t, 2, strings.Count(script.body, "fetch(address"), "only to follow an export, and to cancel it")
	assert.Equal(t, 2, strings.Count(script.body, "fetch("))
	styles := page.follow(stylesPattern.FindStringSubmatch(page.body)[1])
	assert.Less(t, gzipped(script.body)+gzipped(styles.body), 35<<10)
}
