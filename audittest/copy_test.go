package audittest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

type attributes struct{ values map[string]any }

func (a attributes) MarshalJSON() ([]byte, error)     { return json.Marshal(a.values) }
func (a *attributes) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &a.values) }

type embedded struct{ Names []string }

// node is a type that contains itself, and everything else.
type node struct {
	embedded
	ID       int
	Name     string
	Note     *string
	Until    *time.Time
	Raw      json.RawMessage
	Price    decimal.Decimal
	Big      big.Int
	Link     *url.URL
	Any      any
	Attrs    attributes
	Options  map[string][]int
	Parent   *node   `audit:"parent"`
	Children []*node `audit:"children"`
	Others   []*node
	Cache    map[string]int
	Hidden   *int `audit:"-"`
	Err      error
}

func TestRequireNotShared(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "", failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, audit.Snapshot[node]) }))
	assert.Equal(t, "", failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, audit.Snapshot[*node]) }))
	assert.Equal(t, "", failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, audit.Snapshot[map[string]any]) }))

	message := failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, func(n node) node { return n }) })
	assert.Contains(t, message, "names, note, until, raw, big, link, any, attrs, options, parent, children, cache: before and after share")
	message = failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, func(n *node) *node { return n }) })
	assert.Contains(t, message, "before: shares its memory with after")
	message = failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, maps.Clone[map[string]*int]) })
	assert.Contains(t, message, "1: before and after share")

	// A copy that forgets what lies further in.
	forgets := func(n node) node {
		made := audit.Snapshot(n)
		made.Options, made.Children = maps.Clone(n.Options), slices.Clone(n.Children)
		return made
	}
	message = failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, forgets) })
	assert.Contains(t, message, ": options, children: before and after share")

	keepsCache := func(n node) node {
		made := audit.Snapshot(n)
		made.Cache, made.Others, made.Hidden = n.Cache, n.Others, n.Hidden
		return made
	}
	assert.NotEmpty(t, failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, keepsCache) }))
	assert.Equal(t, "", failure(t, func(tb testing.TB) {
		audittest.RequireNotShared(tb, keepsCache, audit.Config{Ignore: []string{"cache"}})
	}))

	for _, nothing := range []string{
		failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, func(*node) *node { return nil }) }),
		failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, func(n int) int { return n }) }),
		failure(t, func(tb testing.TB) { audittest.RequireNotShared(tb, func(n wrong) wrong { return n }) }),
	} {
		assert.Contains(t, nothing, "was not compared")
	}
}

type wrong struct {
	ID int `audit:"id,nonsense"`
}

// A host tests the way its handlers copy a record before they change it.
func ExampleRequireNotShared() {
	type Key struct {
		ID    int
		Note  *string
		Roles []string
	}
	t := printer{}
	audittest.RequireNotShared(t, func(before Key) Key {
		after := before // copies neither the note nor the roles
		return after
	})
	audittest.RequireNotShared(t, audit.Snapshot[Key])
	// Output:
	// audittest: the copy of audittest_test.Key shares memory with the original: audit: invalid event: note, roles: before and after share their memory, so a change within it is on both sides and would be lost; load the record a second time, or keep before with audit.Snapshot before you change the record; tag a field that is never changed in place `audit:",immutable"`
}

// printer stands for the *testing.T that a test has.
type printer struct{ testing.TB }

func (printer) Helper() {}

func (printer) Fatalf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
