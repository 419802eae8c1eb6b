-- Returns the settings of the function that Watch makes, so that a value looks
-- alike whatever the session's settings are. Each costs time at every call, so only
-- those are set that the table's types obey.
--
-- To compile such a statement (jit) took ten times as long as to run it on 10,000
-- rows.
CREATE OR REPLACE FUNCTION audit_capture_settings(relation oid) RETURNS text
	LANGUAGE sql STABLE AS $$
	SELECT ' SET jit = off'
		|| CASE WHEN pg_catalog.bool_or(types.oid >= '16384' OR pg_catalog.replace(types.typname::text, '_', '') NOT IN ('bool', 'int2', 'int4', 'int8', 'oid', 'uuid',
			'text', 'varchar', 'bpchar', 'numeric', 'timestamptz', 'timestamp', 'date', 'bytea', 'json', 'jsonb', 'inet', 'cidr'))
			THEN ' SET extra_float_digits = 1 SET DateStyle = ''ISO, MDY'' SET TimeZone = ''UTC'' SET IntervalStyle = ''postgres''' ELSE '' END
	FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS types ON types.oid = a.atttypid
	WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
$$;

REVOKE ALL ON FUNCTION audit_capture_settings(oid) FROM PUBLIC;
