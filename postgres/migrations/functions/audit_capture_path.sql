-- Adds a name to a field's path. A dot within the name is escaped, since it does
-- not separate steps.
CREATE OR REPLACE FUNCTION audit_capture_path(path text, name text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN path = '' THEN '' ELSE path || '.' END
		|| CASE WHEN name = '' THEN '\e' ELSE pg_catalog.replace(pg_catalog.replace(name, '\', '\\'), '.', '\.') END
$$;

REVOKE ALL ON FUNCTION audit_capture_path(text, text) FROM PUBLIC;
