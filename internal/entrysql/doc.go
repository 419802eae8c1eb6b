// Package entrysql holds what the two SQL stores share: the one table of columns
// (how an entry becomes a row of audit_entries and comes back), and the statements
// that both read with. What only one of them does is in its own package.
package entrysql
