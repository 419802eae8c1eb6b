package audit_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/auditkeep/audit"
)

// wideRecord has the 20 fields of a middling table.
type wideRecord struct {
	ID                                int64
	Name, Email, City, Country, Phone string
	Street, Zip, Note, Status, Role   string
	Age, Height, Weight, Score, Rank  int
	Active, Verified                  bool
	CreatedAt, LastSeenAt             time.Time
}

func wideRecords() (before, after wideRecord) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	before = wideRecord{
		ID: 42, Name: "Dana", Email: "dana@acme.test", City: "Oslo", Country: "Norway", Phone: "555-0100", Street: "Main Street 1",
		Zip: "0150", Note: "none", Status: "active", Role: "viewer", Age: 41, Height: 170, Weight: 70, Score: 9, Rank: 3,
		Active: true, CreatedAt: now, LastSeenAt: now,
	}
	after = before
	after.Name, after.City, after.Score, after.Verified, after.LastSeenAt = "Dana B.", "Bergen", 10, true, now.Add(time.Hour)
	return before, after
}

// BenchmarkPrepareUpdate makes the entry of an update in which 5 of 20 fields
// changed; the other benchmark is a floor to hold it against.
func BenchmarkPrepareUpdate(b *testing.B) {
	before, after := wideRecords()
	log := newLog(b, audit.Config{})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := log.Prepare(ctx, audit.Updated(&before, &after)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMarshalBoth is what comparing by JSON costs before any comparison.
func BenchmarkMarshalBoth(b *testing.B) {
	before, after := wideRecords()
	b.ReportAllocs()
	for b.Loop() {
		for _, record := range []*wideRecord{&before, &after} {
			text, err := json.Marshal(record)
			if err != nil {
				b.Fatal(err)
			}
			var fields map[string]any
			if err := json.Unmarshal(text, &fields); err != nil {
				b.Fatal(err)
			}
		}
	}
}
