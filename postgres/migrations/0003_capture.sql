-- The type and the tables that capture by triggers uses. Admin.Watch makes a
-- function and triggers for each watched table.

-- The contents of the transaction's setting audit.context.
CREATE TYPE audit_capture_context AS (
	org_id       text,
	actor_kind   text,
	actor_id     text,
	actor_email  text,
	on_behalf_of text,
	ip           text,
	ip_key       text,
	request_id   text,
	user_agent   text,
	metadata     jsonb
);

-- The organizations of the rows of those watched tables whose children take
-- their organization from them. The triggers of these tables fill it. A child's
-- trigger reads this table and never the parent's own: to read a table runs code
-- of its owner (policies, the predicates of indexes), here with the rights of the
-- log's owner.
--
-- A row stays when the parent's row is gone. A cascade deletes the children after
-- the parent, and they still need their organization. A new child must not take
-- it: another organization may be about to take the parent's key.
CREATE TABLE audit_capture_orgs (
	-- The function of the table's triggers. It keeps its name if the table is
	-- renamed, or gets another OID by a restore.
	source        text COLLATE "C" NOT NULL,
	-- The object's ID, as its entries have it.
	id            text COLLATE "C" NOT NULL,
	-- NULL if the row has none, or takes its parent's.
	org_id        text COLLATE "C",
	parent_source text COLLATE "C",
	parent_id     text COLLATE "C",
	gone          boolean NOT NULL DEFAULT false, -- no row has this ID any more
	PRIMARY KEY (source, id)
);

-- What triggers have hidden of columns that Watch has not seen, by the column's
-- number, since such a column may get another name or type before Watch is called
-- again. Watch takes the rows over and Unwatch removes them. There is no unique
-- index, since nobody's write should wait for another's: a row may be there twice.
CREATE TABLE audit_capture_seen (
	id       uuid PRIMARY KEY DEFAULT gen_random_uuid(), -- for tools that replicate tables
	identity text COLLATE "C" NOT NULL, -- of the table: audit_capture_identity
	number   int NOT NULL,
	-- hidden: its values were hidden; document: it was JSON; opaque: its type hid them.
	kind     text COLLATE "C" NOT NULL,
	seen_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The files of the folder functions come here, in the order of their names.
-- include functions
