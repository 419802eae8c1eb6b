-- Returns the organization of a row, or its parent's if it has none. source is the
-- function of the table's triggers. The result is NULL if the organization is not
-- known, or if the row is gone and there is true.
--
-- It is VOLATILE, so that it is called once for a row, wherever its result is used.
CREATE OR REPLACE FUNCTION audit_capture_org(source text, id text, there boolean) RETURNS text
	LANGUAGE plpgsql VOLATILE AS $$
DECLARE	org text;
		generation int := 0;
BEGIN
	IF pg_catalog.octet_length(id) > 255 THEN
		id := audit_capture_orgs_key(id);
	END IF;
	WHILE id IS NOT NULL AND generation < 32 LOOP
		SELECT o.org_id, o.parent_source, o.parent_id INTO org, source, id FROM audit_capture_orgs AS o
		WHERE o.source = audit_capture_org.source AND o.id = audit_capture_org.id AND NOT (there AND o.gone);
		IF NOT FOUND THEN
			RETURN NULL;
		END IF;
		there := false;
		IF org IS NOT NULL THEN
			RETURN org;
		END IF;
		generation := generation + 1;
	END LOOP;
	RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION audit_capture_org(text, text, boolean) FROM PUBLIC;
