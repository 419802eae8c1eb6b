package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/auditkeep/audit"
)

const (
	maxSeed  = 1_000_000
	seedDays = 90
)

// seed makes up a past of so many entries in an empty log, through the same
// calls that the forms use, and the records that remain of it. It shows its
// progress. All of it is one transaction: after an interruption there is
// nothing, and the next start begins anew.
func (a *app) seed(ctx context.Context, entries int, progress io.Writer) error {
	for org := range organizations {
		newest, err := a.trail.In(org).Newest(ctx)
		if err != nil {
			return err
		}
		if !newest.IsZero() {
			return nil
		}
	}
	if entries == 0 {
		return nil
	}
	return a.db.inTx(ctx, func(tx *sql.Tx) error {
		w := newWorld()
		bar := progressBar{out: progress, label: "Seeding", total: entries}
		for i, at := range w.times(entries, time.Now()) {
			ctx, event := w.next(ctx, at)
			if err := a.trail.Record(ctx, a.db.audited(tx), event); err != nil {
				return err
			}
			bar.show(i + 1)
		}
		if err := insertAll(ctx, a.db, tx, apiKeys, w.keys); err != nil {
			return err
		}
		if err := insertAll(ctx, a.db, tx, securityGroups, w.groups); err != nil {
			return err
		}
		return insertAll(ctx, a.db, tx, endUsers, w.users)
	})
}

// progressBar draws how far a long piece of work has come.
type progressBar struct {
	out   io.Writer
	label string
	total int
	drawn int
}

func (b *progressBar) show(done int) {
	const width = 40
	filled := done * width / b.total
	if filled == b.drawn && done != b.total {
		return
	}
	b.drawn = filled
	fmt.Fprintf(b.out, "\r%s [%s%s] %d of %d entries", b.label, strings.Repeat("#", filled), strings.Repeat(".", width-filled), done, b.total)
	if done == b.total {
		fmt.Fprintln(b.out)
	}
}

// insertAll stores the records that are left at the end, under the IDs that
// the log knows them by.
func insertAll[T any](ctx context.Context, db *database, tx *sql.Tx, k *kind[T], records []owned[T]) error {
	insert := db.sql(fmt.Sprintf("INSERT INTO %s (id, org, %s) VALUES (?, ?%s)", k.table, strings.Join(k.columns, ", "), strings.Repeat(", ?", len(k.columns))))
	for i := range records {
		x := &records[i].record
		if _, err := tx.ExecContext(ctx, insert, append([]any{*k.id(x), records[i].org}, k.values(x)...)...); err != nil {
			return err
		}
	}
	if db.dollars { // an identity column does not notice IDs that were given
		_, err := tx.ExecContext(ctx, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%[1]s', 'id'), 1 + (SELECT coalesce(max(id), 0) FROM %[1]s))", k.table))
		return err
	}
	return nil
}

// owned is a record of one organization.
type owned[T any] struct {
	org    string
	record T
}

// world is what the made-up past has come to so far.
type world struct {
	random *rand.Rand
	keys   []owned[APIKey]
	groups []owned[SecurityGroup]
	users  []owned[EndUser]
	lastID int64
}

// newWorld returns an empty world. It takes the same course every time.
func newWorld() *world { return &world{random: rand.New(rand.NewPCG(2026, 11))} }

func pick[T any](w *world, from []T) T { return from[w.random.IntN(len(from))] }

// chance is true in so many of a hundred cases.
func (w *world) chance(percent int) bool { return w.random.IntN(100) < percent }

// times returns n times of the last 90 days in order, most of them in working hours.
func (w *world) times(n int, now time.Time) []time.Time {
	now = now.UTC().Truncate(time.Second)
	out := make([]time.Time, n)
	for i := range out {
		for {
			at := now.Add(-time.Duration(w.random.Int64N(int64(seedDays * 24 * time.Hour))))
			working := at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && at.Hour() >= 7 && at.Hour() < 18
			if working || w.chance(12) {
				out[i] = at
				break
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// next makes up one request: who, from where, and what they did.
func (w *world) next(ctx context.Context, at time.Time) (context.Context, audit.Event) {
	org := "acme"
	if w.chance(20) {
		org = "globex"
	}
	ctx = audit.WithOrg(ctx, org)
	if w.chance(6) { // a nightly job: nobody is signed in
		ctx := audit.WithActor(ctx, audit.System("key expiry"))
		ctx = audit.WithRequest(ctx, audit.Request{ID: fmt.Sprintf("job-%x", w.random.Uint32())})
		if event, ok := w.expireKey(org); ok {
			return ctx, event.WithTime(at)
		}
	}
	actor := w.person(org, at)
	ctx = audit.WithActor(ctx, actor)
	ctx = audit.WithRequest(ctx, audit.Request{IP: w.address(actor), ID: fmt.Sprintf("req-%x", w.random.Uint64()), UserAgent: pick(w, userAgents)})
	if w.chance(2) {
		return ctx, audit.Performed("login_failed", audit.Object{Type: "user", ID: actor.ID}).WithMetadata(map[string]any{"reason": "wrong password"}).WithTime(at)
	}
	switch n := w.random.IntN(10); {
	case n < 4:
		return ctx, w.changeKey(org).WithTime(at)
	case n < 7:
		return ctx, w.changeGroup(org).WithTime(at)
	default:
		return ctx, w.changeUser(org).WithTime(at)
	}
}

// person returns somebody of the organization, at first also one who has left since.
func (w *world) person(org string, at time.Time) audit.Actor {
	if org == "acme" && time.Since(at) > 45*24*time.Hour && w.chance(15) {
		return audit.Actor{ID: "7", Email: "old.leaver@acme.test"}
	}
	for {
		if user := pick(w, demoUsers); user.Org == org {
			return audit.Actor{ID: user.ID, Email: user.Email}
		}
	}
}

// address returns one of the places that a person works from.
func (w *world) address(actor audit.Actor) netip.Addr {
	last := actor.ID[0] - '0'
	if w.chance(25) {
		return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 0x40 + last})
	}
	return netip.AddrFrom4([4]byte{203, 0, 113, 20 + last})
}

var userAgents = []string{
	"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
	"acme-cli/2.3.1",
}
