-- SQLite has no roles: whoever can open the file can write it. These triggers
-- are for the host's own mistakes.
CREATE TRIGGER audit_entries_refuse_update BEFORE UPDATE ON audit_entries
BEGIN
	SELECT RAISE(ABORT, 'audit entries are append-only: UPDATE is refused');
END;

CREATE TRIGGER audit_entries_refuse_delete BEFORE DELETE ON audit_entries
BEGIN
	SELECT RAISE(ABORT, 'audit entries are append-only: DELETE is refused');
END;

-- INSERT OR REPLACE deletes the row in its way, and asks the trigger above only
-- where the connection has switched recursive_triggers on. So an insert over an
-- existing row must not come that far, be it over its key or its rowid. (NEW's
-- rowid means something only if the statement gives one; SQLite's own begin
-- with 1.)
CREATE TRIGGER audit_entries_refuse_replace BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE org_id = NEW.org_id AND id = NEW.id)
	OR NEW.rowid > 0 AND EXISTS (SELECT 1 FROM audit_entries WHERE rowid = NEW.rowid)
BEGIN
	SELECT RAISE(ABORT, 'audit entries are append-only: an INSERT over an existing entry is refused');
END;
