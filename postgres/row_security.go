package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
)

// WithOrgSetting returns a store that sets the organization of each of its own
// transactions in the database, by a setting of that name ("audit.org"). A
// policy of row-level security can then keep organizations apart a second time;
// docs/roles.md has the policy. The setting ends with the transaction, so it
// works behind a pooler that lends connections by transaction. It costs no
// round trip.
//
// In its own transactions (Tx, SQLTx, [Queue], [Commit]) the host sets the
// organization itself, once at their beginning, by what it knows:
//
//	_, err = tx.Exec(ctx, "SELECT set_config('audit.org', $1, true)", org)
//
// The database then refuses an entry of another organization, and every entry
// without the setting.
func (s *Store) WithOrgSetting(name string) *Store {
	separate := *s
	separate.orgSetting, separate.lists = name, new(valuesLists)
	return &separate
}

// setOrgSQL sets the organization until the end of the transaction.
const setOrgSQL = "SELECT set_config($1::text, $2::text, true)"

// insertByOrg inserts entries in one transaction, and sets the organization before
// the entries of each.
func (s *Store) insertByOrg(ctx context.Context, entries []audit.Entry) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for len(entries) > 0 {
			n := 1
			for n < len(entries) && entries[n].Org == entries[0].Org {
				n++
			}
			if _, err := tx.Exec(ctx, setOrgSQL, s.orgSetting, entries[0].Org); err != nil {
				return fmt.Errorf("inserting entries: setting their organization: %w", err)
			}
			if err := s.insert(ctx, pgxHandle{tx}, entries[:n]); err != nil {
				return err
			}
			entries = entries[n:]
		}
		return nil
	})
}
