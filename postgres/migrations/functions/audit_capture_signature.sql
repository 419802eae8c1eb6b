-- What the columns of a table are, as a number. It is called immutable although
-- it is not: with a constant of type regclass, PostgreSQL then asks it once and
-- keeps the answer until somebody alters that very table. To ask each time
-- would make a capture of one row up to a fifth dearer.
CREATE OR REPLACE FUNCTION audit_capture_signature(relation regclass) RETURNS bigint
	LANGUAGE sql IMMUTABLE AS $$
	SELECT pg_catalog.bit_xor(pg_catalog.hashtextextended(a.attname::text, a.atttypid::bigint * 65536 + a.attnum::bigint)) FROM pg_catalog.pg_attribute AS a
	WHERE a.attrelid = relation::oid AND a.attnum > 0 AND NOT a.attisdropped
$$;

REVOKE ALL ON FUNCTION audit_capture_signature(regclass) FROM PUBLIC;
