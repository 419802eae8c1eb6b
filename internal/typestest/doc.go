// Package typestest tests what docs/types.md says: how audit.Log.Record,
// triggers and GORM record the types that people use with PostgreSQL. It is a
// separate module, so that nobody else gets its dependencies.
package typestest
