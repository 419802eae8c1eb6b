// Package migration brings a database to the schema that the library needs. It
// reads numbered SQL files, compares them with what the database says has been
// applied, and applies the rest. It knows nothing of any database: a store
// gives it a [Database].
package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
)

// Migration is one numbered file of SQL.
type Migration struct {
	Version int
	// Name is the file's name, such as "0001_entries.sql".
	Name string
	SQL  string
}

// Checksum returns the SHA-256 of the file, in hexadecimal.
func (m Migration) Checksum() string {
	sum := sha256.Sum256([]byte(m.SQL))
	return hex.EncodeToString(sum[:])
}

var namePattern = regexp.MustCompile(`^([0-9]{4})_[a-z][a-z0-9]*(?:_[a-z0-9]+)*\.sql$`)

// ParseName returns the version that a file's name begins with. Names are
// strict ("0001_entries.sql"), so that their order as text is their order as
// numbers, in every tool that may apply them.
func ParseName(name string) (version int, err error) {
	parts := namePattern.FindStringSubmatch(name)
	if parts == nil {
		return 0, fmt.Errorf(`parsing migration name %q: want four digits and a lower-case name, as in "0001_entries.sql"`, name)
	}
	version, err = strconv.Atoi(parts[1])
	if err != nil {
		return 0, fmt.Errorf("parsing migration name %q: %w", name, err)
	}
	if version == 0 {
		return 0, fmt.Errorf("parsing migration name %q: versions begin with 0001", name)
	}
	return version, nil
}

// Read returns the migrations in the root of a file system, in order. Every
// file there must be one, and the versions are 1, 2, 3 … without a gap: a file
// left out by mistake must not go unnoticed.
func Read(fsys fs.FS) ([]Migration, error) {
	files, err := fs.ReadDir(fsys, ".") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("reading migrations: there are none")
	}
	migrations := make([]Migration, len(files))
	for i, file := range files {
		version, err := ParseName(file.Name())
		if err != nil {
			return nil, fmt.Errorf("reading migrations: %w", err)
		}
		if version != i+1 {
			return nil, fmt.Errorf("reading migrations: %s is where version %04d should be", file.Name(), i+1)
		}
		text, err := fs.ReadFile(fsys, file.Name())
		if err != nil {
			return nil, fmt.Errorf("reading migrations: %w", err)
		}
		migrations[i] = Migration{Version: version, Name: file.Name(), SQL: string(text)}
	}
	return migrations, nil
}
