-- Does what audit_capture_paths does, for a column of type json.
CREATE OR REPLACE FUNCTION audit_capture_texts(path text, old json, new json, one_sided boolean, names text[]) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN audit_capture_paths(path, old::jsonb, new::jsonb, one_sided, false, names, 32);
EXCEPTION WHEN OTHERS THEN
	RETURN '{"field":' || pg_catalog.to_json(path)::text
		|| CASE WHEN new IS NULL THEN '' ELSE ',"new":' || audit_capture_json(new, names)::text END
		|| CASE WHEN old IS NULL THEN '' ELSE ',"old":' || audit_capture_json(old, names)::text END || '}';
END
$$;

REVOKE ALL ON FUNCTION audit_capture_texts(text, json, json, boolean, text[]) FROM PUBLIC;
