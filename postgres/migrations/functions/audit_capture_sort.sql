-- Returns an object's ID in a form whose byte order puts whole numbers in numeric
-- order and before all other texts.
CREATE OR REPLACE FUNCTION audit_capture_sort(id text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE
		WHEN id ~ '^(0|[1-9][0-9]*)$' THEN 'n' || pg_catalog.lpad(pg_catalog.length(id)::text, 3, '0') || id
		WHEN id ~ '^-[1-9][0-9]*$' THEN 'm' || pg_catalog.lpad((1000 - pg_catalog.length(id))::text, 3, '0') || pg_catalog.translate(pg_catalog.substr(id, 2), '0123456789', '9876543210')
		ELSE 't' || id END
$$;

REVOKE ALL ON FUNCTION audit_capture_sort(text) FROM PUBLIC;
