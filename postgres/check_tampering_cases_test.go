package postgres_test

import "github.com/auditkeep/audit/postgres"

// tampering is one thing that somebody does to a log, and what Check says of it.
// Statements are the owner's, or a superuser's after "SUPER ". MONTH, NEXT and
// LATER are months; WATCHED is the function of a watched table.
type tampering struct {
	name, do string
	kind     postgres.FindingKind
	want     string // in one of the findings
	since    int    // the first version of PostgreSQL that has it
	before   int    // and the first that has not
}

const (
	loses     = "CREATE FUNCTION HOST.loses() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';; "
	recreate  = "DROP TRIGGER audit_entries_refuse_change ON audit_entries;; CREATE TRIGGER audit_entries_refuse_change "
	refuses   = " ON audit_entries FOR EACH ROW "
	executes  = "EXECUTE FUNCTION audit_refuse_change()"
	idCheck   = "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_id_holds_microseconds"
	addIDs    = ";; ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_id_holds_microseconds CHECK (id IS NOT NULL)"
	orgPolicy = "CREATE POLICY org ON audit_entries TO APP USING (org_id = current_setting('audit.org', true));; ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY"
)

var tamperings = []tampering{
	{"no trigger on UPDATE", "DROP TRIGGER audit_entries_refuse_change ON audit_entries", postgres.FindingTrigger, "audit_entries: no enabled trigger refuses UPDATE and DELETE", 0, 0},
	{"no trigger on TRUNCATE", "DROP TRIGGER audit_entries_refuse_truncate ON MONTH", postgres.FindingTrigger, "MONTH: no enabled trigger refuses TRUNCATE", 0, 0},
	{"all triggers disabled", "ALTER TABLE audit_entries DISABLE TRIGGER ALL", postgres.FindingTrigger, "no enabled trigger refuses", 0, 0},
	{"a trigger for replicas only", "ALTER TABLE MONTH ENABLE REPLICA TRIGGER audit_entries_refuse_change", postgres.FindingTrigger, "MONTH: no enabled trigger refuses UPDATE", 0, 0},
	{"a trigger with WHEN", recreate + "BEFORE UPDATE OR DELETE" + refuses + "WHEN (OLD.org_id = 'nobody') " + executes, postgres.FindingTrigger, "27 audit_refuse_change enabled WHEN", 0, 0},
	{"a trigger of one column", recreate + "BEFORE DELETE OR UPDATE OF comment" + refuses + executes, postgres.FindingTrigger, "no enabled trigger refuses UPDATE and DELETE: it is 27 audit_refuse_change enabled of ", 0, 0},
	{"a trigger on DELETE only", recreate + "BEFORE DELETE" + refuses + executes, postgres.FindingTrigger, "no enabled trigger refuses UPDATE and DELETE", 0, 0},
	{"a trigger that loses entries", loses + "CREATE TRIGGER x BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION HOST.loses()", postgres.FindingTrigger, `audit_entries: the trigger "x" is not the library's`, 0, 0},
	{"a trigger that loses entries of a month", loses + "CREATE TRIGGER x BEFORE INSERT ON MONTH FOR EACH ROW EXECUTE FUNCTION HOST.loses()", postgres.FindingTrigger, `MONTH: the trigger "x" is not the library's`, 0, 0},
	{"a trigger after the entry", loses + "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON audit_entries_default DEFERRABLE FOR EACH ROW EXECUTE FUNCTION HOST.loses()", postgres.FindingTrigger, `audit_entries_default: the trigger "x" is not the library's`, 0, 0},
	{"a trigger that loses holds", loses + "CREATE TRIGGER x BEFORE INSERT ON audit_holds FOR EACH ROW EXECUTE FUNCTION HOST.loses()", postgres.FindingTrigger, `audit_holds: the trigger "x" is not the library's`, 0, 0},
	{"a rule that loses entries", "CREATE RULE x AS ON INSERT TO audit_entries DO INSTEAD NOTHING", postgres.FindingTrigger, `audit_entries: the rule "x" is not the library's`, 0, 0},
	{"a rule that copies entries", "CREATE TABLE HOST.copy (id uuid);; CREATE RULE x AS ON INSERT TO MONTH DO ALSO INSERT INTO HOST.copy VALUES (NEW.id)", postgres.FindingTrigger, `MONTH: the rule "x" is not the library's`, 0, 0},
	{"a rule that keeps holds", "CREATE RULE x AS ON DELETE TO audit_holds DO INSTEAD NOTHING", postgres.FindingTrigger, `audit_holds: the rule "x"`, 0, 0},

	{"a function that lets pass", "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", postgres.FindingTrigger, "the function audit_refuse_change differs from the library's functions/audit_refuse_change.sql", 0, 0},
	{"a function that runs as its owner", "ALTER FUNCTION audit_refuse_change() SECURITY DEFINER", postgres.FindingTrigger, "the function audit_refuse_change differs from the library's", 0, 0},
	{"a function with a setting", "ALTER FUNCTION audit_capture_read_context(text) SET search_path = HOST", postgres.FindingCapture, "the function audit_capture_read_context differs from the library's functions/audit_capture_read_context.sql", 0, 0},
	{"capture that redacts nothing", "CREATE OR REPLACE FUNCTION audit_capture_secret(name text, names text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'", postgres.FindingCapture, "the function audit_capture_secret differs from the library's", 0, 0},
	{"a function that is gone", "DROP FUNCTION audit_capture_sort(text)", postgres.FindingCapture, "the function audit_capture_sort differs from the library's", 0, 0},
	{"a function beside another", "CREATE FUNCTION audit_capture_cut(whole varchar, most int) RETURNS text LANGUAGE sql AS 'SELECT whole::text'", postgres.FindingCapture, "audit_capture_cut(character varying,integer) is not the library's, and could run in the place", 0, 0},
	{"a function of nobody's", "CREATE FUNCTION audit_capture_of_nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'", postgres.FindingCapture, "it was watched, and has no trigger any more", 0, 0},
	{"a function of another owner's", "SUPER ALTER FUNCTION audit_refuse_change() OWNER TO THIRD", postgres.FindingTrigger, `the function audit_refuse_change belongs to THIRD`, 0, 0},
	{"a closer match than PostgreSQL's own", "CREATE FUNCTION json_build_object(text, text, text, text) RETURNS json LANGUAGE sql AS 'SELECT NULL::json'", postgres.FindingPrivilege, "FUNCTION SCHEMA.json_build_object(text,text,text,text) of ", 0, 0},
	{"an operator", "CREATE FUNCTION HOST.never(text, name) RETURNS boolean LANGUAGE sql AS 'SELECT false';; CREATE OPERATOR SCHEMA.= (LEFTARG = text, RIGHTARG = name, FUNCTION = HOST.never)", postgres.FindingPrivilege, "OPERATOR SCHEMA.=(text,name) of ", 0, 0},

	{"capture of something else", "CREATE OR REPLACE FUNCTION WATCHED() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, SCHEMA, pg_temp SET jit = off AS 'BEGIN RETURN NULL; END'", postgres.FindingCapture, "is not the one that Watch makes", 0, 0},
	{"capture by another path", "ALTER FUNCTION WATCHED() SET search_path = pg_temp, pg_catalog, SCHEMA", postgres.FindingCapture, "is set [", 0, 0},
	{"capture without its settings", "ALTER FUNCTION WATCHED() RESET jit", postgres.FindingCapture, "is set [", 0, 0},
	{"capture with the writer's rights", "ALTER FUNCTION WATCHED() SECURITY INVOKER", postgres.FindingPrivilege, "is not the log owner's own", 0, 0},
	{"capture for everybody's triggers", "GRANT EXECUTE ON FUNCTION WATCHED() TO APP", postgres.FindingPrivilege, `"APP" has EXECUTE, which only the log's owner needs`, 0, 0},
	{"capture that forgot its table", "COMMENT ON FUNCTION WATCHED() IS NULL", postgres.FindingCapture, "which holds its configuration, is gone", 0, 0},
	{"capture without a trigger", "DROP TRIGGER audit_capture_update ON HOST.orders", postgres.FindingCapture, "missing or disabled: audit_capture_update", 0, 0},
	{"capture disabled", "ALTER TABLE HOST.orders DISABLE TRIGGER audit_capture_insert", postgres.FindingCapture, "missing or disabled: audit_capture_insert", 0, 0},
	{"capture on a condition", "DROP TRIGGER audit_capture_insert ON HOST.orders;; CREATE TRIGGER audit_capture_insert AFTER INSERT ON HOST.orders REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN (session_user = 'nobody') EXECUTE FUNCTION WATCHED()", postgres.FindingCapture, "missing or disabled: audit_capture_insert", 0, 0},
	{"a captured column of another type", "SUPER ALTER TABLE HOST.orders ALTER total TYPE text", postgres.FindingCapture, `column "total" was of type numeric when Watch was called, and is of type text now, so capturing is slower`, 0, 0},
	{"a captured column of a type alike", "SUPER ALTER TABLE HOST.orders ALTER id TYPE bigint", postgres.FindingCapture, `column "id" was of type integer when Watch was called, and is of type bigint now`, 0, 0},
	{"a captured column that is new", "SUPER ALTER TABLE HOST.orders ADD pw text", postgres.FindingCapture, `its columns ["pw"] were added since Watch was called`, 0, 0},
	{"a watched table of a subscription", "SUPER CREATE SUBSCRIPTION SUBSCRIBED CONNECTION 'dbname=nowhere' PUBLICATION x WITH (connect = false, enabled = false, create_slot = false, slot_name = NONE);; SUPER INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) SELECT oid, 'HOST.orders'::regclass, 'r' FROM pg_subscription WHERE subname = 'SUBSCRIBED'", postgres.FindingCapture, "a subscription writes to it: what logical replication applies", 0, 0},
	{"what capture remembers", "GRANT DELETE ON audit_capture_seen TO APP", postgres.FindingPrivilege, `audit_capture_seen: "APP" has DELETE`, 0, 0},
	{"no memory of capture", "DROP TABLE audit_capture_seen", postgres.FindingConstraint, "audit_capture_seen: it is missing", 0, 0},
	{"everybody calls what capture shares", "GRANT EXECUTE ON FUNCTION audit_capture_cut(text, int) TO PUBLIC", postgres.FindingPrivilege, "function audit_capture_cut: PUBLIC has EXECUTE", 0, 0},

	{"no check of IDs", idCheck, postgres.FindingConstraint, "the constraint audit_entries_id_holds_microseconds is missing", 0, 0},
	{"a check of nothing", idCheck + addIDs, postgres.FindingConstraint, "the constraint audit_entries_id_holds_microseconds is not that of the migrations: it is CHECK id IS NOT NULL", 0, 0},
	{"no check of organizations", "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_org_id_check", postgres.FindingConstraint, "the constraint audit_entries_org_id_check is missing", 0, 0},
	{"a check that is not validated", "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_org_id_check;; ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_org_id_check CHECK (org_id <> '') NOT VALID", postgres.FindingConstraint, "NOT VALID", 0, 0},
	{"no key", "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_pkey", postgres.FindingConstraint, "the constraint primary key is missing", 0, 0},
	{"a check that refuses entries", "ALTER TABLE MONTH ADD CONSTRAINT x CHECK (action <> 'delete')", postgres.FindingConstraint, `MONTH: the constraint "x" is not the library's, and can refuse entries`, 0, 0},
	{"a column that may be NULL", "ALTER TABLE audit_entries ALTER COLUMN action DROP NOT NULL", postgres.FindingConstraint, "the column action is not that of the migrations", 0, 0},
	{"no clock", "ALTER TABLE audit_entries ALTER COLUMN recorded_at DROP DEFAULT", postgres.FindingConstraint, "the column recorded_at is not that of the migrations", 0, 0},
	{"another clock", "ALTER TABLE audit_entries ALTER COLUMN recorded_at SET DEFAULT '2020-01-01'", postgres.FindingConstraint, "the column recorded_at is not that of the migrations", 0, 0},
	{"another clock of a month", "ALTER TABLE MONTH ALTER COLUMN recorded_at SET DEFAULT '2020-01-01'", postgres.FindingConstraint, "MONTH: the column recorded_at is not that of the migrations", 0, 0},
	{"a shorter column", "ALTER TABLE audit_entries ALTER COLUMN comment TYPE varchar(10)", postgres.FindingConstraint, "the column comment is not that of the migrations: it is character varying10", 0, 0},
	{"another order", `ALTER TABLE audit_entries ALTER COLUMN comment TYPE text COLLATE "default"`, postgres.FindingConstraint, "the column comment is not that of the migrations", 0, 0},
	{"another column", "ALTER TABLE audit_entries ADD COLUMN x text", postgres.FindingConstraint, `the column "x" is not the library's`, 0, 0},
	{"no column", "ALTER TABLE audit_entries DROP COLUMN user_agent", postgres.FindingConstraint, "the column user_agent is missing", 0, 0},
	{"a reference", "CREATE TABLE HOST.refers (org_id text, id uuid, CONSTRAINT x FOREIGN KEY (org_id, id) REFERENCES audit_entries)", postgres.FindingConstraint, `the foreign key "x" of HOST.refers refers to it`, 0, 0},
	{"a hold without a reason", "ALTER TABLE audit_holds DROP CONSTRAINT audit_holds_reason_check", postgres.FindingConstraint, "audit_holds: the constraint audit_holds_reason_check is missing", 0, 0},
	{"no holds", "DROP TABLE audit_holds", postgres.FindingConstraint, "audit_holds: it is missing", 0, 0},
	{"a unique index", "CREATE UNIQUE INDEX x ON MONTH (org_id, action)", postgres.FindingIndex, `MONTH: the index "x" is not the library's, and can refuse entries`, 0, 0},
	{"an index that computes", "CREATE INDEX x ON audit_entries ((1 / length(action)))", postgres.FindingIndex, `audit_entries: the index "x" is not the library's`, 0, 0},
	{"no index", "DROP INDEX audit_entries_actor_email", postgres.FindingIndex, "index audit_entries_actor_email is missing", 0, 0},
	{"another index of the name", "DROP INDEX audit_entries_action;; CREATE INDEX audit_entries_action ON audit_entries (org_id, id)", postgres.FindingIndex, "the index audit_entries_action is not that of the migrations", 0, 0},

	{"a detached month", "ALTER TABLE audit_entries DETACH PARTITION MONTH", postgres.FindingPartition, "MONTH: it is not a partition of audit_entries, and looks like one that was detached", 0, 0},
	{"a detached month of another name", "ALTER TABLE audit_entries DETACH PARTITION LATER;; ALTER TABLE LATER RENAME TO x;; ALTER TABLE x SET SCHEMA HOST", postgres.FindingPartition, "x: it is not a partition of audit_entries", 0, 0},
	{"a month between that is gone", "DROP TABLE LATER", postgres.FindingPartition, "was made and is not there any more, although Expire has not removed it", 0, 0},
	{"an old month that is gone", "DROP TABLE audit_entries_y2025m02", postgres.FindingPartition, "the month 2025-02 was made and is not there any more", 0, 0},
	{"the next month that is gone", "DROP TABLE NEXT", postgres.FindingPartition, "there is no partition for the month", 0, 0},
	{"no default partition", "ALTER TABLE audit_entries DETACH PARTITION audit_entries_default", postgres.FindingPartition, "there is no default partition", 0, 0},
	{"a month of other times", "ALTER TABLE audit_entries DETACH PARTITION audit_entries_y2025m02;; ALTER TABLE audit_entries ATTACH PARTITION audit_entries_y2025m02 FOR VALUES FROM ('01900000-0000-7000-8000-000000000000') TO ('01900000-0001-7000-8000-000000000000')", postgres.FindingPartition, "audit_entries_y2025m02: its range is not the month of its name", 0, 0},
	{"a month that a crash empties", "ALTER TABLE MONTH SET UNLOGGED", postgres.FindingPartition, "MONTH: it is UNLOGGED", 0, 0},
	{"a subscription", "SUPER CREATE SUBSCRIPTION SUBSCRIBED CONNECTION 'dbname=nowhere' PUBLICATION x WITH (connect = false, enabled = false, create_slot = false, slot_name = NONE);; SUPER INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) SELECT oid, 'audit_entries'::regclass, 'r' FROM pg_subscription WHERE subname = 'SUBSCRIBED'", postgres.FindingPartition, "audit_entries: a subscription writes to it, past its triggers", 0, 0},

	{"everybody reads", "GRANT SELECT ON audit_entries TO PUBLIC", postgres.FindingPrivilege, "audit_entries: PUBLIC has SELECT; REVOKE SELECT ON", 0, 0},
	{"a month is read by itself", "GRANT SELECT ON MONTH TO APP", postgres.FindingPrivilege, `MONTH: "APP" has SELECT`, 0, 0},
	{"a month is written by itself", "GRANT INSERT ON MONTH TO THIRD", postgres.FindingPrivilege, `MONTH: "THIRD" has INSERT`, 0, 0},
	{"a column of a month is written", "GRANT INSERT (recorded_at) ON MONTH TO THIRD", postgres.FindingPrivilege, `MONTH: "THIRD" has INSERT ("recorded_at")`, 0, 0},
	{"a column is changed", "GRANT UPDATE (comment) ON audit_entries TO APP", postgres.FindingPrivilege, `audit_entries: "APP" has UPDATE ("comment"); REVOKE UPDATE ("comment") ON`, 0, 0},
	{"recorded_at is set", "GRANT INSERT ON audit_entries TO APP", postgres.FindingPrivilege, `"APP" has INSERT: with INSERT on the whole table it can set recorded_at, xact, erased`, 0, 0},
	{"a transaction's number is forged", "GRANT INSERT (xact) ON audit_entries TO APP", postgres.FindingPrivilege, `"APP" has INSERT ("xact")`, 0, 0},
	{"an erasure is forged", "GRANT INSERT (object_label, erased) ON audit_entries TO APP", postgres.FindingPrivilege, `"APP" has INSERT ("erased")`, 0, 0},
	{"recorded_at is set by column", "GRANT INSERT (recorded_at) ON audit_entries TO APP", postgres.FindingPrivilege, `"APP" has INSERT ("recorded_at")`, 0, 0},
	{"it grants on", "GRANT SELECT ON audit_entries TO APP WITH GRANT OPTION", postgres.FindingPrivilege, `"APP" has SELECT`, 0, 0},
	{"references", "GRANT REFERENCES ON audit_entries TO APP", postgres.FindingPrivilege, `"APP" has REFERENCES`, 0, 0},
	{"triggers", "GRANT TRIGGER ON audit_entries TO THIRD", postgres.FindingPrivilege, `"THIRD" has TRIGGER`, 0, 0},
	{"maintenance", "GRANT MAINTAIN ON audit_entries TO APP", postgres.FindingPrivilege, `"APP" has MAINTAIN`, 17, 0},
	{"holds are released", "GRANT DELETE ON audit_holds TO APP", postgres.FindingPrivilege, `audit_holds: "APP" has DELETE`, 0, 0},
	{"everybody reads holds", "GRANT SELECT (reason) ON audit_holds TO PUBLIC", postgres.FindingPrivilege, `audit_holds: PUBLIC has SELECT ("reason")`, 0, 0},
	{"the list of months", "GRANT DELETE ON audit_months TO APP", postgres.FindingPrivilege, `audit_months: "APP" has DELETE`, 0, 0},
	{"the list of migrations", "GRANT UPDATE ON audit_migrations TO APP", postgres.FindingPrivilege, `audit_migrations: "APP" has UPDATE`, 0, 0},
	{"by default, tables", "ALTER DEFAULT PRIVILEGES IN SCHEMA SCHEMA GRANT UPDATE ON TABLES TO APP", postgres.FindingPrivilege, `"APP" will have UPDATE on tables`, 0, 0},
	{"by default, everywhere", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", postgres.FindingPrivilege, `PUBLIC will have SELECT on tables`, 0, 0},
	{"by default, functions", "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO APP", postgres.FindingPrivilege, `"APP" will have EXECUTE on functions`, 0, 0},

	{"the application makes functions", "SUPER GRANT CREATE ON SCHEMA SCHEMA TO APP", postgres.FindingPrivilege, `schema SCHEMA: "APP" can make functions in it`, 0, 0},
	{"everybody makes functions", "SUPER GRANT CREATE ON SCHEMA SCHEMA TO PUBLIC", postgres.FindingPrivilege, `schema SCHEMA: PUBLIC can make functions in it`, 0, 0},
	{"somebody makes functions", "SUPER GRANT CREATE ON SCHEMA SCHEMA TO THIRD", postgres.FindingPrivilege, `schema SCHEMA: "THIRD" can make functions in it`, 0, 0},
	{"a schema of somebody's", "SUPER ALTER SCHEMA SCHEMA OWNER TO THIRD", postgres.FindingPrivilege, `schema SCHEMA: "THIRD" can make functions in it`, 0, 0},
	{"a schema of the application's", "SUPER ALTER SCHEMA SCHEMA OWNER TO APP", postgres.FindingPrivilege, `can drop the tables as their schema's owner`, 0, 0},

	{"a month of somebody's", "SUPER ALTER TABLE MONTH OWNER TO THIRD", postgres.FindingRole, "MONTH: it belongs to THIRD, and audit_entries to", 0, 0},
	{"holds of somebody's", "SUPER ALTER TABLE audit_holds OWNER TO APP", postgres.FindingRole, "audit_holds: it belongs to APP", 0, 0},
	{"a role that writes everything", "SUPER GRANT pg_write_all_data TO APP", postgres.FindingPrivilege, `role "APP" records, and has UPDATE, DELETE, INSERT (recorded_at, xact, erased)`, 0, 0},
	{"a role that maintains everything", "SUPER GRANT pg_maintain TO APP", postgres.FindingPrivilege, `role "APP" records, and has MAINTAIN`, 17, 0},
	{"a role that runs programs", "SUPER GRANT pg_execute_server_program TO APP", postgres.FindingPrivilege, `role "APP" records, and is a member of pg_execute_server_program`, 0, 0},
	{"a role that makes roles", "SUPER ALTER ROLE APP CREATEROLE", postgres.FindingPrivilege, `role "APP" records, and has CREATEROLE`, 0, 16},
	{"the owner's member", "SUPER GRANT OWNER TO APP", postgres.FindingPrivilege, `role "APP" records, and can act as the tables' owner`, 0, 0},
	{"the owner's member without inheriting", "SUPER GRANT OWNER TO APP WITH INHERIT FALSE, SET FALSE, ADMIN TRUE", postgres.FindingPrivilege, `role "APP" records, and can act as the tables' owner`, 16, 0},
	{"a superuser", "SUPER ALTER ROLE APP SUPERUSER", postgres.FindingPrivilege, `role "APP" records, and is a superuser`, 0, 0},

	{"a policy that refuses", "CREATE POLICY x ON audit_entries AS RESTRICTIVE FOR INSERT TO APP WITH CHECK (action <> 'destroy');; " + orgPolicy, postgres.FindingPolicy, `the restrictive policy "x" is not that of docs/roles.md`, 0, 0},
	{"a policy that hides", "CREATE POLICY x ON audit_entries AS RESTRICTIVE FOR SELECT USING (actor_email <> 'dana@acme.test');; " + orgPolicy, postgres.FindingPolicy, `the restrictive policy "x" is not that of docs/roles.md`, 0, 0},
	{"a policy that opens the wall", "CREATE POLICY x ON audit_entries TO APP USING (true);; " + orgPolicy, postgres.FindingPolicy, `the policy "x" is not that of docs/roles.md`, 0, 0},
	{"a wall without a policy", "ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY", postgres.FindingPolicy, `row-level security refuses every entry of role "APP"`, 0, 0},
	{"a policy for somebody else", "CREATE POLICY org ON audit_entries TO THIRD USING (org_id = current_setting('audit.org', true));; ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY", postgres.FindingPolicy, `row-level security refuses every entry of role "APP"`, 0, 0},
	{"a wall that is down", orgPolicy + ";; ALTER TABLE audit_entries DISABLE ROW LEVEL SECURITY", postgres.FindingPolicy, "it has policies, but row-level security is disabled", 0, 0},
	{"a wall before the owner", orgPolicy + ";; ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY", postgres.FindingPolicy, "row-level security holds its owner too", 0, 0},
	{"a wall in a month", "ALTER TABLE MONTH ENABLE ROW LEVEL SECURITY", postgres.FindingPolicy, "MONTH: row-level security is enabled", 0, 0},
	{"a hole for the application", orgPolicy + ";; SUPER ALTER ROLE APP BYPASSRLS", postgres.FindingPrivilege, `role "APP" records, and has BYPASSRLS`, 0, 0},

	{"no triggers for a role", "SUPER ALTER ROLE APP SET session_replication_role = replica", postgres.FindingSetting, `session_replication_role is "replica" for role "APP": triggers do not run`, 0, 0},
	{"no triggers for another role", "SUPER ALTER ROLE THIRD SET session_replication_role = replica", postgres.FindingSetting, `for role "THIRD": triggers do not run`, 0, 0},
	{"no triggers in the database", "SUPER ALTER ROLE APP IN DATABASE DATABASE SET session_replication_role = replica", postgres.FindingSetting, `for role "APP" in this database: triggers do not run`, 0, 0},
	{"silent capture", "SUPER ALTER ROLE APP SET audit.skip = 'order'", postgres.FindingSetting, `audit.skip is "order" for role "APP"`, 0, 0},
	{"a forged actor", `SUPER ALTER ROLE APP SET audit.context = '{"actor_id":"x"}'`, postgres.FindingSetting, `entries of triggers name the actor that it says`, 0, 0},
	{"reads that fail", "SUPER ALTER ROLE APP SET row_security = off", postgres.FindingSetting, `row_security is "off" for role "APP"`, 0, 0},
	{"a path past the log", "SUPER ALTER ROLE APP SET search_path = nowhere", postgres.FindingSetting, `it does not find the log, which is in schema "SCHEMA"`, 0, 0},
	{"a path to another log", "SUPER CREATE TABLE HOST.audit_entries (id int);; SUPER ALTER ROLE APP IN DATABASE DATABASE SET search_path = HOST, SCHEMA", postgres.FindingSetting, `it finds audit_entries in schema "HOST", and not the log`, 0, 0},
	{"a path by the application's own schema", "SUPER ALTER SCHEMA HOST OWNER TO APP;; SUPER ALTER ROLE APP SET search_path = HOST, SCHEMA", postgres.FindingSetting, `the role can make a table audit_entries in schema "HOST"`, 0, 0},
	{"a table before the log", "SUPER CREATE TABLE HOST.audit_entries (id int);; SUPER ALTER TABLE HOST.audit_entries OWNER TO APP", postgres.FindingShadow, `HOST.audit_entries is of role "APP", which records, and can stand before the log`, 0, 0},
	{"whoever may switch triggers off", "SUPER GRANT SET ON PARAMETER session_replication_role TO APP", postgres.FindingPrivilege, `"APP" may set session_replication_role, and so switch triggers off`, 15, 0},

	{"another migration", "UPDATE audit_migrations SET checksum = 'x' WHERE version = 2", postgres.FindingMigration, "it says that migration 0002_holds.sql is another file", 0, 0},
	{"a migration that is not listed", "DELETE FROM audit_migrations WHERE version = 1", postgres.FindingMigration, "migration 0001_entries.sql is not applied", 0, 0},
	{"a later migration", "INSERT INTO audit_migrations (version, name, checksum) VALUES (99, '0099_later.sql', 'x')", postgres.FindingMigration, "migration 0099_later.sql was applied, which this version of the library does not know", 0, 0},
}
