-- Privileges come first: an application's role needs INSERT and SELECT only.
-- These triggers are for the owner's own mistakes. The error has the code of a
-- missing privilege, so that a refusal looks the same either way.
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'audit entries are append-only: % on % is refused', TG_OP, TG_TABLE_NAME
		USING ERRCODE = 'insufficient_privilege',
		      HINT = 'Correct a wrong entry by recording another one. Old entries go by whole partitions.';
END
$$;

-- PostgreSQL gives row triggers to every partition, present and future.
CREATE TRIGGER audit_entries_refuse_change BEFORE UPDATE OR DELETE ON audit_entries
	FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();

-- It does not give them those for TRUNCATE: every partition needs its own.
CREATE TRIGGER audit_entries_refuse_truncate BEFORE TRUNCATE ON audit_entries
	FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_entries_refuse_truncate BEFORE TRUNCATE ON audit_entries_default
	FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
