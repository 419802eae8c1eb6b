package main

import (
	"strconv"
	"time"
)

// wideRecord has the 20 fields of a middling table. It and the hand-written
// difference are those of the library's own BenchmarkDiff, so that both can be
// held against one yardstick.
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
		ID: 123456, Name: "Dana", Email: "dana@acme.test", City: "Oslo", Country: "Norway", Phone: "555-0100", Street: "Main Street 1",
		Zip: "0150", Note: "none", Status: "active", Role: "viewer", Age: 41, Height: 170, Weight: 70, Score: 9, Rank: 3,
		Active: true, CreatedAt: now, LastSeenAt: now,
	}
	after = before
	// Each side has its own texts, as two rows of a database do: comparing a
	// text with itself would cost nothing.
	for _, text := range []*string{
		&after.Name, &after.Email, &after.City, &after.Country, &after.Phone,
		&after.Street, &after.Zip, &after.Note, &after.Status, &after.Role,
	} {
		*text = string([]byte(*text))
	}
	after.Name, after.City, after.Score, after.Verified, after.LastSeenAt = "Dana B.", "Bergen", 10, true, now.Add(time.Hour)
	return before, after
}

// handDiff is what a host would write for this one type, were it to make the
// same changes, in memory that it has already.
func handDiff(a, b *wideRecord, texts []byte, room []handChange) []handChange {
	h := hand{texts: texts[:0], changes: room[:0]}
	h.int("id", a.ID, b.ID)
	h.text("name", a.Name, b.Name)
	h.text("email", a.Email, b.Email)
	h.text("city", a.City, b.City)
	h.text("country", a.Country, b.Country)
	h.text("phone", a.Phone, b.Phone)
	h.text("street", a.Street, b.Street)
	h.text("zip", a.Zip, b.Zip)
	h.text("note", a.Note, b.Note)
	h.text("status", a.Status, b.Status)
	h.text("role", a.Role, b.Role)
	h.int("age", int64(a.Age), int64(b.Age))
	h.int("height", int64(a.Height), int64(b.Height))
	h.int("weight", int64(a.Weight), int64(b.Weight))
	h.int("score", int64(a.Score), int64(b.Score))
	h.int("rank", int64(a.Rank), int64(b.Rank))
	h.bool("active", a.Active, b.Active)
	h.bool("verified", a.Verified, b.Verified)
	h.time("created_at", a.CreatedAt, b.CreatedAt)
	h.time("last_seen_at", a.LastSeenAt, b.LastSeenAt)
	all, start := string(h.texts), 0
	for i := range h.changes {
		h.changes[i].Old = all[start:h.ends[2*i]]
		h.changes[i].New = all[h.ends[2*i]:h.ends[2*i+1]]
		start = h.ends[2*i+1]
	}
	return h.changes
}

// handChange is a change with its values as JSON, of the size of the library's.
type handChange struct{ Field, Old, New string }

type hand struct {
	texts   []byte
	ends    [2 * 6]int
	changes []handChange
}

func (h *hand) end(field string, oldEnd int) {
	n := len(h.changes)
	h.ends[2*n], h.ends[2*n+1] = oldEnd, len(h.texts)
	h.changes = append(h.changes, handChange{Field: field})
}

func (h *hand) int(field string, a, b int64) {
	if a == b {
		return
	}
	h.texts = strconv.AppendInt(h.texts, a, 10)
	oldEnd := len(h.texts)
	h.texts = strconv.AppendInt(h.texts, b, 10)
	h.end(field, oldEnd)
}

func (h *hand) bool(field string, a, b bool) {
	if a == b {
		return
	}
	h.texts = strconv.AppendBool(h.texts, a)
	oldEnd := len(h.texts)
	h.texts = strconv.AppendBool(h.texts, b)
	h.end(field, oldEnd)
}

func (h *hand) text(field, a, b string) {
	if a == b {
		return
	}
	h.texts = strconv.AppendQuote(h.texts, a)
	oldEnd := len(h.texts)
	h.texts = strconv.AppendQuote(h.texts, b)
	h.end(field, oldEnd)
}

func (h *hand) time(field string, a, b time.Time) {
	if a.Equal(b) {
		return
	}
	h.texts = append(a.UTC().AppendFormat(append(h.texts, '"'), time.RFC3339Nano), '"')
	oldEnd := len(h.texts)
	h.texts = append(b.UTC().AppendFormat(append(h.texts, '"'), time.RFC3339Nano), '"')
	h.end(field, oldEnd)
}
