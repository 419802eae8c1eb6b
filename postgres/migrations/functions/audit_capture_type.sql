-- Returns how values of a type are recorded and compared. The results are
-- expressions, with %1$s for the value. value is what to_json gets, and id the text
-- of an object's ID. compared is what is compared; if it is NULL, values are
-- compared bit by bit. document is the type of a value that is JSON itself, and
-- empty if a value is recorded only as a mark. (An output parameter cannot be
-- called json: since PostgreSQL 17 that begins an expression.)
--
-- A type that is not PostgreSQL's is never given to to_json, cast or compared by an
-- operator. That could call a function of the type's owner, with the rights of the
-- log's owner. Only its output function is called, by concat, and only a superuser
-- can make that function.
CREATE OR REPLACE FUNCTION audit_capture_type(given oid, OUT value text, OUT id text, OUT compared text, OUT document text) RETURNS record
	LANGUAGE plpgsql STABLE AS $$
DECLARE	t pg_type;
		e pg_type;
		x text := '%1$s';
BEGIN
	SELECT * INTO t FROM pg_catalog.pg_type AS p WHERE oid = given;
	WHILE t.typtype = 'd' LOOP
		SELECT * INTO t FROM pg_catalog.pg_type AS p WHERE oid = t.typbasetype;
		IF t.oid < '16384' THEN
			x := '%1$s::pg_catalog.' || pg_catalog.quote_ident(t.typname::text);
		END IF;
	END LOOP;
	id := 'pg_catalog.concat(%1$s)';
	IF t.typcategory = 'A' AND t.typelem <> '0' THEN
		SELECT * INTO e FROM pg_catalog.pg_type AS p WHERE oid = t.typelem;
	ELSE
		e := t;
	END IF;
	IF e.typtype = 'c' OR e.typtype = 'd' AND t.oid <> e.oid OR e.typname = 'hstore' AND e.oid >= 16384 AND t.oid <> e.oid THEN
		-- Its fields may be secrets, which cannot be found in its text.
		value := pg_catalog.format('CASE WHEN %%1$s IS DISTINCT FROM NULL THEN %s::json END',
			pg_catalog.replace(pg_catalog.quote_literal(pg_catalog.jsonb_build_object('$audit', 'opaque', 'type', pg_catalog.format_type(t.oid, NULL))::text), '%', '%%'));
		document := '';
	ELSIF t.typname = 'hstore' AND t.typtype = 'b' AND t.oid >= '16384' THEN -- of the extension
		document := 'jsonb';
		value := 'CASE WHEN %1$s IS NOT NULL THEN audit_capture_hstore(pg_catalog.concat(%1$s)) END';
	ELSIF t.oid >= '16384' THEN
		value := pg_catalog.format('CASE WHEN %%1$s IS NOT NULL THEN pg_catalog.to_json(pg_catalog.concat(%%1$s)%s) END', CASE WHEN t.oid <> e.oid THEN '::text[]' END);
	ELSIF e.typname IN ('json', 'jsonb') THEN
		document := CASE WHEN t.oid <> e.oid THEN 'jsonb' ELSE t.typname END;
		value := CASE WHEN t.oid <> e.oid THEN 'pg_catalog.to_jsonb(' || x || ')' ELSE x END;
		IF t.typname = 'jsonb' THEN
			compared := x;
		END IF;
	ELSIF t.oid <> e.oid AND e.typname IN ('timestamptz', 'timestamp', 'bytea') THEN
		value := pg_catalog.format('CASE WHEN %%1$s IS NOT NULL THEN (SELECT coalesce(pg_catalog.json_agg(%s ORDER BY place), ''[]'') FROM pg_catalog.unnest(%s) WITH ORDINALITY AS items (item, place)) END',
			pg_catalog.format((audit_capture_type(e.oid)).value, 'item'), x);
	ELSE
		value := x;
		CASE t.typname
		WHEN 'bool', 'int2', 'int4', 'int8', 'uuid' THEN
			compared := x;
			id := x || '::text';
		WHEN 'oid' THEN
			compared := x;
			value := x || '::pg_catalog.int8'; -- as JSON it would be a text
			id := x || '::text';
		WHEN 'text', 'varchar', 'bpchar' THEN -- without COLLATE "C", different texts may be equal
			compared := x || CASE t.typname WHEN 'varchar' THEN '::text COLLATE "C"' ELSE ' COLLATE "C"' END;
			id := x || '::text';
		WHEN 'numeric' THEN
			compared := x;
			value := 'pg_catalog.trim_scale(%1$s)';
			id := value || '::text';
		WHEN 'timestamptz', 'timestamp' THEN
			compared := x;
			value := pg_catalog.format('CASE WHEN pg_catalog.isfinite(%s) THEN (pg_catalog.left(pg_catalog.to_json(%1$s%s)::text, -1) || ''Z"'')::json ELSE pg_catalog.to_json(%1$s) END', x,
				CASE WHEN t.typname = 'timestamptz' THEN ' AT TIME ZONE ''UTC''' END);
			id := '(' || value || ') #>> ''{}''::text[]';
		WHEN 'bytea' THEN
			compared := x;
			value := '''\x'' || pg_catalog.encode(%1$s, ''hex'')';
			id := value;
		WHEN 'float4', 'float8', 'date', 'inet', 'time', 'timetz' THEN
			compared := x;
		WHEN 'cidr' THEN
			compared := x || '::inet';
		ELSE
			NULL; -- has a text that only PostgreSQL makes
		END CASE;
	END IF;
END
$$;

REVOKE ALL ON FUNCTION audit_capture_type(oid) FROM PUBLIC;
