package parameter_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/parameter"
)

// The organization and the bounds of time are not parameters of the table: package
// httpui reads them.
func TestEveryFieldOfAFilterHasAParameter(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"Org": true, "From": true, "Until": true, "NotAfter": true}
	for _, p := range parameter.All() {
		assert.False(t, known[p.Field], "%s has two parameters", p.Field)
		known[p.Field] = true
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[audit.Filter]()) {
		if field.Name == "Parent" {
			assert.True(t, known["Parent.Type"] && known["Parent.ID"])
			continue
		}
		assert.True(t, known[field.Name], "audit.Filter.%s has no parameter", field.Name)
	}
}

// What a parameter reads is a condition of the root package: an entry without
// the value does not match, and a positive filter of two matches either.
func TestEveryParameterSetsACondition(t *testing.T) {
	t.Parallel()
	entry := audit.Entry{Org: "acme"}
	for _, p := range parameter.All() {
		value, other := "7", "8"
		if p.Blank {
			value, other = "203.0.113.24", "203.0.113.25"
		}
		f := audit.Filter{Org: "acme", Parent: audit.Object{Type: "order"}}
		if p.Field != "Parent.ID" {
			f.Parent = audit.Object{}
		}
		before := f
		require.NoError(t, p.Read(&f, []string{value}), p.Name)
		assert.NotEqual(t, before, f, "%s sets nothing", p.Name)
		assert.Equal(t, []string{value}, p.Write(&f), p.Name)
		require.NoError(t, f.Validate(), p.Name)
		_, not := parameter.Positive(p.Name)
		assert.Equal(t, not, f.Match(entry), "%s is not a condition", p.Name)
		if err := p.Read(&f, []string{value, other}); err == nil {
			assert.Equal(t, []string{value, other}, p.Write(&f), p.Name)
		}
	}
}

func TestAnEmptyTextIsAValueOfListsToChooseFrom(t *testing.T) {
	t.Parallel()
	for _, p := range parameter.All() {
		var f audit.Filter
		require.NoError(t, p.Read(&f, []string{""}), p.Name)
		base, _ := parameter.Positive(p.Name)
		positive, ok := parameter.Named(base)
		require.True(t, ok, p.Name)
		if positive.Widget == parameter.Choice {
			assert.Equal(t, []string{""}, p.Write(&f), p.Name)
		} else {
			assert.Empty(t, p.Write(&f), p.Name)
		}
	}
}
