-- Keeps in audit_capture_seen what was hidden of columns that Watch has not seen.
-- Columns that Watch was asked to ignore count too, but not updated_at and
-- lock_version.
CREATE OR REPLACE FUNCTION audit_capture_remember(relation oid, config jsonb) RETURNS void
	LANGUAGE sql AS $$
	INSERT INTO audit_capture_seen (identity, number, kind)
	SELECT config ->> text 'identity', a.attnum::int, kinds.kind
	FROM audit_capture_columns(relation, config) AS c
	JOIN pg_catalog.pg_attribute AS a ON a.attrelid = relation AND a.attname = c.name::name
	CROSS JOIN LATERAL (VALUES ('hidden'::text, c.hidden OR config -> text 'ignore' ? c.name AND c.name NOT IN ('updated_at', 'lock_version')),
		('document', c.document <> ''), ('opaque', c.document = '')) AS kinds (kind, is_so)
	WHERE c.was IS NULL AND kinds.is_so AND audit_capture_identity(relation) = config ->> text 'identity'
		AND NOT EXISTS (SELECT FROM audit_capture_seen AS s WHERE s.identity = config ->> text 'identity' AND s.number = a.attnum::int AND s.kind = kinds.kind)
$$;

REVOKE ALL ON FUNCTION audit_capture_remember(oid, jsonb) FROM PUBLIC;
