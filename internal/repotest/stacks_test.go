package repotest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryAdapterIsTold keeps docs/stacks.md complete.
func TestEveryAdapterIsTold(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("docs/stacks.md")
	require.NoError(t, err)
	adapters, err := os.ReadDir("contrib")
	require.NoError(t, err)
	for _, adapter := range adapters {
		assert.Contains(t, string(doc), "<!-- contrib/"+adapter.Name()+"/")
		mod, err := os.ReadFile("contrib/" + adapter.Name() + "/go.mod")
		require.NoError(t, err, "each adapter is a module of its own")
		assert.Contains(t, string(mod), "module "+module+"/contrib/"+adapter.Name()+"\n")
		assert.Contains(t, string(mod), "\nreplace "+module+" => ../..\n")
	}
}

// TestNoAdapterIsImported keeps other people's libraries out of the library,
// its tests included.
func TestNoAdapterIsImported(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-test", "./...").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, dep := range strings.Fields(string(out)) {
		assert.False(t, strings.HasPrefix(dep, module+"/contrib"), "the library depends on %s", dep)
	}
}
