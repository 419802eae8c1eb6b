-- Returns the INSERT that records the changes of one statement to a table, with the
-- columns that the table has now. It reads the transition tables old_rows and
-- new_rows, and the variables context and caller of the trigger. Rows are paired by
-- organization and ID. So an update of either is recorded in both histories: as the
-- end of one object and the beginning of another.
--
-- The pairing is a FULL JOIN. A session may keep a plan that it made for one row
-- and use it for a million, and PostgreSQL has no nested loop for a FULL JOIN.
--
-- A hash and a count of rows take long beside an UPDATE of one row. With single,
-- the statement has neither: it records the update of one row that kept its key,
-- and nothing if there was any other. IS TRUE leaves only the nested loop as a
-- plan, whatever the first statement of a session was.
--
-- Texts are compared COLLATE "C": other collations may treat different texts as
-- equal, or lack the operator. Whoever may CREATE in the log's schema must not get
-- a function or operator called: functions are qualified, and both sides of an
-- operator have exactly the types of one in pg_catalog.
--
-- The operation MAP returns the statement that keeps the new rows in
-- audit_capture_orgs. The operation GONE returns the one that marks the old rows
-- there as gone; with single, only those whose key no new row has.
CREATE OR REPLACE FUNCTION audit_capture_sql(relation oid, operation text, config jsonb, single boolean) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
DECLARE	c record;
		n int := 0;
		names constant text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(config -> text 'names'));
		key_names text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(config -> text 'key'));
		key_is_known constant boolean := NOT EXISTS (SELECT FROM pg_catalog.unnest(key_names) AS key (name)
			WHERE NOT coalesce(key.name = ANY (ARRAY(SELECT columns.was FROM audit_capture_columns(relation, config) AS columns)), false));
		is_key boolean;
		of_new text;    -- a column's new value, as audit_capture_type returns it
		of_old text;
		differs text;   -- the condition that it is a change
		compared text;
		path text;
		recorded text;   -- the change as JSON
		list text := 'true AS m';
		org text;       -- the expression of a row's organization, if a column holds it
		org_is_lost boolean := false;
		ids text[] := '{}';
		parent_names constant text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(config -> text 'parent_columns'));
		parents text[] := '{}'; -- the expressions of the parent's key, in its order
		parent text;    -- the expression of the parent's ID, NULL if a row has none
		by_parent constant boolean := coalesce((config ->> text 'org_of_parent')::boolean, false);
		old_source text;
		new_source text;
		metadata text := 'caller.metadata';
		pairs text[] := '{}';
		changes text[] := '{}';
		fields text[] := '{}';
		nested text[] := '{}'; -- conditions under which a change has paths within
		side constant text := CASE operation WHEN 'DELETE' THEN 'o' ELSE 'n' END;
		default_org text := coalesce(pg_catalog.quote_literal(nullif(config ->> text 'org', '')), 'coalesce(caller.org_id, ''_platform'')');
		id text;
		source text;
