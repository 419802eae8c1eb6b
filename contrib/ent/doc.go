// Package auditent records what ent creates, updates and deletes, in the
// transaction of the change:
//
//	hook, err := auditent.New(trail, auditent.Tx(store.SQLTx), auditent.Options{}) // sqlite: store.Tx
//	if err != nil {
//		return err
//	}
//	err = auditent.Use(client, hook)
//	…
//	client.User.Create().SetName("Dana").Exec(ctx) // recorded
//
// A mutation in a transaction (client.Tx) is recorded in that. If there is
// none, the hook begins one, which ends with the mutation. So the entry exists
// if and only if the change does. Hosts that open the client on [Wrap], or make
// every change in a transaction, can register the hook with client.Use instead.
// [Driver] is for transactions begun with package database/sql.
//
// Who did it, for which organization and from where comes from the context.
//
// On PostgreSQL, one pool is enough for ent and the log:
//
//	pool, err := pgxpool.New(ctx, url)
//	…
//	driver := entsql.OpenDB(dialect.Postgres, stdlib.OpenDBFromPool(pool))
//	store := postgres.New(pool)
//
// or postgres.NewSQL(db) with a *sql.DB that pgx opened.
//
// # What is recorded
//
// The hook follows the statements that ent executes for a mutation. It reads
// the rows of each statement before it, and again after it by their primary
// key. It uses no interceptor and no policy. On PostgreSQL the rows are locked
// in between. A mutation, with those that its hooks make, has one entry for
// each row that it leaves changed, in the order of the changes.
//
// The object's type is the entity's name in snake_case. The type of a join
// table is the table's name. The ID is the primary key. If that has several
// columns, the ID joins them by commas, as in "7,12". An entity's method
// AuditObject overrides both. All other columns are recorded under their names
// in the database, foreign keys of edges too, with the audit tags of the fields
// (field.StructTag); see package audit. An entry of a join table has no
// changes, since its ID has all columns.
//
// mixin.Time sets update_time in every update. Name it in [audit.Config] Ignore
// if you do not want it in each entry. An update of nothing else then has no
// entry.
//
// Builders and features:
//
//	Create                              a create
//	CreateBulk                          creates, in the order given
//	MapCreateBulk                       creates, in the order given
//	Update                              an update for each row that changed
//	UpdateOne, UpdateOneID              an update; nothing if no column changed, or none was found
//	Delete, DeleteOne, DeleteOneID      a destroy for each row
//	OnConflict, UpdateNewValues         an update of the row that was there, else a create
//	upserts of many                     the same, for each row
//	Ignore, DoNothing                   nothing for the row that was there
//	ConflictWhere, UpdateWhere          updates only where the row was updated
//	ConflictConstraint, no columns      as with columns
//	Modify (sql/modifier)               what the rows are in the end
//	ForUpdate (sql/lock)                nothing more
//	ExecContext (sql/execquery)         nothing: it is raw SQL
//	Tx: Commit, Rollback, OnCommit      only what was committed
//	Tx within a hook                    a savepoint, if the package's hook began the transaction
//	Debug                               the same
//	AlternateSchema (sql/schemaconfig)  the same, in any schema
//
// Edges. A column is recorded on the row that has it, from whichever side the
// edge is set:
//
//	O2O                        an update of the row with the foreign key
//	O2O, same type             updates of both rows
//	O2M                        an update of each row that was added, removed or cleared
//	O2M, on create             the create, then these updates
//	O2M, same type             the same
//	edge.Field                 the field
//	M2M                        creates and destroys of the join table's rows
//	M2M, same type             the same
//	M2M, bidirectional         the same, of both rows
//	edge schemas               creates, updates and destroys of their entities
//	OnDelete(Cascade), SET NULL  nothing: the database does that by itself
//
// Hooks, mixins, policies and interceptors:
//
//	schema hooks        what they made of the mutation, and the mutations that they make
//	runtime hooks       the same, before and after the package's hook
//	mixin.Time          its columns
//	soft deletes        a destroy: a Delete that a hook turns into an update
//	bringing back       an update
//	deleting for good   a destroy
//	query policies      all rows, of types that nobody may query too
//	mutation policies   only what they let through
//	interceptors        all rows, those that they hide too
//
// Fields:
//
//	Optional, Nillable     NULL as null, and not as the zero value
//	Sensitive              that it changed, and never the value
//	Bool, Int, Float       as they are
//	Enum                   the text that is stored
//	UUID                   a text
//	Time                   a time
//	Bytes                  hexadecimal
//	JSON                   the document, whatever its Go type
//	JSON, secrets within   redacted by name, and by the audit tags of the Go type
//	JSON, url.URL          a text
//	GoType                 as package audit records the type
//	ValueScanner           the column, which may hold an encrypted value
//	StorageKey, StructTag  under the tag's name, else the column's
//	StructTag audit:"-"    nothing
//	field.ID, UUID as ID   the object's ID
//
// The package's hook must see the Delete that a soft delete began as, so
// register your run-time hook after it. The destroy has the row as it was
// before. Bringing the row back is an update of the column that marks it, such
// as delete_time.
//
// A value that is encrypted with a random nonce differs each time it is set. Make
// the field Sensitive, or tag it audit:",redact", to keep the cipher text out of
// the log.
//
// # What is not
//
// Raw SQL, the database's own triggers and foreign keys, and rows that ent does
// not write: capture these by triggers, or with [audit.Log.Record].
//
// ent's migrations give foreign keys an action without being asked. The rows of
// a join table go with the row on either side (CASCADE). The foreign key of an
// edge that is not required is cleared (SET NULL). To record these too, clear
// the edges before the delete, in one transaction:
//
//	tx.User.UpdateOneID(id).ClearGroups().ClearPets().Exec(ctx)
//	tx.User.DeleteOneID(id).Exec(ctx)
//
// What cannot be followed is refused before it is executed, and fails:
//
//	Modify of the primary key      create a new row instead
//	upserts of the primary key     leave it out with SetIgnore
//	Modify with Prefix             give the condition by Where
//	upserts by unset columns       set all columns of the conflict
//	tables without a primary key   give it one, or name the type in Options.Skip
//
// So are statements on more rows than Options.MaxRows, and databases other than
// SQLite and PostgreSQL. If the client is not on [Wrap], mutations outside of
// transactions are refused too. If a change was made and then cannot be
// recorded, the mutation fails, and the transaction cannot be committed any
// more.
//
// On PostgreSQL, another transaction may commit between the hook's read and the
// statement, so that the statement changes a row that was not read: an upsert
// updates what was just inserted. The error ends in "try again": repeat the
// transaction, as after a deadlock.
//
// On SQLite let transactions take the write lock when they begin
// (_txlock=immediate; see package sqlite). Outside of transactions, a hook that
// writes before a CreateBulk of several waits for itself there: use client.Tx.
package auditent
