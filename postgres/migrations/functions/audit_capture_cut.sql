-- Returns a text cut to max so many bytes, never within a character.
CREATE OR REPLACE FUNCTION audit_capture_cut(whole text, max_bytes int) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE	bytes bytea;
BEGIN
	IF pg_catalog.octet_length(whole) <= max_bytes THEN
		RETURN whole;
	END IF;
	bytes := pg_catalog.convert_to(whole, 'UTF8');
	WHILE max_bytes > 0 AND pg_catalog.get_byte(bytes, max_bytes) BETWEEN 128 AND 191 LOOP
		max_bytes := max_bytes - 1;
	END LOOP;
	RETURN pg_catalog.convert_from(substring(bytes FROM 1 FOR max_bytes), 'UTF8');
END
$$;

REVOKE ALL ON FUNCTION audit_capture_cut(text, int) FROM PUBLIC;
