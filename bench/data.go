package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// The data is of three years, and always the same.
var (
	dataEnd   = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	dataStart = dataEnd.AddDate(-3, 0, 0)
)

// largestOrg is the organization that has 40 % of all entries, and whose pages
// are measured.
const largestOrg = "org_01"

// loadChunk is how many entries one statement makes.
const loadChunk = 100_000

// insertSQL makes the entries $1 to $2 of $3: 50 organizations, 40 types, 2,000
// users, 8 actions, 5,000 addresses, and a record for every 50 entries. It goes
// past the library, whose rules for rows it has to keep: IDs hold microseconds,
// object_sort and ip_key are the sortable forms.
const insertSQL = `
INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort,
	actor_kind, actor_id, actor_email, ip, ip_key, request_id, source, changes, changed_fields, format)
SELECT
	CASE WHEN org < 40 THEN 'org_01' ELSE 'org_' || lpad((2 + other % 49)::text, 2, '0') END,
	(lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000), 3, '0') || '8' || substr(md5(i::text), 1, 15))::uuid,
	to_timestamp(us / 1000000) + us % 1000000 * interval '1 microsecond',
	(ARRAY['update','update','update','update','update','update','update','update','update','update',
	       'create','create','create','create','destroy','destroy',
	       'login','login_failed','export','invite'])[1 + action % 20],
	'type_' || lpad((type % 40)::text, 2, '0'),
	record::text, 'n' || lpad(length(record::text)::text, 3, '0') || record,
	'user', who::text, 'user' || who || '@acme.test',
	'10.' || place % 20 || '.' || place / 20 || '.7', '40a' || lpad(to_hex(place % 20), 2, '0') || lpad(to_hex(place / 20), 2, '0') || '07',
	md5('request ' || i / 3), 'app',
	('[{"field":"name","old":"value ' || record || '","new":"value ' || who || '"},{"field":"' || fields[1 + type % 8] ||
		'","old":"draft","new":"sent"},{"field":"total","old":' || place || ',"new":' || record || '}]')::jsonb,
	'name,' || fields[1 + type % 8] || ',total', 1
FROM (SELECT i,
		$4::bigint + i * ($5::bigint / $3::bigint) AS us,
		abs(hashint8(i)::bigint) % 100 AS org, abs(hashint8(i + 1000000007)::bigint) AS other,
		abs(hashint8(i + 2000000011)::bigint) AS action, abs(hashint8(i * 3 + 1)::bigint) AS type,
		abs(hashint8(i * 5 + 2)::bigint) % greatest($3::bigint / 50, 100) AS record,
		abs(hashint8(i * 7 + 3)::bigint) % 2000 AS who, abs(hashint8(i * 11 + 5)::bigint) % 5000 AS place,
		ARRAY['status','role','state','owner','limits','address','phase','plan'] AS fields
	FROM generate_series($1::bigint, $2::bigint) AS i) AS drawn`

// load fills an empty log. Its indexes are made afterwards: that is faster, and
// leaves them as they are after a REINDEX, for every size alike.
func (l *pgLog) load(ctx context.Context, entries int, p *progress) error {
	names, definitions, err := l.secondaryIndexes(ctx)
	if err != nil {
		return fmt.Errorf("reading the indexes: %w", err)
	}
	for _, name := range names {
		if err := l.exec(ctx, "DROP INDEX "+name); err != nil {
			return err
		}
	}
	label := fmt.Sprintf("loading a log of %s entries", count(entries))
	p.show(label, 0, entries)
	span := dataEnd.Sub(dataStart).Microseconds()
	for first := 0; first < entries; first += loadChunk {
		last := min(first+loadChunk, entries)
		if _, err := l.pool.Exec(ctx, insertSQL, first, last-1, entries, dataStart.UnixMicro(), span); err != nil {
			return fmt.Errorf("making entries: %w", err)
		}
		p.show(label, last, entries)
	}
	label = fmt.Sprintf("making the indexes of a log of %s entries", count(entries))
	for i, definition := range definitions {
		if err := l.exec(ctx, definition); err != nil {
			return err
		}
		p.show(label, i+1, len(definitions))
	}
	// Twice over what a server does by itself within minutes.
	return l.exec(ctx, "VACUUM ANALYZE audit_entries")
}

// secondaryIndexes are the indexes of the log but its primary key.
func (l *pgLog) secondaryIndexes(ctx context.Context) (names, definitions []string, err error) {
	const from = " FROM pg_index WHERE indrelid = 'audit_entries'::regclass AND NOT indisprimary ORDER BY indexrelid"
	if names, err = l.texts(ctx, "SELECT indexrelid::regclass::text"+from); err != nil {
		return nil, nil, err
	}
	if definitions, err = l.texts(ctx, "SELECT pg_get_indexdef(indexrelid)"+from); err != nil {
		return nil, nil, err
	}
	for i, definition := range definitions {
		// PostgreSQL shows the log's index without those of the months.
		definitions[i] = strings.Replace(definition, " ON ONLY ", " ON ", 1)
	}
	return names, definitions, nil
}
