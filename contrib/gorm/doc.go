// Package auditgorm records what GORM creates, updates and deletes, in the
// transaction of the statement:
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
// On PostgreSQL, one pool is enough for GORM and the log:
//
//	pool, err := pgxpool.New(ctx, url)
//	…
//	db, err := gorm.Open(postgres.New(postgres.Config{Conn: stdlib.OpenDBFromPool(pool)}))
//	store := auditpostgres.New(pool)
//
// If GORM opens the pool, give the *sql.DB that db.DB() returns to
// auditpostgres.NewSQL.
//
// # What is recorded
//
// Creates, updates and deletes that go through GORM's callbacks, with the rows
// of associations and of join tables. A test checks each line of the table, on
// SQLite and on PostgreSQL. "nothing" means that no row has changed, or that
// the SQL is the host's own.
//
//	Create(&author)                                                         → create author
//	Create(&authors)                                                        → create author
//	CreateInBatches(&books, 2)                                              → create book
//	Session(&gorm.Session{CreateBatchSize: 1}).Create(&books)               → create book
//	Create(&author) with its associations                                   → create agency, create author, create book, create author_tags
//	Create(&author) with embedded structs, serializers and own types        → create author
//	Omit(clause.Associations).Create(&author)                               → create author
//	Select("Name").Create(&author)                                          → create author
//	Model(&Author{}).Create(map[string]any{…})                              → create author
//	Model(&Author{}).Create(&[]map[string]any{…})                           → create author
//	Table("books").Create(map[string]any{…})                                → create book
//	Table("books").Create(&[]map[string]any{…})                             → create book
//	Table("books_2025").Create(&book)                                       → create books_2025, create books_2026
//	Create(&hours) with a key of zero                                       → create hours
//	Create(&rate) with a composite key                                      → create rate
//	Create(&pairing) in a join table without a key                          → create pairing
//	Create(&line) in a table without a key                                  → create line
//	Create(&hooked) with hooks                                              → create hooked, create agency
//	Session(&gorm.Session{SkipHooks: true}).Create(&hooked)                 → create hooked
//	Clauses(clause.Returning{}).Create(&author)                             → create author
//	Clauses(clause.OnConflict{DoNothing: true}).Create(&tags)               → nothing
//	Clauses(clause.OnConflict{Columns, DoUpdates}).Create(&tag)             → update tag
//	Clauses(clause.OnConflict{Columns, DoUpdates, Where}).Create(&tag)      → nothing
//	Clauses(clause.OnConflict{UpdateAll: true}).Create(&rates)              → update rate, create rate
//	Clauses(clause.OnConflict{…}) that assigns to the key                   → refused
//	Save(&author) with a key                                                → update author
//	Save(&rate) that is new                                                 → create rate
//	Save(&rates)                                                            → update rate, create rate
//	FirstOrCreate(&tag, Tag{…}) that is new                                 → create tag
//	Where(…).Assign(Tag{…}).FirstOrCreate(&tag) that is there               → update tag
//	FirstOrInit(&tag, Tag{…})                                               → nothing
//	Model(&author).Update("name", …)                                        → update author
//	Model(&author).Update("age", nil)                                       → update author
//	Model(&author).Updates(Author{…})                                       → update author
//	Model(&author).Updates(map[string]any{…})                               → update author
//	Model(&author).Select("Age").Updates(Author{…})                         → update author
//	Model(&author).Omit("Name").Updates(…)                                  → update author
//	Model(&Author{}).Where(…).Update(…) on many rows                        → update author
//	Model(&book).Update("price", gorm.Expr(…))                              → update book
//	Model(&author).Update("name", subQuery)                                 → update author
//	Table("authors").Where(…).Update("name", subQuery)                      → update author
//	Table("authors AS a").Where(…).Updates(map[string]any{…})               → update author
//	Table("books_2025").Where(…).Updates(map[string]any{…})                 → create books_2025, update books_2025
//	Clauses(clause.From{…}).Update(…) from another table                    → update author
//	Model(&author).UpdateColumn("level", …)                                 → update author
//	Model(&author).UpdateColumns(Author{…})                                 → update author
//	Clauses(clause.Returning{}).Update(…)                                   → update book
//	Model(&hooked).Update(…) with hooks                                     → create hooked, update hooked
//	Model(&author).Update(…) to the value it has                            → nothing
//	Model(&Line{}).Where(…).Update(…) of one row without a key              → update line
//	Scopes(…).Update(…)                                                     → update book
//	Clauses(clause.Update{Modifier: "OR REPLACE"}).Update(…)                → refused
//	Clauses(clause.Insert{Modifier: "OR REPLACE"}).Create(…)                → refused
//	Delete(&book)                                                           → destroy book
//	Delete(&Book{}, []int{1, 2})                                            → destroy book
//	Where(…).Delete(&Book{})                                                → destroy book
//	Clauses(clause.Returning{}).Delete(&books)                              → destroy book
//	Table("books").Where(…).Delete(nil)                                     → destroy book
//	Delete(&author) with gorm.DeletedAt                                     → destroy author
//	Unscoped().Delete(&author)                                              → destroy author
//	Unscoped().Model(&author).Update("deleted_at", nil)                     → update author
//	Delete(&seconds) with soft_delete.DeletedAt                             → destroy seconds
//	Delete(&millis) with softDelete:milli                                   → destroy millis
//	Delete(&flagged) with softDelete:flag                                   → destroy flagged
//	Where(…).Delete(&Pairing{}) without a key                               → destroy pairing
//	Delete(&rate) with a composite key                                      → destroy rate
//	Select("Books").Delete(&author)                                         → destroy book, destroy author
//	Association("Books").Append(&book)                                      → create book
//	Association("Books").Append(&book) of another                           → update book
//	Association("Books").Replace(&book)                                     → update book
//	Association("Books").Delete(&book)                                      → update book
//	Association("Books").Clear()                                            → update book
//	Association("Books").Unscoped().Clear()                                 → destroy book
//	Association("Profile").Replace(&profile)                                → create profile, update profile
//	Association("Agency").Append(&agency)                                   → create agency, update author
//	Association("Agency").Clear()                                           → update author
//	Association("Tags").Append(&tag)                                        → create tag, create author_tags
//	Association("Tags").Replace(&tag)                                       → create author_tags, destroy author_tags
//	Association("Tags").Delete(&tag)                                        → destroy author_tags
//	Association("Tags").Clear()                                             → destroy author_tags
//	Session(&gorm.Session{FullSaveAssociations: true}).Updates(&author)     → update agency, update author
//	gorm.G[Book](db).Create(ctx, &book)                                     → create book
//	gorm.G[Book](db).Where(…).Update(ctx, "price", …)                       → update book
//	gorm.G[Book](db).Where(…).Delete(ctx)                                   → destroy book
//	Transaction(…) that is rolled back                                      → nothing
//	Transaction(…) within another, rolled back by itself                    → destroy book
//	SavePoint(…) and RollbackTo(…)                                          → destroy book
//	Session(&gorm.Session{DryRun: true}).Create(&book)                      → nothing
//	Session(&gorm.Session{PrepareStmt: true}).Create(&book)                 → create book
//	Session(&gorm.Session{AllowGlobalUpdate: true}).Model(&Tag{}).Update(…) → update tag
//	Exec("UPDATE books …")                                                  → nothing
//
// The plugin executes the statement that GORM has built. It first reads the rows
// by the statement's own condition, and locks them if the database can. It adds a
// RETURNING clause, which says which rows the statement changed. It then reads
// those again. So an entry holds what the database held and holds: NULL as null,
// defaults, triggers, expressions such as gorm.Expr("n + 1"), and none of the
// fields that Select or Omit kept out. That is one more query for a create or
// delete, and two for an update or an upsert, beside the entry itself.
//
// The given values may not decide which rows an upsert meets, for example
// because of another constraint, an expression, a default or a trigger. Such an
// upsert is executed, undone and executed again if it meets rows that were not
// read. On PostgreSQL the plugin does the same for an update or delete whose
// condition is not on the primary key. Another transaction may commit matching
// rows after the plugin has read. Such a statement has a savepoint.
// Model(&author) makes a condition on the key.
//
// # Fields
//
// Fields are recorded under the names of their columns, in the order of the
// model, with the audit tags that the model has; see package audit. Columns
// that the model lacks come last. Fields without a column (associations,
// gorm:"-") are not recorded. Neither are updated_at and lock_version, unless
// an audit tag or Config.Record names them. A field with a serializer is
// recorded as the model holds it if the serializer is one of GORM's (json, gob,
// unixtime). Any other serializer may encrypt, so its fields are redacted
// unless tagged `audit:",plain"`, and that the stored value changed is
// recorded. The same holds for a type that is a serializer itself.
//
// A soft delete is recorded as a destroy, with every kind of field that marks
// it: for the application, the record is gone. Bringing it back is recorded as
// an update of that field.
//
// # Objects
//
// The object's type is the model's name in snake_case. A join table without a
// model of SetupJoinTable has its own name as the type. The ID is the primary
// key, which may be zero. A model's method AuditObject overrides both. If a
// statement names another table than the model's, as db.Table("orders_2026")
// does, that table is the type: rows of two tables are never one object.
// Options.Skip and Options.Only mean the statement's table. Two models of one
// name, in two packages, need a method AuditObject.
//
// A statement may have no model, or the model of another table. The plugin then
// takes the model, with its audit tags, that Options.Models gives for the
// table. Otherwise it takes the one that it has seen in other statements. For a
// table without a model, it takes the audit tags of the first of these: the
// statement's model, the model of an earlier statement on the table, the model
// whose table it is a part of. orders_2026 is a part of orders if it has all of
// its columns. If there is none, the table's name is the type, and the columns
// and the key are those of the database's catalogue. Secrets are then found
// only by their names. So if such statements may come first, name the models
// that have audit tags in Options.Models.
//
// The key's columns are the ID and are not among the changes. The ID in a join
// table without a key is the values of the columns that end in _id, if there
// are at least two. Other tables without a key have an ID made of the row's
// values, which changes with an update.
//
// # What is not
//
//   - Raw SQL (db.Exec, db.Raw, migrations). Capture it by calling
//     [audit.Log.Record], or by triggers in the database.
//   - Changes that the database makes to other rows: by ON DELETE CASCADE, and
//     by triggers beside the statement's rows.
//
// An audited statement that cannot be followed fails, and changes nothing. So
// no change goes unrecorded in silence. These are refused:
//
//   - a change of the primary key, by an update or by an upsert
//   - more rows than Options.MaxRows
//   - an upsert of a table without any key on PostgreSQL (SQLite numbers such
//     rows)
//   - on such a table, an update by an expression, if rows are alike in all other
//     columns
//   - OR REPLACE, OR FAIL and OR ROLLBACK, and on SQLite tables with a constraint
//     declared ON CONFLICT REPLACE: they remove rows, or stop half-way
//   - a DELETE with other tables in its own FROM clause
//   - SQL that was written into the statement itself
//
// # Transactions
//
// A statement that cannot be recorded fails, and its change is rolled back. In
// the host's own transaction, the plugin rolls back all of it. So a host that
// overlooks the error cannot commit the change without its entry. If GORM's
// SkipDefaultTransaction is set, the plugin begins a transaction for each
// audited statement that is in none.
//
// On SQLite the plugin takes the write lock before it reads. If the host's own
// transaction reads first, it needs _txlock=immediate; see package sqlite.
package auditgorm
