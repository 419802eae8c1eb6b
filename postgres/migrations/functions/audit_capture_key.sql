-- Returns a text that entries are looked up by, as the log keeps it. A text that is
-- too long is cut, and a digest distinguishes it from others. stored.Key is the
-- same in Go.
CREATE OR REPLACE FUNCTION audit_capture_key(whole text, max_bytes int) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF pg_catalog.octet_length(whole) <= max_bytes THEN
		RETURN whole;
	END IF;
	RETURN audit_capture_cut(whole, max_bytes - 11) || '…' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(whole, 'UTF8')), 'hex'), 8);
END
$$;

REVOKE ALL ON FUNCTION audit_capture_key(text, int) FROM PUBLIC;
