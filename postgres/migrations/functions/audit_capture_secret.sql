-- Says whether a field or key of this name holds a secret. It does if its last
-- words are one of the names, whatever separates them, also with a plural s or a
-- number at the end.
CREATE OR REPLACE FUNCTION audit_capture_secret(name text, names text[]) RETURNS boolean
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	words text[] := audit_capture_words(name);
		found text;
BEGIN
	FOR pass IN 1..2 LOOP
		found := '';
		FOR i IN REVERSE pg_catalog.cardinality(words)..1 LOOP
			found := words[i] || found;
			IF found = ANY (names) OR pg_catalog.right(found, 1) = 's' AND pg_catalog.left(found, -1) = ANY (names) THEN
				RETURN true;
			END IF;
		END LOOP;
		words := pg_catalog.regexp_split_to_array(pg_catalog.regexp_replace(
			pg_catalog.array_to_string(pg_catalog.array_remove(words, ''), '_') COLLATE "C", '_?[0-9]+$', ''), '_');
	END LOOP;
	RETURN false;
END
$$;

REVOKE ALL ON FUNCTION audit_capture_secret(text, text[]) FROM PUBLIC;
