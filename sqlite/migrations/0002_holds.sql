-- Entries that must not expire, whatever their age. Each time that a hold is
-- placed or released, the log records it.
CREATE TABLE audit_holds (
	name       TEXT PRIMARY KEY NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
	-- The organization whose entries are kept; empty means all of them.
	org_id     TEXT NOT NULL DEFAULT '' CHECK (length(CAST(org_id AS BLOB)) <= 255),
	-- The times that are kept, held_until not included, in microseconds since
	-- 1970, UTC; NULL means an open end.
	held_from  INTEGER,
	held_until INTEGER CHECK (held_until > held_from),
	reason     TEXT NOT NULL CHECK (length(CAST(reason AS BLOB)) BETWEEN 1 AND 4096),
	placed_at  INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)
) STRICT;
