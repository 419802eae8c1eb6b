-- Returns the names of the fields in a list of changes.
CREATE OR REPLACE FUNCTION audit_capture_fields(changes text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT pg_catalog.string_agg(change ->> text 'field', ',' ORDER BY place) FROM pg_catalog.jsonb_array_elements(('[' || changes || ']')::jsonb) WITH ORDINALITY AS all_changes (change, place)
$$;

REVOKE ALL ON FUNCTION audit_capture_fields(text) FROM PUBLIC;
