-- Returns a JSON value as it is recorded: without secrets, with max depth levels,
-- and without a key that could be mistaken for a mark.
CREATE OR REPLACE FUNCTION audit_capture_walk(v jsonb, names text[], depth int) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	kind text := pg_catalog.jsonb_typeof(v);
BEGIN
	IF kind = 'null' OR depth > 0 AND kind NOT IN ('object', 'array') THEN
		RETURN v;
	ELSIF depth <= 0 THEN
		RETURN pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('$audit', 'cut',
			'bytes', CASE kind WHEN 'string' THEN nullif(pg_catalog.octet_length(v #>> '{}'::text[]), 0) END,
			'items', nullif(CASE kind WHEN 'object' THEN (SELECT pg_catalog.count(*) FROM pg_catalog.jsonb_object_keys(v)) WHEN 'array' THEN pg_catalog.jsonb_array_length(v) END, 0)));
	ELSIF kind = 'array' THEN
		RETURN coalesce((SELECT pg_catalog.jsonb_agg(audit_capture_walk(item, names, depth - 1) ORDER BY n)
			FROM pg_catalog.jsonb_array_elements(v) WITH ORDINALITY AS items (item, n)), '[]');
	END IF;
	RETURN coalesce((SELECT pg_catalog.jsonb_object_agg(
			CASE WHEN key ~ '^[$]+audit$' THEN '$' || key ELSE key END,
			CASE WHEN audit_capture_secret(key, names) THEN '{"$audit":"redacted"}' ELSE audit_capture_walk(value, names, depth - 1) END)
		FROM pg_catalog.jsonb_each(v)), '{}');
END
$$;

REVOKE ALL ON FUNCTION audit_capture_walk(jsonb, text[], int) FROM PUBLIC;
