-- Returns what the metadata keeps of a text that is too long for its column: all of
-- a key up to 64 KiB, and the size of other texts.
CREATE OR REPLACE FUNCTION audit_capture_whole(metadata jsonb, field text, whole text, is_key boolean) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(metadata, '{}'::jsonb) || pg_catalog.jsonb_build_object('$audit', coalesce(metadata -> text '$audit', '{}'::jsonb) || pg_catalog.jsonb_build_object(field,
		CASE WHEN is_key AND pg_catalog.octet_length(whole) <= 65536 THEN pg_catalog.to_jsonb(whole) ELSE pg_catalog.jsonb_build_object('$audit', 'cut', 'bytes', pg_catalog.octet_length(whole)) END))
$$;

REVOKE ALL ON FUNCTION audit_capture_whole(jsonb, text, text, boolean) FROM PUBLIC;
