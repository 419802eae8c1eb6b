package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/upkeep"
	"github.com/auditkeep/audit/retention"
)

// Expire removes entries by their age. It drops the months that end no later
// than policy.Before. With policy.Org it rewrites each month without the older
// entries of that one organization. Months that a hold touches are kept. With
// policy.DryRun it only counts.
//
// Each month is one transaction, in which the log records an entry about it, by
// the context's actor. If Expire ends early, by an error or with ctx, the
// report beside the error says what was done and recorded, and the next call
// goes on.
//
// A drop keeps others waiting for a moment. While Expire counts a month, nobody
// can write into that month; writers of other months go on. A rewrite keeps
// writers of its month waiting for as long as it takes. For the present month,
// these are all who write or read the log.
//
// Entries in the default partition are not removed. The report has them among
// what is kept: bring them into months first, with [Admin.MakePartitions].
func (a *Admin) Expire(ctx context.Context, trail *audit.Log, policy retention.Policy) (retention.Report, error) {
	if trail == nil && !policy.DryRun {
		return retention.Report{}, fmt.Errorf("expiring entries: %w", upkeep.ErrNoTrail)
	}
	plan, err := a.planExpiry(ctx, policy)
	if err != nil {
		return retention.Report{}, fmt.Errorf("expiring entries: %w", err)
	}
	done := retention.Report{Kept: plan.kept}
	if policy.DryRun {
		for _, m := range plan.gone {
			done.Gone = append(done.Gone, m.Month)
		}
		return done, nil
	}
	var gone int64
	for _, planned := range plan.gone {
		month, err := a.expireMonth(ctx, trail, policy, planned.bound)
		switch {
		case err != nil:
			return done, fmt.Errorf("expiring entries of %s: %w", planned.Name, err)
		case month == nil: // another process was faster
			continue
		case month.Kept != "":
			done.Kept = append(done.Kept, *month)
		default:
			done.Gone = append(done.Gone, *month)
			gone += month.Entries
		}
		if policy.Progress != nil {
			policy.Progress(gone, plan.total)
		}
	}
	return done, nil
}

// plan is what an expiry will do.
type plan struct {
	gone  []plannedMonth
	kept  []retention.Month
	total int64
}

type plannedMonth struct {
	retention.Month
	bound string // a month that is rewritten is another table of the same range
}

func (a *Admin) planExpiry(ctx context.Context, policy retention.Policy) (plan plan, err error) {
	if a.pool == nil {
		return plan, errNoPool
	}
	var now time.Time
	if err := a.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return plan, fmt.Errorf("reading the database's clock: %w", err)
	}
	if err := policy.Validate(now); err != nil {
		return plan, err
	}
	entries, err := findTable(ctx, a.pool, a.schema)
	if err != nil {
		return plan, err
	}
	partitions, err := partitionsOf(ctx, a.pool, entries)
	if err != nil {
		return plan, err
	}
	holds, err := holdsOf(ctx, a.pool, entries)
	if err != nil {
		return plan, err
	}
	for _, p := range partitions {
		month, err := countExpiring(ctx, a.pool, policy, p)
		if isCode(err, "42P01") {
			continue // another process has dropped it meanwhile
		}
		if err != nil {
			return plan, fmt.Errorf("counting entries of %s: %w", p.Name, err)
		}
		switch {
		case month == nil:
		case month.Kept != "" || upkeep.Keep(month, holds, policy):
			plan.kept = append(plan.kept, *month)
		default:
			plan.gone = append(plan.gone, plannedMonth{*month, p.bound})
			plan.total += month.Entries
		}
	}
	return plan, nil
}

// countExpiring counts what expires in a partition. It returns nil if nothing
// does.
func countExpiring(ctx context.Context, db querier, policy retention.Policy, p partition) (*retention.Month, error) {
	before := audit.FirstID(policy.Before)
	if p.lower.Compare(before) >= 0 && !p.isDefault {
		return nil, nil
	}
	m := retention.Month{Name: p.public().key(), From: p.public().From, Until: p.public().Until, Bytes: p.bytes}
	whole := policy.Org == "" && p.upper.Compare(before) <= 0 && !p.isDefault
	// Only columns of the primary key, so that its index is enough.
	older := "id < '" + before.String() + "' AND ($1::text = '' OR org_id = $1::text)"
	var all int64
	if err := db.QueryRow(ctx, "SELECT count(*), count(*) FILTER (WHERE "+older+") FROM "+p.sql(), policy.Org).Scan(&all, &m.Entries); err != nil {
		return nil, err
	}
	if m.Entries == 0 && !whole {
		return nil, nil
	}
	switch {
	case p.isDefault:
		m.Kept = upkeep.InDefault
		err := db.QueryRow(ctx, "SELECT min(occurred_at), max(occurred_at) FROM "+p.sql()+" WHERE "+older, policy.Org).Scan(&m.From, &m.Until)
		if err != nil {
			return nil, err
		}
		m.From, m.Until = m.From.UTC(), m.Until.UTC().Add(time.Microsecond)
	case policy.Org != "":
		m.Copied = all - m.Entries
	case !whole:
		m.Kept = upkeep.EndsLater
	}
	return &m, nil
}

// key is the name of a month in reports, 2026-11. A partition that is not a
// calendar month keeps its own name.
func (m Partition) key() string {
	if s := monthOf(m.From); m.Default || s.from != m.From || s.until != m.Until {
		return m.Name
	}
	return m.From.Format("2006-01")
}

// expireMonth removes what expires in one partition. It returns nil if nothing
// is left to remove.
func (a *Admin) expireMonth(ctx context.Context, trail *audit.Log, policy retention.Policy, bound string) (expired *retention.Month, err error) {
	err = a.exclusively(ctx, func(tx pgx.Tx, entries table) error {
		expired = nil
		partitions, err := partitionsOf(ctx, tx, entries)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(partitions, func(p partition) bool { return p.bound == bound })
		if i < 0 {
			return nil
		}
		p := partitions[i]
		// Hold waits for this transaction anyway; a hold that is placed with SQL
		// by hand must too.
		if _, err := tx.Exec(ctx, "LOCK TABLE "+entries.sibling("audit_holds")+" IN SHARE MODE"); err != nil {
			return err
		}
		holds, err := holdsOf(ctx, tx, entries)
		if err != nil {
			return err
		}
		if err := stopWriters(ctx, tx, entries, p); err != nil {
			return err
		}
		month, err := countExpiring(ctx, tx, policy, p)
		if err != nil || month == nil {
			return err
		}
		if expired = month; month.Kept != "" || upkeep.Keep(month, holds, policy) {
			return nil
		}
		if policy.Org == "" {
			err = a.dropPartition(ctx, tx, entries, p)
			if err == nil {
				err = unlistMonths(ctx, tx, entries, p)
			}
		} else {
			err = a.rewrite(ctx, tx, entries, p, policy, *month)
		}
		if err != nil {
			return err
		}
		// Recorded last: it must not come into the month that goes.
		return upkeep.Record(ctx, trail, a.in(tx, entries), upkeep.Expired(policy, *month))
	})
	return expired, err
}
