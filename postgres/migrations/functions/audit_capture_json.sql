-- A value of type json as it is recorded. jsonb does not take all of them: such
-- a text is recorded by its size, since the secrets in it could not be found.
CREATE OR REPLACE FUNCTION audit_capture_json(v json, names text[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN audit_capture_masked(v::jsonb, names, 32);
EXCEPTION WHEN OTHERS THEN
	RETURN pg_catalog.jsonb_build_object('$audit', 'invalid_json', 'bytes', pg_catalog.octet_length(v::text));
END
$$;

REVOKE ALL ON FUNCTION audit_capture_json(json, text[]) FROM PUBLIC;
