-- Returns a text that identifies the table and its database. Watch keeps it beside
-- the numbers of the columns. After a dump and restore, columns behind a dropped
-- one have other numbers.
CREATE OR REPLACE FUNCTION audit_capture_identity(relation oid) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
DECLARE	identity text := relation::text || '/' || (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())::text;
BEGIN
	IF pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') THEN
		identity := identity || '/' || (SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c)::text;
	END IF;
	RETURN identity;
END
$$;

REVOKE ALL ON FUNCTION audit_capture_identity(oid) FROM PUBLIC;
