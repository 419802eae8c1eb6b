package jsontext

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKeysAreNotTakenForMarks(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"$audit": "$$audit", "$$audit": "$$$audit", "audit": "audit", "": "", "$": "$", "x$audit": "x$audit", "$auditor": "$auditor",
	} {
		assert.Equal(t, want, EscapeKey(key), key)
		assert.Equal(t, key, UnescapeKey(EscapeKey(key)), key)
	}
	assert.Equal(t, "$audit", UnescapeKey("$audit"), "a mark's own key")
}
