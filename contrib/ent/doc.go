// Package auditent records by itself what ent creates, updates and deletes, in
// ent's own transaction:
//
//	hook, err := auditent.New(trail, auditent.Tx(store.SQLTx), auditent.Options{})
//	if err != nil {
//		return err
//	}
//	client.Use(hook)
//
// Mutations have to be in a transaction (client.Tx, or whatever the function
// for transactions knows); those outside of one fail, since their entries could
// not share it. [Tx] adapts ent's own for package postgres, with code that is
// generated with --feature sql/execquery. For SQLite see [Driver].
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
// The entities as they are in the database before and after a mutation, bulk
// mutations included: one more query for a create or delete, and two for an
// update, beside the one for the IDs that a mutation covers. On PostgreSQL the
// rows are locked in between. Entities are recorded as the structs that they
// are, so package audit's rules and tags count (field.StructTag), and values of
// names like password are redacted. That a field is Sensitive is not known, and
// ent gives it no tag of its own: name it in audit.Config's Redact. But where
// any field of the entity has an audit tag, ent itself tags the sensitive ones
// with audit:"-", so that these are not recorded at all.
//
// # What is not
//
//   - Edges that are no field of the entity: declare theirs with edge.Field.
//     Rows of join tables are no entities, and never recorded.
//   - Raw SQL, and what the database does to other rows by itself.
//   - Whether an upsert (OnConflict) met a row: ent does not say. It is recorded
//     as a create, of the entity as it then is.
//   - Entities whose ID has a column of another name (StorageKey): they fail.
//
// A mutation that cannot be recorded returns an error. Mostly it is told before
// anything has changed; in any case, roll the transaction back.
package auditent
