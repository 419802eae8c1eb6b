package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
)

// WithOrgSetting returns a store that tells the database which organization
// each of its own transactions is about, by a setting of that name
// ("audit.org"), so that a policy of row-level security can be a second wall
// between organizations; docs/roles.md has the policy. The setting ends with
// the transaction, and costs no round trip to read, so it works behind a pooler
// that lends connections by transaction.
//
// In the host's own transactions (Tx, SQLTx, [Queue], [Commit]) it is the host
// that says it, once at their beginning, by what it knows itself:
//
//	_, err = tx.Exec(ctx, "SELECT set_config('audit.org', $1, true)", org)
//
// An entry of another organization is then refused, and without the setting
// every entry is.
func (s *Store) WithOrgSetting(name string) *Store {
	told := *s
	told.orgSetting, told.lists = name, new(valuesLists)
	return &told
}

// setOrgSQL says it until the end of the transaction.
const setOrgSQL = "SELECT set_config($1::text, $2::text, true)"

// insertTold inserts entries in a transaction that is told of each one's
// organization.
func (s *Store) insertTold(ctx context.Context, entries []audit.Entry) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for len(entries) > 0 {
			n := 1
			for n < len(entries) && entries[n].Org == entries[0].Org {
				n++
			}
			if _, err := tx.Exec(ctx, setOrgSQL, s.orgSetting, entries[0].Org); err != nil {
				return fmt.Errorf("inserting entries: telling their organization: %w", err)
			}
			if err := s.insert(ctx, pgxHandle{tx}, entries[:n]); err != nil {
				return err
			}
			entries = entries[n:]
		}
		return nil
	})
}
