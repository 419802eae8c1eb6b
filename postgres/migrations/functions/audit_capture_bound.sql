-- Returns a value, cut to a mark if its JSON is longer than max_bytes bytes.
CREATE OR REPLACE FUNCTION audit_capture_bound(v jsonb, max_bytes int) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	whole text := v #>> '{}'::text[];
		start bytea;
		size int := pg_catalog.octet_length(v::text);
BEGIN
	IF v IS NULL OR size <= max_bytes THEN
		RETURN v;
	ELSIF pg_catalog.jsonb_typeof(v) <> 'string' THEN
		RETURN pg_catalog.jsonb_build_object('$audit', 'cut', 'bytes', size);
	END IF;
	size := CASE WHEN pg_catalog.octet_length(whole) > max_bytes THEN pg_catalog.octet_length(whole) ELSE size END;
	start := pg_catalog.convert_to(audit_capture_cut(whole, least(1025, max_bytes / 4 + 1)), 'UTF8');
	start := substring(start FROM 1 FOR least(1024, max_bytes / 4));
	-- The last character may have lost its end.
	WHILE pg_catalog.octet_length(start) > 0 AND pg_catalog.get_byte(start, pg_catalog.octet_length(start) - 1) BETWEEN 128 AND 191 LOOP
		start := substring(start FROM 1 FOR pg_catalog.octet_length(start) - 1);
	END LOOP;
	start := substring(start FROM 1 FOR greatest(pg_catalog.octet_length(start) - 1, 0));
	RETURN pg_catalog.jsonb_build_object('$audit', 'cut', 'bytes', size, 'start', pg_catalog.convert_from(start, 'UTF8'));
END
$$;

REVOKE ALL ON FUNCTION audit_capture_bound(jsonb, int) FROM PUBLIC;
