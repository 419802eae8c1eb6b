-- Returns an ID as audit_capture_orgs has it. An ID that is too long ends in its
-- whole digest, so that nobody can find a key that matches another organization's.
CREATE OR REPLACE FUNCTION audit_capture_orgs_key(whole text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN pg_catalog.octet_length(whole) <= 255 THEN whole
		ELSE audit_capture_cut(whole, 255 - 67) || '…' || pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(whole, 'UTF8')), 'hex') END
$$;

REVOKE ALL ON FUNCTION audit_capture_orgs_key(text) FROM PUBLIC;
