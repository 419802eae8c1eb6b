-- Returns the body of the function that Watch makes for a table. It begins with the
-- configuration that Watch keeps, in case the function's comment is lost. Its
-- statements name the columns that the table had then. If the columns are others
-- now, the statement is made anew each time: that is slower, but nothing is missed
-- until Watch is called again. A column that is dropped or renamed never stops a
-- write.
--
-- It has few expressions of PL/pgSQL, since each costs one to three microseconds in
-- each transaction.
CREATE OR REPLACE FUNCTION audit_capture_source(relation oid, config jsonb) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN pg_catalog.format($source$
-- %1$s
<<context>>
DECLARE	at constant timestamptz := pg_catalog.clock_timestamp();
	-- An ID is the time in 16 hexadecimal digits, the variant, and 61 bits that
	-- count up from a random number. The bit between is zero, so that this never
	-- overflows. gen_random_uuid would take a tenth of the whole time. The
	-- transaction's number is for sessions that called setseed.
	id_start constant text := pg_catalog.lpad(pg_catalog.to_hex((extract(epoch FROM at) * 1000000.0)::bigint / 1000 * 65536 + 28672 + extract(microseconds FROM at)::int %% 1000), 16, '0');
	id_end constant bigint := pg_catalog.hashint8extended(pg_catalog.txid_current(), (pg_catalog.random() * 9e18::float8)::bigint) & 2305843009213693951 | '-9223372036854775808';
	caller audit_capture_context;
BEGIN%8$s
	%2$s
	IF pg_catalog.current_setting('audit.context', true) <> '' THEN
		caller := audit_capture_read_context(pg_catalog.current_setting('audit.context'));
	END IF;
	IF TG_OP = 'UPDATE' AND %3$s THEN
		%4$s;
		IF NOT FOUND THEN
		%5$s;
		END IF;
	ELSIF TG_OP = 'INSERT' AND %3$s THEN
		%6$s;
	ELSIF TG_OP = 'DELETE' AND %3$s THEN
		%7$s;
	ELSE
		PERFORM audit_capture_remember(TG_RELID, %1$L::jsonb);
		-- The last match counts, since a column may have this name.
		EXECUTE pg_catalog.regexp_replace(audit_capture_sql(TG_RELID, TG_OP, %1$L::jsonb, false), '^(.*OFFSET 0\) AS e)', '\1 CROSS JOIN (SELECT ($4).*) AS caller CROSS JOIN (SELECT $1 AS at, $2 AS id_start, $3 AS id_end) AS context')
			USING at, id_start, id_end, caller;
	END IF;
	RETURN NULL;
END
$source$, config::text,
		CASE WHEN (config ->> text 'skippable')::boolean THEN pg_catalog.format(
			$skip$IF %L = ANY (pg_catalog.string_to_array(pg_catalog.current_setting('audit.skip', true), ',')) THEN
		RETURN NULL;
	END IF;$skip$, config ->> text 'type') ELSE '' END,
		pg_catalog.format('TG_RELID = %1$L::oid AND audit_capture_signature(%1$L::regclass) = %2$L::bigint', relation, audit_capture_signature(relation)),
		audit_capture_sql(relation, text 'UPDATE', config, true), audit_capture_sql(relation, text 'UPDATE', config, false),
		audit_capture_sql(relation, text 'INSERT', config, false), audit_capture_sql(relation, text 'DELETE', config, false),
		CASE WHEN (config ->> text 'mapped')::boolean THEN pg_catalog.format($map$
	IF TG_OP = 'TRUNCATE' THEN
		UPDATE audit_capture_orgs AS was SET gone = true WHERE was.source = %6$L::text AND NOT was.gone;
	ELSIF TG_OP = 'DELETE' AND %1$s THEN
		%4$s;
	ELSIF TG_OP = 'UPDATE' AND %1$s THEN
		%5$s;
	ELSIF TG_OP <> 'INSERT' THEN
		EXECUTE audit_capture_sql(TG_RELID, text 'GONE', %3$L::jsonb, TG_OP = 'UPDATE');
	END IF;
	IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' THEN
		IF %1$s THEN
			%2$s;
		ELSE
			EXECUTE audit_capture_sql(TG_RELID, text 'MAP', %3$L::jsonb, false);
		END IF;
	END IF;$map$, pg_catalog.format('TG_RELID = %1$L::oid AND audit_capture_signature(%1$L::regclass) = %2$L::bigint', relation, audit_capture_signature(relation)),
			audit_capture_sql(relation, text 'MAP', config, false), config::text,
			audit_capture_sql(relation, text 'GONE', config, false), audit_capture_sql(relation, text 'GONE', config, true), config ->> text 'source') END);
END
$$;

REVOKE ALL ON FUNCTION audit_capture_source(oid, jsonb) FROM PUBLIC;
