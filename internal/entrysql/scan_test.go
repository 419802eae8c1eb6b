package entrysql_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// rowOf returns a Scan method over a row whose columns have these values and
// are empty otherwise.
func rowOf(values map[string]any) func(dest ...any) error {
	columns := strings.Split(entrysql.ReadColumns, ", ")
	return func(dest ...any) error {
		for i, column := range columns {
			value, ok := values[strings.TrimPrefix(column, "e.")]
			if !ok {
				continue
			}
			var err error
			switch target := dest[i].(type) {
			case sql.Scanner:
				err = target.Scan(value)
			case *string:
				*target = value.(string)
			default:
				err = fmt.Errorf("no test value for a %T", target)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	id := audit.NewID()
	at := id.Time()
	for name, value := range map[string]any{
		"PostgreSQL": at.In(time.FixedZone("", 7200)),
		"SQLite":     at.UnixMicro(),
	} {
		e, err := entrysql.Scan(rowOf(map[string]any{"id": id.String(), "occurred_at": value, "changes": "[]"}))
		require.NoError(t, err, name)
		assert.Equal(t, audit.Entry{ID: id, OccurredAt: at}, e, name)
	}
}

func TestScanNamesTheBrokenEntry(t *testing.T) {
	t.Parallel()
	id := audit.NewID()
	for column, value := range map[string]any{"ip": "999.1.1.1", "changes": "{", "metadata": "{"} {
		row := map[string]any{"id": id[:], "changes": "[]"}
		row[column] = value
		_, err := entrysql.Scan(rowOf(row))
		assert.ErrorContains(t, err, "reading entry "+id.String(), column)
	}
	_, err := entrysql.Scan(rowOf(map[string]any{"occurred_at": "yesterday"}))
	require.ErrorContains(t, err, "scanning time: cannot read a string")
	gone := errors.New("gone")
	_, err = entrysql.Scan(func(...any) error { return gone })
	require.ErrorIs(t, err, gone)
}

func TestCheckTaken(t *testing.T) {
	t.Parallel()
	one := audit.Entry{Org: "acme", ID: audit.NewID(), Comment: "one"}
	stored := one
	stored.RecordedAt = time.Now()
	require.NoError(t, entrysql.CheckTaken([]audit.Entry{one, one}, []audit.Entry{stored}))

	other := one
	other.Comment = "other"
	err := entrysql.CheckTaken([]audit.Entry{one, other}, []audit.Entry{stored})
	require.ErrorIs(t, err, audit.ErrConflict)
	require.ErrorContains(t, err, one.ID.String())

	foreign := one
	foreign.Org = "other"
	err = entrysql.CheckTaken([]audit.Entry{foreign}, []audit.Entry{stored})
	require.ErrorContains(t, err, "neither inserted nor can it be read")
	require.NotErrorIs(t, err, audit.ErrConflict)
}
