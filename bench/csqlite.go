//go:build csqlite && cgo

// The C engine takes a minute to compile and a compiler to do it, so only
// "make bench" asks for it, by this tag.

package main

import _ "github.com/mattn/go-sqlite3"
