package postgres

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// To list the values of a column takes a look into every partition for every
// value. So the store remembers lists for a while if the log has many months, and
// adds to them what was recorded since.
const (
	// manyPartitions is how many make it worth while.
	manyPartitions = 6
	// rememberedFor is how long a list is kept: as long may a value stay away
	// that is recorded under a time in the past, and one that was removed.
	rememberedFor = time.Minute
	// overlap is how far before it was read a remembered list counts as read:
	// for clocks that differ and transactions that take their time.
	overlap = 10 * time.Minute
	// mostRecent is how many entries are looked through for values added since.
	mostRecent = 2000
	// mostLists and mostValues bound the memory.
	mostLists, mostValues = 1000, 500
)

// values lists the values of a column, from a remembered list if there is one.
func (s *Store) values(ctx context.Context, key valuesKey) ([]string, error) {
	now := time.Now()
	if list, ok := s.lists.get(key, now); ok {
		added, complete, err := s.valuesSince(ctx, key, list.since)
		if err != nil {
			return nil, err
		}
		if complete {
			all := slices.Concat(list.values, added)
			slices.Sort(all)
			all = slices.Compact(all)
			return all[:min(len(all), key.limit)], nil
		}
	}
	values, err := read(ctx, s, key.org, pgx.RowTo[string], func() (query, error) { return valuesQuery(key) })
	if err != nil || len(values) > mostValues {
		return values, err
	}
	var partitions int
	if err := s.pool.QueryRow(ctx, "SELECT count(*) FROM pg_inherits WHERE inhparent = $1::text::regclass", s.tableName()).Scan(&partitions); err != nil {
		return nil, err
	}
	if partitions >= manyPartitions {
		s.lists.put(key, valuesList{slices.Clone(values), audit.FirstID(now.Add(-overlap)), now.Add(rememberedFor)})
	}
	return values, nil
}

// valuesSince returns the values of the entries from an ID on, and whether there
// were few enough to look through them all.
func (s *Store) valuesSince(ctx context.Context, key valuesKey, since audit.ID) (values []string, complete bool, err error) {
	entries := 0
	_, err = read(ctx, s, key.org, func(row pgx.CollectableRow) (struct{}, error) {
		var value string
		var n int
		err := row.Scan(&value, &n)
		entries += n
		if strings.HasPrefix(value, key.prefix) {
			values = append(values, value)
		}
		return struct{}{}, err
	}, func() (query, error) { return recentValuesQuery(key, since) })
	return values, entries <= mostRecent, err
}

func valuesQuery(key valuesKey) (query, error) {
	values, err := entrysql.Values(key.org, key.column, key.prefix, key.limit)
	if err != nil {
		return query{}, err
	}
	return newQuery(values, planOnce)
}

// recentValuesQuery reads the values of a column among an organization's newest
// entries, those from an ID on, and how many entries have each.
//
//	SELECT value, count(*) FROM (SELECT e.action AS value FROM audit_entries AS e
//		WHERE e.org_id = $1 AND e.id >= $2 ORDER BY e.id DESC LIMIT 2001) AS newest GROUP BY value
func recentValuesQuery(key valuesKey, since audit.ID) (query, error) {
	column, err := entrysql.ValuesColumn(key.column)
	if err != nil {
		return query{}, err
	}
	where := sq.And{sq.Eq{"e.org_id": key.org}, sq.Expr("e.id >= ?", idArg(since))}
	newest := entrysql.Entries(column+" AS value", where, "e.id DESC", mostRecent+1)
	return newQuery(sq.Expr("SELECT value, count(*) FROM (?) AS newest GROUP BY value", newest), planOnce)
}

// valuesKey is what a list of values was asked by.
type valuesKey struct {
	org    string
	column audit.Column
	prefix string
	limit  int
}

type valuesList struct {
	values []string
	since  audit.ID  // entries from here on may have further values
	until  time.Time // when the list is forgotten
}

// valuesLists are the lists that are remembered. The zero value is empty.
type valuesLists struct {
	mu    sync.Mutex
	byKey map[valuesKey]valuesList
}

func (l *valuesLists) get(key valuesKey, now time.Time) (valuesList, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list, ok := l.byKey[key]
	return list, ok && now.Before(list.until)
}

func (l *valuesLists) put(key valuesKey, list valuesList) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byKey == nil || len(l.byKey) >= mostLists {
		l.byKey = map[valuesKey]valuesList{} // the lists in use come back soon
	}
	l.byKey[key] = list
}
