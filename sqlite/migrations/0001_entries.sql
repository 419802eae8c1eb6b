-- One row is one recorded change. Rows are only ever inserted.
--
-- The columns are those of the PostgreSQL store without xact: SQLite has no
-- transaction numbers. Texts are compared byte by byte (BINARY, the default).
-- Only metadata can be NULL: a NULL would fall out of the row comparisons that
-- pages use. The CHECKs are the library's own bounds in bytes, for rows from
-- elsewhere.
--
-- The table keeps its rowid: rows are wide, and in a table without one, every
-- search by the primary key would have to pass over their width.
CREATE TABLE audit_entries (
	org_id         TEXT NOT NULL CHECK (length(CAST(org_id AS BLOB)) BETWEEN 1 AND 255),
	-- A UUIDv7, its 16 bytes; the 12 bits behind the version hold the
	-- microseconds 000-3E7, so that the order of IDs is the order of events.
	id             BLOB NOT NULL CONSTRAINT audit_entries_id_holds_microseconds
	               CHECK (length(id) = 16
	                      AND substr(hex(id), 13, 4) BETWEEN '7000' AND '73E7'
	                      AND substr(hex(id), 17, 1) BETWEEN '8' AND 'B'),
	-- The time that id holds. Times are microseconds since 1970, UTC:
	-- datetime(occurred_at / 1000000, 'unixepoch').
	occurred_at    INTEGER NOT NULL CHECK (occurred_at >= 0),
	-- This machine's own clock. The store gives it to the microsecond. For rows
	-- from elsewhere it is the end of SQLite's millisecond, so that none is
	-- recorded before it occurred.
	recorded_at    INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000 + 999)
	               CHECK (recorded_at BETWEEN 0 AND 253402300799999999), -- the end of the year 9999
	action         TEXT NOT NULL DEFAULT '' CHECK (length(CAST(action AS BLOB)) <= 64),
	object_type    TEXT NOT NULL DEFAULT '' CHECK (length(CAST(object_type AS BLOB)) <= 255),
	object_id      TEXT NOT NULL DEFAULT '' CHECK (length(CAST(object_id AS BLOB)) <= 255),
	-- object_id in a form whose byte order puts numbers in numeric order and
	-- before texts.
	object_sort    TEXT NOT NULL DEFAULT '' CHECK (length(CAST(object_sort AS BLOB)) <= 260),
	-- The object's name when the change happened.
	object_label   TEXT NOT NULL DEFAULT '',
	parent_type    TEXT NOT NULL DEFAULT '' CHECK (length(CAST(parent_type AS BLOB)) <= 255),
	parent_id      TEXT NOT NULL DEFAULT '' CHECK (length(CAST(parent_id AS BLOB)) <= 255),
	actor_kind     TEXT NOT NULL DEFAULT '' CHECK (length(CAST(actor_kind AS BLOB)) <= 64),
	actor_id       TEXT NOT NULL DEFAULT '' CHECK (length(CAST(actor_id AS BLOB)) <= 255),
	actor_email    TEXT NOT NULL DEFAULT '' CHECK (length(CAST(actor_email AS BLOB)) <= 320),
	on_behalf_of   TEXT NOT NULL DEFAULT '' CHECK (length(CAST(on_behalf_of AS BLOB)) <= 320),
	ip             TEXT NOT NULL DEFAULT '' CHECK (length(CAST(ip AS BLOB)) <= 45),
	-- ip in a form whose byte order is that of addresses: '4' or '6' and the
	-- address in hexadecimal. A CIDR range is a BETWEEN.
	ip_key         TEXT NOT NULL DEFAULT '' CHECK (length(CAST(ip_key AS BLOB)) <= 33),
	request_id     TEXT NOT NULL DEFAULT '' CHECK (length(CAST(request_id AS BLOB)) <= 128),
	user_agent     TEXT NOT NULL DEFAULT '' CHECK (length(CAST(user_agent AS BLOB)) <= 512),
	source         TEXT NOT NULL DEFAULT '' CHECK (length(CAST(source AS BLOB)) <= 64),
	comment        TEXT NOT NULL DEFAULT '' CHECK (length(CAST(comment AS BLOB)) <= 4096),
	-- [{"field": …, "old": …, "new": …}, …] in the order of the object's fields.
	changes        TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(changes) AND json_type(changes) = 'array'),
	-- The names of the changed fields, cut. The page sorts its column Changes by
	-- this, so that no sort reads the JSON.
	changed_fields TEXT NOT NULL DEFAULT '' CHECK (length(CAST(changed_fields AS BLOB)) <= 200),
	metadata       TEXT CHECK (metadata IS NULL OR json_valid(metadata) AND json_type(metadata) IN ('object', 'null')),
	-- The version of the canonical form of changes and metadata.
	format         INTEGER NOT NULL,
	-- The parts whose values were erased, separated by commas.
	erased         TEXT NOT NULL DEFAULT '',
	-- Every key begins with the organization. This one also serves the page as
	-- it opens: the organization's newest entries.
	PRIMARY KEY (org_id, id)
) STRICT;

-- One index for each filter and each header of the page. With the ID behind,
-- it gives a filter its newest entries first, and a sort both its directions.
CREATE INDEX audit_entries_action ON audit_entries (org_id, action, id);
CREATE INDEX audit_entries_object_type ON audit_entries (org_id, object_type, id);
CREATE INDEX audit_entries_object_sort ON audit_entries (org_id, object_sort, id);
CREATE INDEX audit_entries_actor_email ON audit_entries (org_id, actor_email, id);
CREATE INDEX audit_entries_ip_key ON audit_entries (org_id, ip_key, id);
CREATE INDEX audit_entries_changed_fields ON audit_entries (org_id, changed_fields, id);

-- Many entries have neither, and nobody looks for those.
CREATE INDEX audit_entries_request_id ON audit_entries (org_id, request_id, id) WHERE request_id <> '';
CREATE INDEX audit_entries_parent ON audit_entries (org_id, parent_type, parent_id, id) WHERE parent_type <> '';

-- Actors without an email, such as API keys and jobs, are looked up by their ID.
CREATE INDEX audit_entries_actor_id ON audit_entries (org_id, actor_id, id) WHERE actor_email = '' AND actor_id <> '';
