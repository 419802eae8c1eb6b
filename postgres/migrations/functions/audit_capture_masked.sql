-- Does what audit_capture_walk does, but skips it if the text shows that nothing is
-- left to do.
CREATE OR REPLACE FUNCTION audit_capture_masked(v jsonb, names text[], depth int) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	whole text;
BEGIN
	IF v IS NULL OR depth > 0 AND pg_catalog.jsonb_typeof(v) NOT IN ('object', 'array') THEN
		RETURN v;
	END IF;
	whole := v::text;
	IF pg_catalog.octet_length(whole) > 4194304 THEN -- to walk it would take minutes, and it would be cut
		RETURN pg_catalog.jsonb_build_object('$audit', 'cut', 'bytes', pg_catalog.octet_length(whole));
	ELSIF depth > 0 AND pg_catalog.strpos(whole, '\') = 0 AND pg_catalog.strpos(whole, '$audit') = 0
		AND NOT whole COLLATE "C" ~ '[^\u0001-\u007f][^"]*": ' -- a key beyond ASCII
		AND NOT pg_catalog.regexp_replace(pg_catalog.lower(whole COLLATE "C"), '[^a-z0-9]', '', 'g') ~ pg_catalog.array_to_string(names, '|')
		AND NOT pg_catalog.jsonb_path_exists(v, ('$.**{' || depth::text || ' to last}')::jsonpath) THEN
		RETURN v;
	END IF;
	RETURN audit_capture_walk(v, names, depth);
END
$$;

REVOKE ALL ON FUNCTION audit_capture_masked(jsonb, text[], int) FROM PUBLIC;
