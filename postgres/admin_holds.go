package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/upkeep"
	"github.com/auditkeep/audit/retention"
)

// Hold places a hold: entries that it touches do not expire until it is
// released. The log records it in the same transaction. After Hold returns nil,
// no month that the hold touches is removed, not even by an [Admin.Expire] that
// is already running. An invalid hold, or a name that is taken, is an error
// that wraps [retention.ErrInvalid].
func (a *Admin) Hold(ctx context.Context, trail *audit.Log, hold retention.Hold) error {
	if err := hold.Validate(); err != nil {
		return fmt.Errorf("placing hold: %w", err)
	}
	err := a.exclusively(ctx, func(tx pgx.Tx, entries table) error {
		tag, err := tx.Exec(ctx, "INSERT INTO "+entries.sibling("audit_holds")+" (name, org_id, held_from, held_until, reason)"+
			" VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING", hold.Name, hold.Org, orNull(hold.From), orNull(hold.Until), hold.Reason)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return upkeep.ErrHoldExists
		}
		return upkeep.Record(ctx, trail, a.in(tx, entries), upkeep.Placed(hold))
	})
	if err != nil {
		return fmt.Errorf("placing hold %q: %w", hold.Name, err)
	}
	return nil
}

// Release releases the hold with the name. The log records it in the same
// transaction. An unknown name is an error that wraps [retention.ErrInvalid].
func (a *Admin) Release(ctx context.Context, trail *audit.Log, name string) error {
	err := a.exclusively(ctx, func(tx pgx.Tx, entries table) error {
		hold, err := scanHold(tx.QueryRow(ctx, "DELETE FROM "+entries.sibling("audit_holds")+" WHERE name = $1 RETURNING "+holdColumns, name))
		if errors.Is(err, pgx.ErrNoRows) {
			return upkeep.ErrNoHold
		}
		if err != nil {
			return err
		}
		return upkeep.Record(ctx, trail, a.in(tx, entries), upkeep.Released(hold))
	})
	if err != nil {
		return fmt.Errorf("releasing hold %q: %w", name, err)
	}
	return nil
}

// Holds returns the holds that are in place, ordered by name.
func (a *Admin) Holds(ctx context.Context) ([]retention.Hold, error) {
	entries, err := a.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing holds: %w", err)
	}
	return holdsOf(ctx, a.pool, entries)
}

const holdColumns = "name, org_id, held_from, held_until, reason"

func holdsOf(ctx context.Context, db querier, entries table) ([]retention.Hold, error) {
	rows, err := db.Query(ctx, "SELECT "+holdColumns+" FROM "+entries.sibling("audit_holds")+" ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("listing holds: %w", err)
	}
	holds, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retention.Hold, error) { return scanHold(row) })
	if err != nil {
		return nil, fmt.Errorf("listing holds: %w", err)
	}
	return holds, nil
}

func scanHold(row pgx.Row) (hold retention.Hold, err error) {
	var from, until *time.Time
	if err := row.Scan(&hold.Name, &hold.Org, &from, &until, &hold.Reason); err != nil {
		return hold, err
	}
	if from != nil {
		hold.From = from.UTC()
	}
	if until != nil {
		hold.Until = until.UTC()
	}
	return hold, nil
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}
