-- A name as part of a field's path: a dot within it is no step.
CREATE OR REPLACE FUNCTION audit_capture_path(path text, name text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN path = '' THEN '' ELSE path || '.' END
		|| CASE WHEN name = '' THEN '\e' ELSE pg_catalog.replace(pg_catalog.replace(name, '\', '\\'), '.', '\.') END
$$;

REVOKE ALL ON FUNCTION audit_capture_path(text, text) FROM PUBLIC;
