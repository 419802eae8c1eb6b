package postgres

import "github.com/auditkeep/audit/internal/entrysql"

// inOrder reads a walk without a filter from the index that has its order. With 37
// partitions, planning it anew took several times as long as reading 50 entries.
var inOrder = way{name: "in order", suits: always, read: oneQuery(inOrderQuery)}

// inOrderQuery is, for a page by action behind a cursor:
//
//	SELECT … FROM audit_entries AS e WHERE e.org_id = $1 AND (e.action, e.id) > ($2, $3)
//	ORDER BY e.action, e.id LIMIT 51
func inOrderQuery(a *entrysql.Analysis) (query, error) { return pageQuery(a, planOnce) }

// pageQuery reads a page in the walk's order. With an offset, keys come first.
func pageQuery(a *entrysql.Analysis, planning planning) (query, error) {
	where, by := matching(a, planning), a.Order.By("e.")
	if a.Walk.Offset == 0 {
		return newQuery(entrysql.Entries(entrysql.ReadColumns, where, by, a.Walk.Limit), planning)
	}
	return newQuery(fetch(entrysql.Entries(a.Order.Keys("e."), where, by, entrysql.Depth(a.Walk)), a), planning)
}
