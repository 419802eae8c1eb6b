-- Returns the changes of one entry, cut to 256 KiB of JSON. Changes beyond that are
-- counted.
CREATE OR REPLACE FUNCTION audit_capture_bounded(changes text) RETURNS text
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	kept jsonb[] := '{}';
		bytes_left int := 262144;
		omitted int := 0;
		used int;
		change jsonb;
		value jsonb;
BEGIN
	FOR change IN SELECT pg_catalog.jsonb_array_elements(('[' || changes || ']')::jsonb) LOOP
		IF bytes_left <= 0 THEN
			omitted := omitted + 1;
			CONTINUE;
		END IF;
		used := 0;
		IF change ? text 'old' THEN
			value := audit_capture_bound(change -> text 'old', greatest(bytes_left, 64));
			used := pg_catalog.octet_length(value::text);
			change := change || pg_catalog.jsonb_build_object('old', value);
		END IF;
		IF change ? text 'new' THEN
			value := audit_capture_bound(change -> text 'new', greatest(bytes_left - used, 64));
			used := used + pg_catalog.octet_length(value::text);
			change := change || pg_catalog.jsonb_build_object('new', value);
		END IF;
		bytes_left := bytes_left - used - pg_catalog.octet_length(change ->> text 'field') - 27;
		kept := pg_catalog.array_append(kept, change);
	END LOOP;
	IF omitted > 0 THEN
		kept := pg_catalog.array_append(kept, pg_catalog.jsonb_build_object('field', '…', 'new', pg_catalog.jsonb_build_object('$audit', 'cut', 'items', omitted)));
	END IF;
	RETURN pg_catalog.array_to_string(kept, ',');
END
$$;

REVOKE ALL ON FUNCTION audit_capture_bounded(text) FROM PUBLIC;
