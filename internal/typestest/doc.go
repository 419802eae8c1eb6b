// Package typestest holds docs/types.md true: how the types that people use
// with PostgreSQL are recorded, by audit.Log.Record, by triggers and through
// GORM. It is a module of its own, so that nobody else gets its dependencies.
package typestest
