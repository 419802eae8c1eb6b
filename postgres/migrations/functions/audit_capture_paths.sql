-- Returns the changes from one JSON value to another, as JSON objects separated by
-- commas, or NULL if there is no change. A side that is NULL is absent. If both
-- sides are objects, or if the record itself was created or destroyed, there is a
-- change for each path within.
CREATE OR REPLACE FUNCTION audit_capture_paths(path text, old jsonb, new jsonb, one_sided boolean, secret boolean, names text[], depth int) RETURNS text
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	change text := '{"field":' || pg_catalog.to_json(path)::text;
		side jsonb;
		whole boolean := secret OR depth <= 0;
BEGIN
	IF old IS NOT DISTINCT FROM new THEN
		RETURN NULL;
	END IF;
	FOREACH side IN ARRAY ARRAY[old, new] LOOP
		EXIT WHEN whole;
		IF side IS NULL THEN
			whole := NOT one_sided;
		ELSE
			whole := pg_catalog.jsonb_typeof(side) <> 'object' OR one_sided AND side = '{}'
				OR EXISTS (SELECT FROM pg_catalog.jsonb_object_keys(side) AS key WHERE pg_catalog.octet_length(audit_capture_path(path, key)) > 255);
		END IF;
	END LOOP;
	IF whole THEN
		IF new IS NOT NULL THEN
			change := change || ',"new":' || CASE WHEN secret THEN '{"$audit":"redacted"}' ELSE audit_capture_masked(new, names, depth)::text END;
		END IF;
		IF old IS NOT NULL THEN
			change := change || ',"old":' || CASE WHEN secret THEN '{"$audit":"redacted"}' ELSE audit_capture_masked(old, names, depth)::text END;
		END IF;
		RETURN change || '}';
	END IF;
	RETURN (SELECT pg_catalog.string_agg(audit_capture_paths(audit_capture_path(path, key), o.value, n.value, one_sided,
			audit_capture_secret(key, names), names, depth - 1), ',' ORDER BY key COLLATE "C")
		FROM pg_catalog.jsonb_each(coalesce(old, '{}')) AS o FULL JOIN pg_catalog.jsonb_each(coalesce(new, '{}')) AS n USING (key)
		WHERE o.value IS DISTINCT FROM n.value);
END
$$;

REVOKE ALL ON FUNCTION audit_capture_paths(text, jsonb, jsonb, boolean, boolean, text[], int) FROM PUBLIC;
