package audittest

import (
	"testing"

	"github.com/auditkeep/audit"
)

// Fields returns what would be recorded of a struct like x, with one line for
// each field:
//
//	assert.Equal(t, []string{
//		"id: identity",
//		"name: recorded",
//		"secret: redacted",
//		"updated_at: left out (ignored by the log's configuration)",
//	}, audittest.Fields(t, log, APIKey{}))
//
// A test like this one notices when somebody adds a field to the struct, and
// asks whether it should be in the log.
func Fields(t testing.TB, log *audit.Log, x any) []string {
	t.Helper()
	rules, err := log.Describe(x)
	if err != nil {
		t.Fatalf("audittest: %v", err)
	}
	lines := make([]string, len(rules))
	for i, rule := range rules {
		lines[i] = rule.String()
	}
	return lines
}
