package repotest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryAdapterIsInTheStacksDocument(t *testing.T) {
	t.Parallel()
	doc := read(t, "docs/stacks.md")
	for _, adapter := range glob(t, "contrib/*") {
		assert.Contains(t, doc, "<!-- "+adapter+"/")
		mod := read(t, adapter+"/go.mod")
		assert.Contains(t, mod, "module "+module+"/"+adapter+"\n")
		assert.Contains(t, mod, "\nreplace "+module+" => ../..\n")
	}
}
