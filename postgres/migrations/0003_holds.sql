-- What must not expire, whatever its age. Only the owner's role places and
-- releases holds, and each time an entry tells of it.
CREATE TABLE audit_holds (
	name       text COLLATE "C" PRIMARY KEY CHECK (octet_length(name) BETWEEN 1 AND 255),
	-- The organization whose entries are kept; empty means all of them.
	org_id     text COLLATE "C" NOT NULL DEFAULT '' CHECK (octet_length(org_id) <= 255),
	-- The times that are kept, the second not included; NULL means no such end.
	held_from  timestamptz,
	held_until timestamptz CHECK (held_until > held_from),
	reason     text COLLATE "C" NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 4096),
	placed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The months that the library made and has not removed, by their beginning in
-- UTC, so that Admin.Check misses one that somebody else removes.
CREATE TABLE audit_months (
	starts_at timestamptz PRIMARY KEY,
	made_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
