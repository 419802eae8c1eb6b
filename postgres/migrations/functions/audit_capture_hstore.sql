-- Returns the text of an hstore as an object, so that secrets are found by its
-- keys.
CREATE OR REPLACE FUNCTION audit_capture_hstore(whole text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(pg_catalog.jsonb_object_agg(pg_catalog.regexp_replace(pair[1], '\\(.)', '\1', 'g'), pg_catalog.regexp_replace(pair[2], '\\(.)', '\1', 'g')), '{}')
	FROM pg_catalog.regexp_matches(whole, '"((?:[^"\\]|\\.)*)"=>(?:"((?:[^"\\]|\\.)*)"|NULL)', 'g') AS pair
$$;

REVOKE ALL ON FUNCTION audit_capture_hstore(text) FROM PUBLIC;
