package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// Config.Ignore adds to the names that are ignored anyway, and each of them can
// be recorded nevertheless.
func TestIgnoredFields(t *testing.T) {
	t.Parallel()
	type record struct {
		ID          int
		Name        string
		UpdatedAt   time.Time
		LockVersion int
		Hits        int
		Score       int `audit:",plain"`
	}
	type tagged struct {
		ID        int
		UpdatedAt int `audit:"updated_at"`
	}
	recorded := func(config audit.Config, event audit.Event) []string {
		entries, err := newLog(t, config).Prepare(t.Context(), event.WithObject(audit.Object{Type: "thing", ID: "1"}))
		require.NoError(t, err)
		if len(entries) == 0 {
			return nil
		}
		return entries[0].Changes.Fields()
	}
	all := audit.Updated(record{ID: 1}, record{1, "a", time.Now(), 1, 1, 1})
	row := audit.Updated(map[string]any{"updated_at": 1, "hits": 1, "lock_version": 1}, map[string]any{"updated_at": 2, "hits": 2, "lock_version": 2})
	for name, test := range map[string]struct {
		config       audit.Config
		fields, keys []string
	}{
		"nothing given": {audit.Config{}, []string{"name", "hits", "score"}, []string{"hits"}},
		"empty list":    {audit.Config{Ignore: []string{}}, []string{"name", "hits", "score"}, []string{"hits"}},
		"one more":      {audit.Config{Ignore: []string{"hits", "score"}}, []string{"name", "score"}, nil},
		"one recorded":  {audit.Config{Ignore: []string{"hits"}, Record: []string{"updated_at"}}, []string{"name", "updated_at", "score"}, []string{"updated_at"}},
		"a default":     {audit.Config{Ignore: []string{"lock_version"}}, []string{"name", "hits", "score"}, []string{"hits"}},
	} {
		assert.Equal(t, test.fields, recorded(test.config, all), name)
		assert.Equal(t, test.keys, recorded(test.config, row), name)
		assert.Equal(t, []string{"updated_at"}, recorded(test.config, audit.Updated(tagged{1, 1}, tagged{1, 2})), name)
	}
	_, err := audit.New(nowhere{}, audit.Config{Ignore: []string{"updated_at"}, Record: []string{"updated_at"}})
	assert.ErrorContains(t, err, `Config.Record and Config.Ignore both name "updated_at"`)
}
