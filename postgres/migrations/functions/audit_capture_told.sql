-- The setting audit.context, which postgres.SetContext makes. No field of the
-- answer is NULL but the metadata, and the ID of an actor that is the
-- database's role.
CREATE OR REPLACE FUNCTION audit_capture_told(given text) RETURNS audit_capture_context
	LANGUAGE plpgsql STABLE AS $$
DECLARE	told jsonb;
		address inet;
		metadata jsonb;
		part record;
BEGIN
	-- Whoever can run SQL can set anything. What cannot be read must neither
	-- stop their change nor pass for an actor.
	BEGIN
		told := CASE WHEN pg_catalog.octet_length(given) <= 2097152 THEN given::jsonb END;
		address := nullif(told ->> text 'ip', '');
	EXCEPTION WHEN OTHERS THEN
		told := NULL;
	END;
	IF pg_catalog.jsonb_typeof(told) IS DISTINCT FROM 'object' THEN
		told := '{}';
		address := NULL;
		metadata := '{"audit_context":"unreadable"}';
	ELSIF told ? text 'altered' AND pg_catalog.jsonb_typeof(told -> text 'altered') = 'object' THEN -- by SetContext, to make it fit
		metadata := pg_catalog.jsonb_build_object('$audit', told -> text 'altered');
	END IF;
	IF pg_catalog.octet_length(told ->> text 'actor_kind') > 64 OR pg_catalog.octet_length(told ->> text 'request_id') > 128 OR pg_catalog.octet_length(given) > 255
		AND (pg_catalog.octet_length(told ->> text 'org') > 255 OR pg_catalog.octet_length(told ->> text 'actor_id') > 255 OR pg_catalog.octet_length(told ->> text 'actor_email') > 320
			OR pg_catalog.octet_length(told ->> text 'on_behalf_of') > 320 OR pg_catalog.octet_length(told ->> text 'user_agent') > 512 OR pg_catalog.octet_length(told ->> text 'ip_note') > 512)
	THEN -- set by others
		FOR part IN SELECT c.*, told ->> c.name AS whole
			FROM (VALUES ('org', 255, true), ('actor_kind', 64, false), ('actor_id', 255, true), ('actor_email', 320, true),
				('on_behalf_of', 320, true), ('request_id', 128, true), ('user_agent', 512, false), ('ip_note', 512, false)) AS c (name, most, is_key)
			WHERE pg_catalog.octet_length(told ->> c.name) > c.most
		LOOP
			metadata := audit_capture_whole(metadata, CASE part.name WHEN 'org' THEN 'org_id' ELSE part.name END, part.whole, part.is_key);
			told := told || pg_catalog.jsonb_build_object(part.name, CASE WHEN part.is_key THEN audit_capture_key(part.whole, part.most)
				ELSE audit_capture_cut(part.whole, part.most - 3) || '…' END);
		END LOOP;
	END IF;
	IF told ? text 'ip_note' THEN
		metadata := coalesce(metadata, '{}'::jsonb) || pg_catalog.jsonb_build_object('ip_note', told ->> text 'ip_note');
	END IF;
	IF address <<= '::ffff:0:0/96' THEN -- IPv4, mapped into IPv6
		address := '0.0.0.0'::inet + (pg_catalog.host(address)::inet - '::ffff:0:0'::inet);
	END IF;
	RETURN ROW(coalesce(nullif(told ->> text 'org', ''), '_platform'),
		coalesce(nullif(told ->> text 'actor_kind', ''), 'database_role'),
		CASE WHEN coalesce(nullif(told ->> text 'actor_kind', ''), 'database_role') <> 'database_role' THEN coalesce(told ->> text 'actor_id', '') END,
		coalesce(told ->> text 'actor_email', ''), coalesce(told ->> text 'on_behalf_of', ''),
		coalesce(pg_catalog.host(address), ''), coalesce(pg_catalog.family(address)::text || pg_catalog.encode(substring(pg_catalog.inet_send(address) FROM 5), 'hex'), ''),
		coalesce(told ->> text 'request_id', ''), coalesce(told ->> text 'user_agent', ''), metadata)::audit_capture_context;
END
$$;

REVOKE ALL ON FUNCTION audit_capture_told(text) FROM PUBLIC;
