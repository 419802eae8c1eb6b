package entrysql

import (
	"fmt"

	"github.com/auditkeep/audit"
)

// CheckTaken compares entries that were given to an insert with those that the
// store holds under their IDs, once the insert has left some out. It returns
// nil if each is there with the content given, and otherwise an error that
// names the first that is not and wraps [audit.ErrConflict].
func CheckTaken(given, stored []audit.Entry) error {
	type key struct {
		org string
		id  audit.ID
	}
	rows := make(map[key]Row, len(stored))
	for _, e := range stored {
		if e.Unreadable != "" {
			// What could be read of it may be the content given.
			rows[key{e.Org, e.ID}] = Row{}
			continue
		}
		rows[key{e.Org, e.ID}] = RowOf(&e)
	}
	for _, e := range given {
		row, ok := rows[key{e.Org, e.ID}]
		switch {
		case !ok:
			// Such as a row that a policy on the table hides.
			return fmt.Errorf("entry %s was neither inserted nor can it be read", e.ID)
		case row != RowOf(&e):
			return fmt.Errorf("entry %s: %w", e.ID, audit.ErrConflict)
		}
	}
	return nil
}
