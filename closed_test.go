package audit_test

import (
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// money hides what it holds, as value types do.
type money struct {
	cents    int64
	currency string
}

type wallet struct {
	hidden money //nolint:unused // read by reflection
}

type invoice struct {
	ID      int
	Total   money
	Credit  *money
	Parts   []money
	ByMonth map[string]money
	Count   *atomic.Int64
	Err     error
	Wallet  struct{ wallet }
	Lock    *sync.Mutex
	Skipped struct {
		at int `audit:"-"` //nolint:unused // read by reflection
	}
}

// What cannot be seen is recorded as changed, not left out: an update that
// records nothing is the worst that an audit log can do.
func TestClosedStructs(t *testing.T) {
	t.Parallel()
	count := func(n int64) *atomic.Int64 {
		var c atomic.Int64
		c.Store(n)
		return &c
	}
	base := func() invoice {
		return invoice{
			ID: 1, Total: money{100, "EUR"}, Credit: &money{1, "EUR"}, Parts: []money{{1, "EUR"}}, ByMonth: map[string]money{"may": {1, "EUR"}},
			Count: count(1), Err: errors.New("a"), Lock: &sync.Mutex{},
		}
	}
	const opaque = `{"$audit":"opaque","type":"audit_test.money"}`
	for name, test := range map[string]struct {
		change func(*invoice)
		want   string
	}{
		"nothing":          {func(*invoice) {}, ``},
		"a value":          {func(i *invoice) { i.Total.cents = 999999 }, `[{"field":"total","new":` + opaque + `,"old":` + opaque + `}]`},
		"behind a pointer": {func(i *invoice) { i.Credit = &money{2, "EUR"} }, `[{"field":"credit","new":` + opaque + `,"old":` + opaque + `}]`},
		"gone":             {func(i *invoice) { i.Credit = nil }, `[{"field":"credit","new":null,"old":` + opaque + `}]`},
		"in a list":        {func(i *invoice) { i.Parts = []money{{1, "USD"}} }, `[{"field":"parts","new":[` + opaque + `],"old":[` + opaque + `]}]`},
		"in a map":         {func(i *invoice) { i.ByMonth = map[string]money{"may": {2, "EUR"}} }, `[{"field":"by_month.may","new":` + opaque + `,"old":` + opaque + `}]`},
		"an atomic":        {func(i *invoice) { i.Count = count(2) }, `[{"field":"count","new":{"$audit":"opaque","type":"atomic.Int64"},"old":{"$audit":"opaque","type":"atomic.Int64"}}]`},
		"an error":         {func(i *invoice) { i.Err = errors.New("b") }, `[{"field":"err","new":{"$audit":"opaque","type":"errors.errorString"},"old":{"$audit":"opaque","type":"errors.errorString"}}]`},
		"embedded":         {func(i *invoice) { i.Wallet.hidden.cents = 1 }, `[{"field":"wallet","new":{"$audit":"opaque","type":"struct { audit_test.wallet }"},"old":{"$audit":"opaque","type":"struct { audit_test.wallet }"}}]`},
		"a lock":           {func(i *invoice) { l := &sync.Mutex{}; l.Lock(); i.Lock = l }, ``},
		"left out":         {func(i *invoice) { i.Skipped.at = 1 }, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := base(), base()
			test.change(&after)
			log, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
			require.NoError(t, err)
			entries, err := log.Prepare(t.Context(), audit.Updated(before, after))
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, entries)
				return
			}
			require.Len(t, entries, 1)
			assert.Equal(t, test.want, entries[0].Changes.JSON())
		})
	}
}

// A column of JSON without a value is none, and no reason to refuse the record.
func TestEmptyRawMessage(t *testing.T) {
	t.Parallel()
	type record struct{ Raw json.RawMessage }
	log, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
	require.NoError(t, err)
	entries, err := log.Prepare(t.Context(), audit.Updated(record{json.RawMessage{}}, record{json.RawMessage(`{"a":1}`)}).WithObject(audit.Object{Type: "record", ID: "1"}))
	require.NoError(t, err)
	assert.Equal(t, `[{"field":"raw","new":{"a":1},"old":null}]`, entries[0].Changes.JSON())
	entries, err = log.Prepare(t.Context(), audit.Updated(record{json.RawMessage{}}, record{nil}).WithObject(audit.Object{Type: "record", ID: "1"}))
	require.NoError(t, err)
	assert.Empty(t, entries)
}