BEGIN
	IF NOT key_is_known THEN -- then the primary key, if it may be shown
		key_names := ARRAY(SELECT a.attname::text FROM pg_catalog.pg_index AS i
			CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
			JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
			WHERE i.indrelid = relation AND i.indisprimary AND k.place <= i.indnkeyatts::bigint ORDER BY k.place);
		-- A column that Watch did not know passes for a renamed one of the key if it
		-- has the same type.
		IF EXISTS (SELECT FROM audit_capture_columns(relation, config) AS columns
				JOIN pg_catalog.pg_attribute AS a ON a.attrelid = relation AND a.attname = columns.name
				WHERE columns.hidden AND columns.name = ANY (key_names) AND (columns.was IS NOT NULL OR config -> text 'hidden' ? columns.name OR audit_capture_secret(columns.name, names)
					OR pg_catalog.format_type(a.atttypid, NULL) IS DISTINCT FROM config #>> ARRAY['key_types', (pg_catalog.array_position(key_names, columns.name) - 1)::text])) THEN
			key_names := '{}';
		END IF;
	END IF;
	FOR c IN SELECT * FROM audit_capture_columns(relation, config) AS columns WHERE NOT columns.virtual LOOP -- a virtual column has no value in a trigger
		n := n + 1;
		list := list || pg_catalog.format(', r.%I AS f%s', c.name, n);
		is_key := coalesce(CASE WHEN key_is_known THEN c.was ELSE c.name END = ANY (key_names), false);
		IF c.was = config ->> text 'org_column' THEN
			org := pg_catalog.format('nullif(pg_catalog.concat(%%s.f%s) COLLATE "C", '''')', n);
		END IF;
		IF c.was = ANY (parent_names) AND NOT c.hidden THEN
			parents[pg_catalog.array_position(parent_names, c.was)] := pg_catalog.format('CASE WHEN %1$s IS NOT NULL THEN coalesce((' || c.id || ') COLLATE "C", '''') END', '%1$s.f' || n::text);
		END IF;
		compared := c.compared;
		IF is_key THEN
			ids[pg_catalog.array_position(key_names, CASE WHEN key_is_known THEN c.was ELSE c.name END)] := pg_catalog.format('coalesce((' || c.id || ') COLLATE "C", '''')', '%1$s.f' || n::text); -- a key may come to be NULL
			compared := coalesce(compared, '(' || c.id || ') COLLATE "C"');
			pairs := pg_catalog.array_append(pairs, pg_catalog.format(compared, 'o.f' || n::text) || ' = ' || pg_catalog.format(compared, 'n.f' || n::text));
		END IF;
		CONTINUE WHEN is_key OR config -> text 'ignore' ? coalesce(c.was, c.name) OR operation IN ('TRUNCATE', 'MAP', 'GONE'); -- the ID has the key
		path := audit_capture_path(text '', c.name);
		of_old := pg_catalog.format(c.value, 'o.f' || n::text);
		of_new := pg_catalog.format(c.value, 'n.f' || n::text);
		differs := CASE WHEN compared IS NULL THEN pg_catalog.format('ROW(o.f%1$s)::record *<> ROW(n.f%1$s)::record', n)
			ELSE pg_catalog.format(compared, 'o.f' || n::text) || ' IS DISTINCT FROM ' || pg_catalog.format(compared, 'n.f' || n::text) END;
		IF c.hidden AND c.document IS DISTINCT FROM '' THEN
			of_old := '''{"$audit":"redacted"}''::json';
			of_new := of_old;
		ELSIF c.document <> '' THEN
			nested := pg_catalog.array_append(nested, CASE operation WHEN 'UPDATE' THEN differs ELSE pg_catalog.format('%s.f%s IS NOT NULL', side, n) END);
		ELSIF compared IS NULL AND c.document IS NULL THEN
			-- The bits differ, but both are recorded alike: not a change.
			differs := pg_catalog.format('%s AND pg_catalog.to_json(%s)::text IS DISTINCT FROM pg_catalog.to_json(%s)::text', differs, of_old, of_new);
		END IF;
		IF operation = 'UPDATE' THEN
			differs := 'o.m IS NULL OR n.m IS NULL OR ' || differs;
		END IF;
		IF c.document <> '' AND NOT c.hidden THEN
			recorded := pg_catalog.format(CASE c.document WHEN 'json' THEN 'audit_capture_texts(%L::text, %s, %s, %s, %L::text[])' ELSE 'audit_capture_paths(%L::text, %s, %s, %s, false, %L::text[], 32)' END, path,
				CASE operation WHEN 'INSERT' THEN 'NULL::' || c.document ELSE pg_catalog.format('CASE WHEN o.m THEN coalesce(%s, ''null'') END', of_old) END,
				CASE operation WHEN 'DELETE' THEN 'NULL::' || c.document ELSE pg_catalog.format('CASE WHEN n.m THEN coalesce(%s, ''null'') END', of_new) END,
				CASE operation WHEN 'UPDATE' THEN 'o.m IS NULL OR n.m IS NULL' ELSE 'true' END, names);
		ELSE
			recorded := 'pg_catalog.json_build_object(''field'', ' || pg_catalog.quote_literal(path);
			of_new := ', ''new'', ' || of_new;
			of_old := ', ''old'', ' || of_old;
			recorded := CASE operation WHEN 'INSERT' THEN recorded || of_new || ')' WHEN 'DELETE' THEN recorded || of_old || ')' ELSE
				pg_catalog.format('CASE WHEN o.m IS NULL THEN %1$s%2$s) WHEN n.m IS NULL THEN %1$s%3$s) ELSE %1$s%2$s%3$s) END', recorded, of_new, of_old) END;
		END IF;
		IF operation = 'UPDATE' THEN
			recorded := pg_catalog.format('CASE WHEN %s THEN %s END', differs, recorded);
		END IF;
		changes := pg_catalog.array_append(changes, recorded);
		fields := pg_catalog.array_append(fields, CASE operation WHEN 'UPDATE' THEN pg_catalog.format('CASE WHEN %s THEN %L END', differs, path) ELSE pg_catalog.quote_literal(path) END);
	END LOOP;
	-- The parent has the ID that its own entries have. A row has no parent if one of
	-- the columns is lost or NULL.
	IF pg_catalog.cardinality(parent_names) = 1 AND parents[1] IS NOT NULL THEN
		parent := 'nullif(' || parents[1] || ', '''')';
	ELSIF pg_catalog.cardinality(parent_names) > 1 AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(1, pg_catalog.cardinality(parent_names)) AS places (place) WHERE parents[places.place] IS NULL) THEN
		SELECT pg_catalog.string_agg(pg_catalog.format('pg_catalog.replace(pg_catalog.replace(%s, ''\'', ''\\''), '','', ''\,'')', parts.part), ' || '','' || ' ORDER BY parts.place) INTO parent
		FROM pg_catalog.unnest(parents) WITH ORDINALITY AS parts (part, place);
	END IF;
	IF by_parent AND parent IS NOT NULL THEN
		org := '%s.g';
	END IF;
	-- If a row's organization is not known, no other organization must see it: it is
	-- the platform's, with a mark in the metadata.
	IF (config ->> text 'org_column' <> '' OR by_parent) AND org IS NULL THEN
		org_is_lost := true;
		metadata := 'coalesce(caller.metadata, ''{}''::jsonb) || ''{"audit_org_column":"missing"}''::jsonb';
		default_org := '''_platform''';
	END IF;

	IF pg_catalog.cardinality(ids) = 0 THEN -- the column was dropped
		list := list || ', pg_catalog.row_number() OVER () AS f0';
		ids := '{''row '' || %1$s.f0::text}';
		pairs := '{o.f0 = n.f0}';
	ELSIF pg_catalog.cardinality(ids) > 1 THEN -- as audit.Updated joins them: no two keys give one ID
		SELECT pg_catalog.array_agg(pg_catalog.format('pg_catalog.replace(pg_catalog.replace(%s, ''\'', ''\\''), '','', ''\,'')', parts.part) ORDER BY parts.place) INTO ids
		FROM pg_catalog.unnest(ids) WITH ORDINALITY AS parts (part, place) WHERE parts.part IS NOT NULL;
	END IF;
	id := pg_catalog.array_to_string(ids, ' || '','' || ');
	old_source := pg_catalog.format('(SELECT %s FROM old_rows AS r)', list);
	new_source := pg_catalog.format('(SELECT %s FROM new_rows AS r)', list);
	IF org = '%s.g' THEN
		old_source := pg_catalog.format('(SELECT x.*, audit_capture_org(%L::text, %s, false) COLLATE "C" AS g FROM %s AS x)', config ->> text 'parent_source', pg_catalog.format(parent, 'x'), old_source);
		new_source := pg_catalog.format('(SELECT x.*, audit_capture_org(%L::text, %s, true) COLLATE "C" AS g FROM %s AS x)', config ->> text 'parent_source', pg_catalog.format(parent, 'x'), new_source);
	END IF;
	IF operation = 'MAP' THEN
		org := CASE WHEN by_parent THEN 'NULL::text' ELSE coalesce(
			'coalesce(' || pg_catalog.format(org, 'n') || ', ' || pg_catalog.quote_nullable(nullif(config ->> text 'org', '')) || ')', pg_catalog.quote_nullable(nullif(config ->> text 'org', '')) || '::text') END;
		IF org_is_lost THEN
			org := 'NULL::text';
		END IF;
		RETURN pg_catalog.format($sql$INSERT INTO audit_capture_orgs (source, id, org_id, parent_source, parent_id)
			SELECT DISTINCT ON (e.id) %1$L, e.id, e.org, e.parent_source, e.parent
			FROM (SELECT audit_capture_orgs_key(%2$s) COLLATE "C" AS id, audit_capture_key(%3$s, 255) COLLATE "C" AS org, %4$L::text AS parent_source, audit_capture_orgs_key(%5$s) COLLATE "C" AS parent
				FROM (SELECT %6$s FROM new_rows AS r) AS n OFFSET 0) AS e
			LEFT JOIN audit_capture_orgs AS was ON was.source = %1$L::text AND was.id = e.id
			WHERE was.id IS NULL OR was.gone OR was.org_id IS DISTINCT FROM e.org OR was.parent_source IS DISTINCT FROM e.parent_source OR was.parent_id IS DISTINCT FROM e.parent
			ON CONFLICT (source, id) DO UPDATE SET org_id = EXCLUDED.org_id, parent_source = EXCLUDED.parent_source, parent_id = EXCLUDED.parent_id, gone = false$sql$,
			config ->> text 'source', pg_catalog.format(id, 'n'), org, CASE WHEN by_parent THEN config ->> text 'parent_source' END,
			CASE WHEN by_parent THEN coalesce(pg_catalog.format(parent, 'n'), 'NULL::text') ELSE 'NULL::text' END, list);
	END IF;
	IF operation = 'GONE' THEN
		RETURN pg_catalog.format($sql$UPDATE audit_capture_orgs AS was SET gone = true
			FROM (SELECT audit_capture_orgs_key(%2$s) COLLATE "C" AS id FROM (SELECT %3$s FROM old_rows AS r) AS o%4$s OFFSET 0) AS e
			WHERE was.source = %1$L::text AND was.id = e.id AND NOT was.gone$sql$, config ->> text 'source', pg_catalog.format(id, 'o'), list,
			CASE WHEN single THEN pg_catalog.format(' EXCEPT SELECT audit_capture_orgs_key(%s) COLLATE "C" FROM (SELECT %s FROM new_rows AS r) AS n', pg_catalog.format(id, 'n'), list) END);
	END IF;
	-- If the parent is not known on one side, the other side has the organization: a
	-- key that changes reaches the children before the parent's own triggers.
	source := pg_catalog.format(CASE WHEN single THEN '%1$s AS o JOIN %2$s AS n ON (%3$s) IS TRUE' ELSE '%1$s AS o FULL JOIN %2$s AS n ON %3$s' END, old_source, new_source,
		pg_catalog.array_to_string(pg_catalog.array_append(pairs, CASE WHEN org = '%s.g' THEN 'coalesce(o.g, n.g, '''') = coalesce(n.g, o.g, '''')'
			ELSE 'coalesce(' || pg_catalog.format(org, 'o') || ', '''') = coalesce(' || pg_catalog.format(org, 'n') || ', '''')' END), ' AND '));
	IF operation = 'TRUNCATE' THEN -- the rows of all organizations, if a column has them
		source := '(SELECT) AS r';
		id := '''*''';
		parent := NULL;
		org := CASE WHEN org IS NOT NULL AND config ->> text 'org' = '' THEN '''_platform''' END;
	ELSIF operation <> 'UPDATE' THEN
		source := CASE operation WHEN 'DELETE' THEN old_source ELSE new_source END || ' AS ' || side;
		id := pg_catalog.format(id, side);
		org := pg_catalog.format(org, side);
		parent := pg_catalog.format(parent, side);
	ELSE
		-- A child whose key contains the parent's is a new object when that changes. It
		-- keeps the organization of all rows that the statement changed.
		IF org = '%s.g' THEN
			org := 'coalesce(n.g, o.g' || CASE WHEN single THEN '' ELSE pg_catalog.format(', CASE WHEN o.m IS NULL AND %s IS NOT NULL THEN (SELECT pg_catalog.min(w.g) FROM %s AS w HAVING pg_catalog.count(w.g) = pg_catalog.count(*) AND pg_catalog.min(w.g) = pg_catalog.max(w.g)) END',
				pg_catalog.format(parent, 'n'), old_source) END || ')';
		ELSE
			org := 'CASE WHEN n.m THEN ' || pg_catalog.format(org, 'n') || ' ELSE ' || pg_catalog.format(org, 'o') || ' END';
		END IF;
		parent := 'coalesce(' || pg_catalog.format(parent, 'n') || ', ' || pg_catalog.format(parent, 'o') || ')';
		id := pg_catalog.format('CASE WHEN n.m THEN %s ELSE %s END', pg_catalog.format(id, 'n'), pg_catalog.format(id, 'o'));
	END IF;
	IF by_parent AND parent IS NOT NULL THEN
		metadata := 'CASE WHEN e.org IS NULL AND e.parent IS NOT NULL THEN coalesce(caller.metadata, ''{}''::jsonb) || ''{"audit_parent":"missing"}''::jsonb ELSE caller.metadata END';
	END IF;
	IF parent IS NOT NULL THEN
		metadata := pg_catalog.format('CASE WHEN pg_catalog.octet_length(e.parent) > 255 THEN audit_capture_whole(%1$s, text ''parent_id'', e.parent, true) ELSE %1$s END', metadata);
	END IF;
	-- concat_ws takes max 100 arguments.
	IF n < 90 THEN
		recorded := 'pg_catalog.concat_ws('','', %s)';
	ELSE
		recorded := 'pg_catalog.array_to_string(ARRAY[%s], '','')';
		changes := ARRAY(SELECT '(' || one.change || ')::text' FROM pg_catalog.unnest(changes) WITH ORDINALITY AS one (change, place) ORDER BY one.place);
	END IF;

	-- OFFSET 0 makes PostgreSQL compute a column once, and not at each use. Changes
	-- beyond 60,000 bytes are computed twice, since they are rare.
	RETURN pg_catalog.format($sql$INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort,%14$s
			actor_kind, actor_id, actor_email, on_behalf_of, ip, ip_key, request_id, user_agent, source, changes, changed_fields, metadata, format)
		SELECT %1$s, (context.id_start || pg_catalog.to_hex(context.id_end%12$s))::uuid, context.at, e.action, %2$L,
			CASE WHEN pg_catalog.octet_length(e.id) > 255 THEN audit_capture_key(e.id, 255) ELSE e.id END,
			CASE WHEN pg_catalog.octet_length(e.id) > 255 THEN 't' || audit_capture_key(e.id, 255) ELSE audit_capture_sort(e.id) END,%15$s
			coalesce(caller.actor_kind, 'database_role'), coalesce(caller.actor_id, session_user), coalesce(caller.actor_email, ''), coalesce(caller.on_behalf_of, ''),
			coalesce(caller.ip, ''), coalesce(caller.ip_key, ''), coalesce(caller.request_id, ''), coalesce(caller.user_agent, ''), 'trigger',
			('[' || CASE WHEN pg_catalog.octet_length(e.changes) > 60000 THEN audit_capture_bounded(e.changes) ELSE e.changes END || ']')::jsonb,
			CASE WHEN pg_catalog.octet_length(e.changes) > 60000 THEN audit_capture_cut(audit_capture_fields(audit_capture_bounded(e.changes)), 200)
				%3$sWHEN pg_catalog.octet_length(e.fields) > 200 THEN audit_capture_cut(e.fields, 200) ELSE e.fields END,
			CASE WHEN pg_catalog.octet_length(e.id) > 255 THEN audit_capture_whole(%13$s, text 'object_id', e.id, true) ELSE %13$s END, 1
		FROM (SELECT %4$s AS org, %5$s AS id, %16$s%6$s AS action, %7$s AS nested,
			%8$s AS fields,
			%9$s AS changes
			FROM %10$s OFFSET 0) AS e%11$s$sql$,
		CASE WHEN org IS NOT NULL THEN pg_catalog.format('CASE WHEN pg_catalog.octet_length(e.org) > 255 THEN audit_capture_key(e.org, 255) ELSE coalesce(e.org, %s) END', default_org) ELSE default_org END,
		config ->> text 'type',
		CASE WHEN pg_catalog.cardinality(nested) > 0 THEN 'WHEN e.nested THEN audit_capture_cut(audit_capture_fields(e.changes), 200) ' END,
		coalesce(org, 'NULL::text'), id,
		CASE operation WHEN 'INSERT' THEN '''create''' WHEN 'DELETE' THEN '''destroy''' WHEN 'TRUNCATE' THEN '''truncate'''
			ELSE 'CASE WHEN o.m IS NULL THEN ''create'' WHEN n.m IS NULL THEN ''destroy'' ELSE ''update'' END' END,
		coalesce(nullif(pg_catalog.array_to_string(nested, ' OR '), ''), 'false'),
		CASE WHEN pg_catalog.cardinality(fields) > 0 THEN pg_catalog.format(pg_catalog.replace(recorded, '%s', '%1$s'), pg_catalog.array_to_string(fields, ', ')) ELSE '''''' END,
		CASE WHEN pg_catalog.cardinality(changes) > 0 THEN pg_catalog.format(pg_catalog.replace(recorded, '%s', '%1$s'), pg_catalog.array_to_string(changes, E',\n				')) ELSE '''''' END,
		source, CASE WHEN single THEN ' WHERE e.changes <> '''' AND NOT EXISTS (SELECT FROM old_rows OFFSET 1)'
			WHEN operation = 'UPDATE' THEN ' WHERE e.action <> ''update'' OR e.changes <> ''''' END,
		CASE WHEN NOT single THEN ' + pg_catalog.row_number() OVER ()' END,
		metadata, CASE WHEN parent IS NOT NULL THEN ' parent_type, parent_id,' END,
		CASE WHEN parent IS NOT NULL THEN pg_catalog.format('
			CASE WHEN e.parent IS NULL THEN '''' ELSE %L END, CASE WHEN e.parent IS NULL THEN '''' WHEN pg_catalog.octet_length(e.parent) > 255 THEN audit_capture_key(e.parent, 255) ELSE e.parent END,', config ->> text 'parent_type') END,
		parent || ' AS parent, ');
END
$$;

REVOKE ALL ON FUNCTION audit_capture_sql(oid, text, jsonb, boolean) FROM PUBLIC;
