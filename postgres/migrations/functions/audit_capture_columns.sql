-- Returns the present columns of a table. was is the column's name when Watch was
-- called, NULL if Watch did not know it. hidden says whether its values are kept
-- out of the log. The last four are those of audit_capture_type.
--
-- A renamed column is found by its number. If the numbers are not of this table,
-- names count, and a column that Watch did not know may be a secret under another
-- name. If the columns are in another order than they were, each may be, since a
-- restore keeps the order. A value whose type kept it out of the log stays out if
-- the column has another type now.
--
-- A generated column is hidden if it is made of a hidden column, or if it could
-- show a secret of the JSON that it is made of.
CREATE OR REPLACE FUNCTION audit_capture_columns(relation oid, config jsonb, OUT name text, OUT was text, OUT hidden boolean, OUT virtual boolean,
		OUT value text, OUT id text, OUT compared text, OUT document text) RETURNS SETOF record
	LANGUAGE plpgsql STABLE AS $$
DECLARE	fits constant boolean := coalesce(config ->> text 'identity' = audit_capture_identity(relation), false);
		names constant text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(config -> text 'names'));
		numbers jsonb := '{}'; -- the columns' names when Watch was called, by number
		ordered boolean;
		closed boolean;
		seen text[]; -- the kinds that audit_capture_seen has of the column
		secrets int[] := '{}'; -- the numbers of the columns that are hidden
		documents int[] := '{}'; -- the numbers of the columns that are JSON
		c record;
BEGIN
	SELECT pg_catalog.jsonb_object_agg(k.value, k.key) INTO numbers FROM pg_catalog.jsonb_each_text(config -> text 'columns') AS k;
	ordered := NOT EXISTS (SELECT FROM (
			SELECT (config #>> ARRAY['columns', a.attname::text])::int AS number,
				pg_catalog.lag((config #>> ARRAY['columns', a.attname::text])::int) OVER (ORDER BY a.attnum) AS before
			FROM pg_catalog.pg_attribute AS a
			WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND config -> text 'columns' ? a.attname::text) AS pairs
		WHERE pairs.number < pairs.before);
	closed := config -> text 'hidden' <> '[]' OR config -> text 'documents' <> '[]' OR config -> text 'opaque' <> '[]'
		OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements_text(config -> text 'ignore') AS ignored (name)
			WHERE config -> text 'columns' ? ignored.name AND ignored.name NOT IN ('updated_at', 'lock_version'))
		OR EXISTS (SELECT FROM audit_capture_seen AS s WHERE s.identity = config ->> text 'identity');
	-- Generated columns come in the second pass, if there are any.
	FOR pass IN CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND a.attgenerated <> '') THEN 1 ELSE 2 END..2 LOOP
	FOR c IN SELECT a.attname::text AS name, a.attnum, a.attgenerated = 'v' AS virtual, a.attgenerated <> '' AS generated, a.atttypid, t.value, t.id, t.compared, t.document
		FROM pg_catalog.pg_attribute AS a CROSS JOIN LATERAL audit_capture_type(a.atttypid) AS t
		WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND (pass = 2 OR a.attgenerated = '')
		ORDER BY a.attnum
	LOOP
		name := c.name;
		was := NULL;
		IF fits THEN
			was := numbers ->> c.attnum::text;
		END IF;
		IF was IS NULL AND config -> text 'columns' ? c.name THEN
			IF NOT fits AND ordered OR fits AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS other
					WHERE other.attrelid = relation AND other.attnum = (config #>> ARRAY['columns', c.name])::int2 AND NOT other.attisdropped) THEN
				was := c.name;
			END IF;
		END IF;
		seen := '{}';
		IF fits AND was IS NULL THEN
			seen := ARRAY(SELECT s.kind FROM audit_capture_seen AS s WHERE s.identity = config ->> text 'identity' AND s.number = c.attnum::int);
		END IF;
		hidden := NOT coalesce(config -> text 'plain' ? was, false) AND (
			'hidden' = ANY (seen) OR 'document' = ANY (seen) AND c.document IS NULL OR 'opaque' = ANY (seen) AND c.document IS DISTINCT FROM '' OR
			coalesce(config -> text 'hidden' ? was, false) OR coalesce(config -> text 'hidden' ? c.name, false) OR audit_capture_secret(c.name, names)
			OR NOT fits AND was IS NULL AND coalesce(closed, false)
			OR coalesce(config -> text 'documents' ? was, false) AND c.document IS NULL
			OR coalesce(config -> text 'opaque' ? was, false) AND c.document IS DISTINCT FROM '');
		IF pass = 1 THEN
			IF hidden OR c.document = '' THEN
				secrets := pg_catalog.array_append(secrets, c.attnum::int);
			ELSIF c.document <> '' THEN
				documents := pg_catalog.array_append(documents, c.attnum::int);
			END IF;
			CONTINUE;
		ELSIF c.generated AND NOT hidden AND NOT coalesce(config -> text 'plain' ? coalesce(was, c.name), false) THEN
			hidden := audit_capture_derives(relation, c.attnum::int, secrets) OR audit_capture_derives(relation, c.attnum::int, documents)
				AND (c.document IS NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS p WHERE p.oid = c.atttypid AND p.typcategory IN ('N', 'B', 'D', 'T'))
					OR EXISTS (SELECT FROM pg_catalog.pg_attrdef AS made CROSS JOIN LATERAL pg_catalog.regexp_matches(pg_catalog.pg_get_expr(made.adbin, made.adrelid), '''((?:[^'']|'''')*)''', 'g') AS quoted
						WHERE made.adrelid = relation AND made.adnum = c.attnum AND audit_capture_secret(quoted[1], names)));
		END IF;
		virtual := c.virtual;
		value := c.value;
		id := c.id;
		compared := c.compared;
		document := c.document;
		RETURN NEXT;
	END LOOP;
	END LOOP;
END
$$;

REVOKE ALL ON FUNCTION audit_capture_columns(oid, jsonb) FROM PUBLIC;
