-- One row is one recorded change. Rows are only ever inserted.
--
-- The table is partitioned from the start, since a plain table cannot become a
-- partitioned one without a rewrite. Partitions are ranges of id, which are
-- ranges of time: id is a UUIDv7 that begins with the time in microseconds, so
-- the order of IDs is the order of events.
--
-- Texts are compared byte by byte (COLLATE "C"), so that their order does not
-- depend on the server's locale. A locale changes with the operating system, and
-- that silently breaks indexes. Only metadata can be NULL: a NULL would fall out
-- of the row comparisons that pages use.
--
-- The library bounds all texts before any SQL. A CHECK for each would say so
-- here too, but an insert would take a quarter longer: PostgreSQL reads each
-- constraint anew for every statement. So the table checks only what would break
-- the order or the tenancy, and what is cheap to check of a row from elsewhere.
-- The reader marks whatever else it cannot read as unreadable.
CREATE TABLE audit_entries (
	org_id         text COLLATE "C" NOT NULL CHECK (org_id <> ''),
	-- The version is 7 and the 12 bits behind it hold the microseconds 000-3e7:
	-- uuidv7() of PostgreSQL 18 fills them otherwise, and its order would lie.
	id             uuid NOT NULL CONSTRAINT audit_entries_id_holds_microseconds
	               CHECK (substr(id::text, 15, 4) COLLATE "C" BETWEEN '7000' AND '73e7'
	                      AND substr(id::text, 20, 1) COLLATE "C" BETWEEN '8' AND 'b'),
	-- The time that id holds, for people who read with psql.
	occurred_at    timestamptz NOT NULL,
	-- The database's own clock. The application has no INSERT on this column.
	recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
	action         text COLLATE "C" NOT NULL DEFAULT '',
	object_type    text COLLATE "C" NOT NULL DEFAULT '',
	object_id      text COLLATE "C" NOT NULL DEFAULT '',
	-- object_id in a form whose byte order puts numbers in numeric order and
	-- before texts.
	object_sort    text COLLATE "C" NOT NULL DEFAULT '',
	-- The object's name when the change happened.
	object_label   text COLLATE "C" NOT NULL DEFAULT '',
	parent_type    text COLLATE "C" NOT NULL DEFAULT '',
	parent_id      text COLLATE "C" NOT NULL DEFAULT '',
	actor_kind     text COLLATE "C" NOT NULL DEFAULT '',
	actor_id       text COLLATE "C" NOT NULL DEFAULT '',
	actor_email    text COLLATE "C" NOT NULL DEFAULT '',
	on_behalf_of   text COLLATE "C" NOT NULL DEFAULT '',
	ip             text COLLATE "C" NOT NULL DEFAULT '',
	-- ip in a form whose byte order is that of addresses: '4' or '6' and the
	-- address in hexadecimal. A CIDR range is a BETWEEN.
	ip_key         text COLLATE "C" NOT NULL DEFAULT '',
	request_id     text COLLATE "C" NOT NULL DEFAULT '',
	user_agent     text COLLATE "C" NOT NULL DEFAULT '',
	source         text COLLATE "C" NOT NULL DEFAULT '',
	comment        text COLLATE "C" NOT NULL DEFAULT '',
	-- [{"field": …, "old": …, "new": …}, …] in the order of the object's fields.
	changes        jsonb NOT NULL DEFAULT '[]',
	-- The names of the changed fields, cut. The page sorts its column Changes by
	-- this, so that no sort reads the JSON.
	changed_fields text COLLATE "C" NOT NULL DEFAULT '',
	metadata       jsonb,
	-- The version of the canonical form of changes and metadata.
	format         smallint NOT NULL,
	-- The transaction that inserted the row, so that entries can be found in the
	-- order in which they become visible. The application has no INSERT on it.
	xact           bigint NOT NULL DEFAULT txid_current(),
	-- The parts whose values were erased, separated by commas. The application
	-- has no INSERT on it.
	erased         text COLLATE "C" NOT NULL DEFAULT '',
	-- Every key begins with the organization. This one also serves the page as
	-- it opens: the organization's newest entries.
	PRIMARY KEY (org_id, id),
	-- One constraint of three cheap conditions makes a single insert 4 % slower.
	-- With the bounds of five texts it would be 15 %.
	CONSTRAINT audit_entries_is_readable
	CHECK (jsonb_typeof(changes) = 'array' AND isfinite(occurred_at) AND isfinite(recorded_at))
) PARTITION BY RANGE (id);

-- Rows that no other partition covers come here, so that none is ever refused.
CREATE TABLE audit_entries_default PARTITION OF audit_entries DEFAULT;

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

-- A search for new transactions reads the few blocks that have them. An insert
-- costs the same as without this index, within the noise; a B-tree costs 5 % more
-- WAL.
CREATE INDEX audit_entries_xact ON audit_entries USING brin (xact) WITH (pages_per_range = 16, autosummarize = on);
