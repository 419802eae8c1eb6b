package postgres

import (
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// query is a statement that reads the table.
type query struct {
	SQL      string
	Args     []any
	Planning planning
	// Room is for how many rows room is made at once. 0 if nothing is known.
	Room int
}

// planning says when PostgreSQL is to plan a query. Left to itself, it plans five
// times with the arguments and then decides by an estimate.
type planning int

const (
	// planOnce is for queries that can only be run in one way, from an index in its
	// order: with a partition for every month, planning takes several times as long
	// as running.
	planOnce planning = iota
	// planEach is for queries whose best plan depends on how many entries have the
	// values that a filter wants.
	planEach
)

// newQuery writes a query with PostgreSQL's placeholders.
func newQuery(statement sq.Sqlizer, planning planning) (query, error) {
	text, args, err := statement.ToSql()
	if err == nil {
		text, err = sq.Dollar.ReplacePlaceholders(text)
	}
	return query{SQL: text, Args: args, Planning: planning}, err
}

// fetch reads the entries of a walk by their keys. What is passed over is read
// only from the index: only the rows that are wanted are fetched.
//
//	SELECT … FROM (SELECT * FROM (keys) AS all_keys LIMIT 51 OFFSET $2) AS k
//	CROSS JOIN LATERAL (SELECT * FROM audit_entries AS e WHERE e.org_id = k.org_id AND e.id = k.id LIMIT 1) AS e
//	ORDER BY k.action, k.id
//
// A join could become a hash of the whole table. LATERAL with a LIMIT is one
// look-up for each key, in the one partition that its ID belongs to.
func fetch(keys sq.Sqlizer, a *entrysql.Analysis) sq.Sqlizer {
	return sq.Expr("SELECT "+entrysql.ReadColumns+" FROM (SELECT * FROM (?) AS all_keys "+entrysql.Limit(a.Walk.Limit)+" OFFSET ?) AS k"+
		" CROSS JOIN LATERAL (SELECT * FROM audit_entries AS e WHERE e.org_id = k.org_id AND e.id = k.id LIMIT 1) AS e ORDER BY "+a.Order.By("k."),
		keys, a.Walk.Offset)
}

// matching is the condition that an entry is the walk's.
func matching(a *entrysql.Analysis, planning planning) sq.And {
	return behindCursor(a, a.InTime(a.Where()), planning)
}

// behindCursor adds the condition that an entry lies behind the walk's cursor. It
// compares whole rows, which PostgreSQL turns into one range of the index. In the
// order of time, the analysis' IDs say it already.
//
// If PostgreSQL plans for the values, the comparison includes its end, which is
// therefore the next ID: it is estimated only by the first column, and of what is
// less than "create" no entry would be expected that is a create itself. Otherwise
// it leaves its end out: given one that includes its end, PostgreSQL looks for where
// to begin by conditions on only the ID, if there are such.
func behindCursor(a *entrysql.Analysis, where sq.And, planning planning) sq.And {
	if a.Walk.After.IsZero() || a.ByTime() {
		return where
	}
	operator, end := ">", a.Walk.After.ID()
	if a.Order.Descending {
		operator = "<"
	}
	if planning == planEach {
		if operator += "="; a.Order.Descending {
			end = entrysql.PrecedingID(end)
		} else {
			end = entrysql.FollowingID(end)
		}
	}
	// PostgreSQL has no text with a NUL or broken UTF-8, so no page of it gave such a key.
	key := strings.ReplaceAll(strings.ToValidUTF8(a.Walk.After.Key(), "\uFFFD"), "\x00", "\uFFFD")
	return append(where, sq.Expr("(e."+strings.Join(a.Order.Columns, ", e.")+") "+operator+" (?, ?)", key, idArg(end)))
}

func idArg(id audit.ID) any { return audit.PostgreSQL.IDArg(id) }

// idArrayLiteral writes a uuid[] as PostgreSQL reads it.
func idArrayLiteral(ids []audit.ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return "{" + strings.Join(texts, ",") + "}"
}
