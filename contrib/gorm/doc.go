// Package auditgorm records by itself what GORM creates, updates and deletes,
// in the transaction of the statement:
//
//	plugin, err := auditgorm.New(trail, store.SQLTx, auditgorm.Options{}) // sqlite: store.Tx
//	if err != nil {
//		return err
//	}
//	err = db.Use(plugin)
//	…
//	db.WithContext(ctx).Model(&key).Update("name", "deploy") // recorded
//
// Who did it, for which organization and from where comes from the context, so
// every statement needs WithContext.
//
// On PostgreSQL, one pool is enough for GORM and the log, whoever opens it:
//
//	pool, err := pgxpool.New(ctx, url)
//	…
//	db, err := gorm.Open(postgres.New(postgres.Config{Conn: stdlib.OpenDBFromPool(pool)}))
//	store := auditpostgres.New(pool)
//
// or, with what GORM opened, auditpostgres.NewSQL(opened), where db.DB() gives
// opened.
//
// # What is recorded
//
// Creates, updates and deletes that go through GORM's callbacks: Create,
// CreateInBatches, Save, Update, Updates, UpdateColumn, Delete, FirstOrCreate,
// upserts, those on many rows at once (Model(&T{}).Where(…).Update(…)), and the
// rows of associations, join tables included.
//
// The rows that a statement is about are read before it by its own condition,
// and locked where the database can, and read again after it by their primary
// key. So an entry holds what the database held and holds: its defaults and
// triggers, expressions such as gorm.Expr("n + 1"), and none of the fields that
// Select or Omit kept out. That is one more query for a create or delete, and
// two for an update, beside the entry itself.
//
// Fields are recorded under the names of their columns, in the order of the
// model, with the audit tags that the model has; see package audit. Fields
// that are no columns (associations, gorm:"-") are not recorded. The object's
// type is the model's name in snake_case (of a join table, its name), its ID
// the primary key; a model with a method AuditObject says both itself.
//
// A soft delete is recorded as a destroy: for the application, the record is
// gone. Bringing it back is recorded as an update of deleted_at.
//
// # What is not
//
//   - Raw SQL (db.Exec, db.Raw, migrations), which has no model. Capture it by
//     calling [audit.Log.Record], or by triggers in the database.
//   - What the database does to other rows by itself: ON DELETE CASCADE.
//
// Of a statement that is audited but that cannot be followed (without a model,
// without a primary key, more rows than Options.MaxRows, an update that changes
// the primary key or joins another table), nothing happens: it fails. Nothing
// is left out in silence.
//
// # Transactions
//
// A statement that cannot be recorded fails, and its change is rolled back. In
// a transaction of the host's own, the whole of it is rolled back then, so that
// a host that overlooks the error cannot commit the change without its entry.
// Where GORM's SkipDefaultTransaction is set, the plugin begins a transaction
// for each audited statement that is in none.
//
// On SQLite an update reads before it writes, so let transactions take the
// write lock when they begin (_txlock=immediate; see package sqlite).
package auditgorm
