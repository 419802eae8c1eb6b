package typestest

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table in docs/types.md anew")

// The table in docs/types.md is that of the examples, which TestTypes holds
// true. With -update it is written anew.
func TestDocument(t *testing.T) {
	t.Parallel()
	const name, head, end = "../../docs/types.md", "| Go type | column | recorded |\n|---|---|---|\n", "<!-- end of the table -->\n"
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), head)
	require.True(t, found, "the table's head")
	table, after, found := strings.Cut(rest, end)
	require.True(t, found, "the table's end")
	var want strings.Builder
	for _, x := range examples(t) {
		column, recorded := "–", code(x.want)
		if x.column != "" {
			column = "`" + x.column + "`"
		}
		if x.trigger != "" {
			recorded = "by triggers " + code(x.trigger)
		}
		want.WriteString("| " + x.name + " | " + column + " | " + recorded + " |\n")
	}
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(before+head+want.String()+end+after), 0o644))
		return
	}
	assert.Equal(t, want.String(), table, "go test -run TestDocument -update")
}

// code writes a value, or values by their paths.
func code(text string) string {
	if !strings.Contains(text, `{"$audit":"redacted"}`) {
		return "`" + strings.TrimSpace(text) + "`"
	}
	return "`" + strings.ReplaceAll(strings.TrimSpace(text), `{"$audit":"redacted"}`, "redacted") + "`"
}
