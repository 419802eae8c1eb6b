-- Privileges come first: an application's role needs only SELECT and INSERT.
-- These triggers refuse the owner's own mistakes.

-- PostgreSQL gives row triggers to every partition, present and future.
CREATE TRIGGER audit_entries_refuse_change BEFORE UPDATE OR DELETE ON audit_entries
	FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();

-- It does not do so with triggers for TRUNCATE: every partition needs its own.
CREATE TRIGGER audit_entries_refuse_truncate BEFORE TRUNCATE ON audit_entries
	FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_entries_refuse_truncate BEFORE TRUNCATE ON audit_entries_default
	FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
