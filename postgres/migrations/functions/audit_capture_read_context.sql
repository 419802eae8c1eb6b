-- Reads the setting audit.context, which postgres.SetContext makes. In the result,
-- only the metadata can be NULL, and the ID of an actor that is the database's
-- role.
CREATE OR REPLACE FUNCTION audit_capture_read_context(given text) RETURNS audit_capture_context
	LANGUAGE plpgsql STABLE AS $$
DECLARE	setting jsonb;
		address inet;
		metadata jsonb;
		part record;
BEGIN
	-- Whoever can run SQL can set anything. A setting that cannot be read must
	-- neither stop the change nor name an actor.
	BEGIN
		setting := CASE WHEN pg_catalog.octet_length(given) <= 2097152 THEN given::jsonb END;
		address := nullif(setting ->> text 'ip', '');
	EXCEPTION WHEN OTHERS THEN
		setting := NULL;
	END;
	IF pg_catalog.jsonb_typeof(setting) IS DISTINCT FROM 'object' THEN
		setting := '{}';
		address := NULL;
		metadata := '{"audit_context":"unreadable"}';
	ELSIF setting ? text 'altered' AND pg_catalog.jsonb_typeof(setting -> text 'altered') = 'object' THEN -- by SetContext, to make it fit
		metadata := pg_catalog.jsonb_build_object('$audit', setting -> text 'altered');
	END IF;
	IF pg_catalog.octet_length(setting ->> text 'actor_kind') > 64 OR pg_catalog.octet_length(setting ->> text 'request_id') > 128 OR pg_catalog.octet_length(given) > 255
		AND (pg_catalog.octet_length(setting ->> text 'org') > 255 OR pg_catalog.octet_length(setting ->> text 'actor_id') > 255 OR pg_catalog.octet_length(setting ->> text 'actor_email') > 320
			OR pg_catalog.octet_length(setting ->> text 'on_behalf_of') > 320 OR pg_catalog.octet_length(setting ->> text 'user_agent') > 512 OR pg_catalog.octet_length(setting ->> text 'ip_note') > 512)
	THEN -- not set by SetContext
		FOR part IN SELECT c.*, setting ->> c.name AS whole
			FROM (VALUES ('org', 255, true), ('actor_kind', 64, false), ('actor_id', 255, true), ('actor_email', 320, true),
				('on_behalf_of', 320, true), ('request_id', 128, true), ('user_agent', 512, false), ('ip_note', 512, false)) AS c (name, max_bytes, is_key)
			WHERE pg_catalog.octet_length(setting ->> c.name) > c.max_bytes
		LOOP
			metadata := audit_capture_whole(metadata, CASE part.name WHEN 'org' THEN 'org_id' ELSE part.name END, part.whole, part.is_key);
			setting := setting || pg_catalog.jsonb_build_object(part.name, CASE WHEN part.is_key THEN audit_capture_key(part.whole, part.max_bytes)
				ELSE audit_capture_cut(part.whole, part.max_bytes - 3) || '…' END);
		END LOOP;
	END IF;
	IF setting ? text 'ip_note' THEN
		metadata := coalesce(metadata, '{}'::jsonb) || pg_catalog.jsonb_build_object('ip_note', setting ->> text 'ip_note');
	END IF;
	IF address <<= '::ffff:0:0/96' THEN -- IPv4, mapped into IPv6
		address := '0.0.0.0'::inet + (pg_catalog.host(address)::inet - '::ffff:0:0'::inet);
	END IF;
	RETURN ROW(coalesce(nullif(setting ->> text 'org', ''), '_platform'),
		coalesce(nullif(setting ->> text 'actor_kind', ''), 'database_role'),
		CASE WHEN coalesce(nullif(setting ->> text 'actor_kind', ''), 'database_role') <> 'database_role' THEN coalesce(setting ->> text 'actor_id', '') END,
		coalesce(setting ->> text 'actor_email', ''), coalesce(setting ->> text 'on_behalf_of', ''),
		coalesce(pg_catalog.host(address), ''), coalesce(pg_catalog.family(address)::text || pg_catalog.encode(substring(pg_catalog.inet_send(address) FROM 5), 'hex'), ''),
		coalesce(setting ->> text 'request_id', ''), coalesce(setting ->> text 'user_agent', ''), metadata)::audit_capture_context;
END
$$;

REVOKE ALL ON FUNCTION audit_capture_read_context(text) FROM PUBLIC;
