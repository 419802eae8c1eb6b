package postgres

import "context"

// checkIndexes looks for partitions that lack their part of an index.
func checkIndexes(ctx context.Context, db querier, entries table) ([]Finding, error) {
	// Each index of the log with those partitions that lack their part of it.
	rows, err := db.Query(ctx, `SELECT c.relname, ARRAY(
			SELECT p.relname::text FROM pg_inherits AS member JOIN pg_class AS p ON p.oid = member.inhrelid
			WHERE member.inhparent = $1 AND NOT EXISTS (
				SELECT FROM pg_inherits AS part JOIN pg_index AS x ON x.indexrelid = part.inhrelid
				WHERE part.inhparent = i.indexrelid AND x.indrelid = p.oid AND x.indisvalid AND x.indisready)
			ORDER BY 1)
		FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
		WHERE i.indrelid = $1
		ORDER BY c.relname`, entries.OID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var findings []Finding
	for rows.Next() {
		var index string
		var without []string
		if err := rows.Scan(&index, &without); err != nil {
			return nil, err
		}
		for _, partition := range without {
			findings = append(findings, Finding{
				FindingIndex, partition, "its part of index " + index + " is missing or not valid",
				"REINDEX it, or create it and ALTER INDEX " + entries.sibling(index) + " ATTACH PARTITION", nil,
			})
		}
	}
	return findings, rows.Err()
}
