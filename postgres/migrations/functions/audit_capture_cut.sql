-- At most so many bytes of a text, never half a character.
CREATE OR REPLACE FUNCTION audit_capture_cut(whole text, most int) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE	bytes bytea;
BEGIN
	IF pg_catalog.octet_length(whole) <= most THEN
		RETURN whole;
	END IF;
	bytes := pg_catalog.convert_to(whole, 'UTF8');
	WHILE most > 0 AND pg_catalog.get_byte(bytes, most) BETWEEN 128 AND 191 LOOP
		most := most - 1;
	END LOOP;
	RETURN pg_catalog.convert_from(substring(bytes FROM 1 FOR most), 'UTF8');
END
$$;

REVOKE ALL ON FUNCTION audit_capture_cut(text, int) FROM PUBLIC;
