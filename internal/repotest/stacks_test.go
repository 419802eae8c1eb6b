package repotest_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryAdapterIsInTheStacksDocument(t *testing.T) {
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
