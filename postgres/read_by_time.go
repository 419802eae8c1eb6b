package postgres

import "github.com/auditkeep/audit/internal/entrysql"

// byTime reads a walk with any filter in the order of time. PostgreSQL plans it for
// the values: one action of three fills a page from the primary key, and one user of
// thousands from the index on emails.
var byTime = way{name: "by time", suits: always, read: oneQuery(byTimeQuery)}

// byTimeQuery is, for example:
//
//	SELECT … FROM audit_entries AS e WHERE e.org_id = $1 AND e.source = $2 AND e.id < $3
//	ORDER BY e.id DESC LIMIT 51
func byTimeQuery(a *entrysql.Analysis) (query, error) { return pageQuery(a, planEach) }
