-- Returns a value of type json as it is recorded. If jsonb does not take it, only
-- its size is recorded, since the secrets in it could not be found.
CREATE OR REPLACE FUNCTION audit_capture_json(v json, names text[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN audit_capture_masked(v::jsonb, names, 32);
EXCEPTION WHEN OTHERS THEN
	RETURN pg_catalog.jsonb_build_object('$audit', 'invalid_json', 'bytes', pg_catalog.octet_length(v::text));
END
$$;

REVOKE ALL ON FUNCTION audit_capture_json(json, text[]) FROM PUBLIC;
