-- Returns a number that stands for the columns of a table. It is declared immutable
-- although it is not: with a constant of type regclass, PostgreSQL calls it once
-- and keeps the result until somebody alters that table. To call it each time would
-- make a capture of one row up to a fifth slower.
CREATE OR REPLACE FUNCTION audit_capture_signature(relation regclass) RETURNS bigint
	LANGUAGE sql IMMUTABLE AS $$
	SELECT pg_catalog.bit_xor(pg_catalog.hashtextextended(a.attname::text, a.atttypid::bigint * 65536 + a.attnum::bigint)) FROM pg_catalog.pg_attribute AS a
	WHERE a.attrelid = relation::oid AND a.attnum > 0 AND NOT a.attisdropped
$$;

REVOKE ALL ON FUNCTION audit_capture_signature(regclass) FROM PUBLIC;
