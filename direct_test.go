package audit_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// nullable has the columns that are written without taking them apart.
type nullable struct {
	ID       uint32
	Name     *string
	Count    **int
	Active   *bool
	At       *time.Time
	Ratio    float64
	Small    float32
	Maybe    *float64
	Password *string
	Price    float64 `audit:",redact"`
	*Embedded
}

type Embedded struct{ Inner *string }

func TestPlainColumns(t *testing.T) {
	t.Parallel()
	name, other, count, yes, at, ratio := "a", "b", 1, true, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0.5
	pointer := &count
	full := nullable{7, &name, &pointer, &yes, &at, math.NaN(), 0.1, &ratio, &name, 1, &Embedded{&name}}
	var nilCount *int

	same := audit.Snapshot(full)
	zone := at.In(time.FixedZone("", 3600))
	same.At = &zone
	assert.Empty(t, changesOf(t, audit.Updated(full, same)))
	zero, minusZero := nullable{ID: 7}, nullable{ID: 7, Ratio: math.Copysign(0, -1), Count: &nilCount}
	assert.Empty(t, changesOf(t, audit.Updated(zero, minusZero)))

	assert.Equal(t, []string{
		`name: null -> "a"`, `count: null -> 1`, `active: null -> true`, `at: null -> "2026-01-02T03:04:05Z"`,
		`ratio: 0 -> "NaN"`, `small: 0 -> 0.1`, `maybe: null -> 0.5`,
		`password: {"$audit":"redacted"} -> {"$audit":"redacted"}`, `price: {"$audit":"redacted"} -> {"$audit":"redacted"}`,
		`inner: absent -> "a"`,
	}, changesOf(t, audit.Updated(zero, full)))
	changed := audit.Snapshot(full)
	changed.Name, changed.Inner = &other, nil
	assert.Equal(t, []string{`name: "a" -> "b"`, `inner: "a" -> null`}, changesOf(t, audit.Updated(full, changed)))
	assert.Equal(t, []string{
		`name: null -> absent`, `count: null -> absent`, `active: null -> absent`, `at: null -> absent`,
		`ratio: 0 -> absent`, `small: 0 -> absent`, `maybe: null -> absent`,
		`password: {"$audit":"redacted"} -> absent`, `price: {"$audit":"redacted"} -> absent`,
	}, changesOf(t, audit.Destroyed(zero)))
}

func TestLargeTextsOfPlainColumnsAreCut(t *testing.T) {
	t.Parallel()
	type doc struct {
		ID        int
		Text      string
		Escaped   *string
		NotUTF8   string
		AtTheEdge string
	}
	escaped := strings.Repeat("\n", 700)
	log := newLog(t, audit.Config{Limits: audit.Limits{Bytes: 1024}})
	of := func(d doc) audit.Changes {
		entries, err := log.Prepare(context.Background(), audit.Created(d))
		require.NoError(t, err)
		return entries[0].Changes
	}
	change, _ := of(doc{ID: 1, Text: strings.Repeat("x", 2000)}).Get("text")
	assert.Equal(t, `{"$audit":"cut","bytes":2000,"start":"`+strings.Repeat("x", 255)+`"}`, change.New.JSON())
	change, _ = of(doc{ID: 1, Escaped: &escaped}).Get("escaped")
	size, _, start := change.New.Cut()
	assert.Equal(t, 1402, size, "as JSON would have it")
	assert.Equal(t, strings.Repeat("\n", len(start)), start)
	change, _ = of(doc{ID: 1, NotUTF8: strings.Repeat("\xff", 600)}).Get("not_utf8")
	assert.Equal(t, audit.KindCut, change.New.Kind())
	change, _ = of(doc{ID: 1, AtTheEdge: strings.Repeat("x", 64)}).Get("at_the_edge")
	assert.Equal(t, audit.KindString, change.New.Kind())
}

// Entries keep what is theirs, though they were made in memory used again.
func TestEntriesShareNoMemoryThatIsUsedAgain(t *testing.T) {
	t.Parallel()
	log := newLog(t, audit.Config{})
	before, after := wideRecords()
	var kept []audit.Changes
	for i := range 100 {
		after.Rank, after.Note = i+10, strings.Repeat("n", i)
		entries, err := log.Prepare(context.Background(), audit.Updated(before, after), audit.Created(after))
		require.NoError(t, err)
		kept = append(kept, entries[0].Changes)
		entries, err = log.Prepare(context.Background(), audit.Updated(before, after))
		require.NoError(t, err)
		assert.Equal(t, kept[i], entries[0].Changes)
		assert.Equal(t, "123456", entries[0].Object.ID)
	}
	for i, changes := range kept {
		rank, _ := changes.Get("rank")
		note, _ := changes.Get("note")
		var number int
		require.NoError(t, rank.New.Decode(&number))
		assert.Equal(t, i+10, number)
		assert.Equal(t, strings.Repeat("n", i), note.New.Text())
	}
}
