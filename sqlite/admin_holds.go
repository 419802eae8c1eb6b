package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/upkeep"
	"github.com/auditkeep/audit/retention"
)

// Hold places a hold: entries that it touches do not expire until it is
// released. The log records it in the same transaction. After Hold returns nil,
// nothing that the hold touches is removed, not even by an [Admin.Expire] that
// is already running. An invalid hold, or a name that is taken, is an error
// that wraps [retention.ErrInvalid].
func (a *Admin) Hold(ctx context.Context, trail *audit.Log, hold retention.Hold) error {
	if err := hold.Validate(); err != nil {
		return fmt.Errorf("placing hold: %w", err)
	}
	err := a.store.immediate(ctx, func(conn *sql.Conn) error {
		result, err := conn.ExecContext(ctx, "INSERT INTO audit_holds (name, org_id, held_from, held_until, reason)"+
			" VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING", hold.Name, hold.Org, orNull(hold.From), orNull(hold.Until), hold.Reason)
		if err != nil {
			return err
		}
		placed, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if placed == 0 {
			return upkeep.ErrHoldExists
		}
		return upkeep.Record(ctx, trail, connTx{conn}, upkeep.Placed(hold))
	})
	if err != nil {
		return fmt.Errorf("placing hold %q: %w", hold.Name, err)
	}
	return nil
}

// Release releases the hold with the name. The log records it in the same
// transaction. An unknown name is an error that wraps [retention.ErrInvalid].
func (a *Admin) Release(ctx context.Context, trail *audit.Log, name string) error {
	err := a.store.immediate(ctx, func(conn *sql.Conn) error {
		hold, err := scanHold(conn.QueryRowContext(ctx, "DELETE FROM audit_holds WHERE name = ? RETURNING "+holdColumns, name))
		if errors.Is(err, sql.ErrNoRows) {
			return upkeep.ErrNoHold
		}
		if err != nil {
			return err
		}
		return upkeep.Record(ctx, trail, connTx{conn}, upkeep.Released(hold))
	})
	if err != nil {
		return fmt.Errorf("releasing hold %q: %w", name, err)
	}
	return nil
}

// Holds returns the holds that are in place, ordered by name.
func (a *Admin) Holds(ctx context.Context) ([]retention.Hold, error) {
	if a.store.db == nil {
		return nil, errNoDB
	}
	return holdsOf(ctx, a.store.db)
}

const holdColumns = "name, org_id, held_from, held_until, reason"

func holdsOf(ctx context.Context, db querier) ([]retention.Hold, error) {
	rows, err := db.QueryContext(ctx, "SELECT "+holdColumns+" FROM audit_holds ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("listing holds: %w", err)
	}
	defer rows.Close()
	var holds []retention.Hold
	for rows.Next() {
		hold, err := scanHold(rows)
		if err != nil {
			return nil, fmt.Errorf("listing holds: %w", err)
		}
		holds = append(holds, hold)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing holds: %w", err)
	}
	return holds, nil
}

func scanHold(row interface{ Scan(dest ...any) error }) (hold retention.Hold, err error) {
	var from, until sql.NullInt64
	if err := row.Scan(&hold.Name, &hold.Org, &from, &until, &hold.Reason); err != nil {
		return hold, err
	}
	if from.Valid {
		hold.From = time.UnixMicro(from.Int64).UTC()
	}
	if until.Valid {
		hold.Until = time.UnixMicro(until.Int64).UTC()
	}
	return hold, nil
}

func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}
