-- Entries that must not expire, whatever their age. Only the owner's role places
-- and releases holds, and each time the log records it.
CREATE TABLE audit_holds (
	name       text COLLATE "C" PRIMARY KEY CHECK (octet_length(name) BETWEEN 1 AND 255),
	-- The organization whose entries are kept; empty means all of them.
	org_id     text COLLATE "C" NOT NULL DEFAULT '' CHECK (octet_length(org_id) <= 255),
	-- The times that are kept, held_until not included; NULL means an open end.
	held_from  timestamptz,
	held_until timestamptz CHECK (held_until > held_from),
	reason     text COLLATE "C" NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 4096),
	placed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The monthly partitions that the library made and has not removed, by the
-- month's beginning in UTC, so that Admin.Check finds it if somebody else removes
-- one.
CREATE TABLE audit_months (
	starts_at timestamptz PRIMARY KEY,
	made_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
