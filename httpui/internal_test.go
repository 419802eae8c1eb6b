package httpui

import (
	"bytes"
	"compress/gzip"
	"html/template"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"text/template/parse"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/httpui/internal/fixture"
	"github.com/auditkeep/audit/internal/parameter"
	"github.com/auditkeep/audit/words"
)

// TestEveryTemplateIsExecuted by a handful of requests: one that none of them
// reaches is dead, or untested.
func TestEveryTemplateIsExecuted(t *testing.T) {
	t.Parallel()
	other := fixture.Entry(fixture.Now.Add(-time.Hour), 9) // two entries of one object
	part := fixture.Entry(fixture.Now.Add(-2*time.Hour), 10)
	part.Object, part.Parent = audit.Object{Type: "invoice_line", ID: "1"}, fixture.Showcase()[0].Object
	trail, _, err := fixture.Log(append(fixture.Showcase(), other, part)...)
	require.NoError(t, err)
	h, err := New(trail, Options{
		Authorize: func(*http.Request) bool { return true },
		Now:       func() time.Time { return fixture.Now },
	})
	require.NoError(t, err)
	executed := map[string]bool{}
	h.pages.templates.Funcs(template.FuncMap{"executed": func(name string) string { executed[name] = true; return "" }})
	var names []string
	for _, tmpl := range h.pages.templates.Templates() {
		name := tmpl.Name()
		if tmpl.Tree == nil || parse.IsEmptyTree(tmpl.Tree.Root) {
			continue
		}
		names = append(names, name)
		probe := template.Must(h.pages.templates.New("probe").Parse("{{executed " + strconv.Quote(name) + "}}"))
		tmpl.Tree.Root.Nodes = append(append([]parse.Node{}, probe.Tree.Root.Nodes...), tmpl.Tree.Root.Nodes...)
	}
	require.Greater(t, len(names), 10)
	targets := []string{"/", "/?action=create&ip=10.0.0.0/8", "/?ip=x&user=kim", "/nowhere", "/?range=yesterday"}
	first := fixture.Showcase()[0]
	id := first.ID.String()
	targets = append(targets, "/entries/"+id, "/"+objectPath(first.Object)+"?at="+id+"&a="+id+"&b="+id)
	_, err = h.HistoryFragment(httptest.NewRequest(http.MethodGet, "/", nil), first.Object)
	require.NoError(t, err)
	for _, target := range targets {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	}
	for _, name := range names {
		assert.True(t, executed[name], "template %q", name)
	}
}

// TestEmbeddedFiles: what go mod vendor must carry is there.
func TestEmbeddedFiles(t *testing.T) {
	t.Parallel()
	found, err := fs.Glob(templateFiles, "templates/*.gohtml")
	require.NoError(t, err)
	assert.NotEmpty(t, found)
	assert.Contains(t, loadAssets("").names, "audit.js")
	styles, err := fs.Glob(styleFiles, "styles/*.css")
	require.NoError(t, err)
	assert.Len(t, styles, len(styleParts), "every file is a part of the style sheet")
}

// TestAssetsAreSmall: all of them together, whatever is added.
func TestAssetsAreSmall(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	sheet, err := styleSheet(Options{Words: words.English()})
	require.NoError(t, err)
	for _, content := range loadAssets(sheet).content {
		w := gzip.NewWriter(&zipped)
		_, err := w.Write(content)
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	t.Logf("%d bytes gzipped", zipped.Len())
	assert.LessOrEqual(t, zipped.Len(), 35<<10)
}

// Every parameter that the page knows has a name, and every range.
func TestEveryParameterHasAName(t *testing.T) {
	t.Parallel()
	english := words.English()
	for _, name := range Ranges() {
		assert.NotEmpty(t, english.Ranges[name], name)
	}
	for _, name := range viewParams {
		assert.NotEmpty(t, english.Parameters[name], name)
	}
	for _, name := range names(parameter.Text) {
		assert.NotEmpty(t, english.Form.Helps[name], name)
	}
	for _, format := range export.Formats() {
		assert.NotEmpty(t, english.Export.Formats[string(format)], format)
	}
}

func TestNumbersAround(t *testing.T) {
	t.Parallel()
	for pages := 1; pages <= 30; pages++ {
		for page := 1; page <= pages; page++ {
			numbers := numbersAround(page, pages)
			require.Equal(t, 1, numbers[0])
			require.Equal(t, pages, numbers[len(numbers)-1])
			require.Contains(t, numbers, page)
			require.LessOrEqual(t, len(numbers), 8)
			for i := 1; i < len(numbers); i++ {
				require.NotEqual(t, 2, numbers[i]-numbers[i-1], "a gap hides one number: page %d of %d", page, pages)
			}
		}
	}
}
