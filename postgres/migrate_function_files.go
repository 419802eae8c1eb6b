package postgres

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed migrations/functions/*.sql
var functionFiles embed.FS

// function is one of the library's functions in the database, as its file in
// migrations/functions makes it.
type function struct {
	// name is the function's, file the one that audit_migrations records.
	name, file string
	// sql makes or replaces the function.
	sql string
	// head is the part between the name and the body, from the arguments on.
	head, body string
}

// functions are the library's functions, in the order in which they can be made.
var functions = sync.OnceValue(func() []function {
	files, err := fs.Glob(functionFiles, "migrations/functions/*.sql")
	if err != nil {
		panic(err) // only for an invalid pattern, and this one is constant
	}
	all := make([]function, len(files))
	for i, file := range files {
		text, err := functionFiles.ReadFile(file)
		if err != nil {
			panic(err) // the file is embedded
		}
		if all[i], err = parseFunction(path.Base(file), string(text)); err != nil {
			panic(err) // a test reads every file
		}
	}
	return all
})

var functionPattern = regexp.MustCompile(`(?s)^CREATE OR REPLACE FUNCTION (\w+)(\(.*?) AS \$\$(.*?)\$\$;\n`)

func parseFunction(file, text string) (function, error) {
	_, sql, _ := strings.Cut("\n"+text, "\nCREATE ")
	sql = "CREATE " + sql
	parts := functionPattern.FindStringSubmatch(sql)
	if parts == nil || parts[1]+".sql" != file {
		return function{}, fmt.Errorf("functions/%s does not make the function of its name", file)
	}
	return function{name: parts[1], file: "functions/" + file, sql: sql, head: parts[2], body: parts[3]}, nil
}

// digest is the SHA-256 of the statements, in hexadecimal.
func (f function) digest() string {
	sum := sha256.Sum256([]byte(f.sql))
	return hex.EncodeToString(sum[:])
}

// attributes are what the head says beside arguments and result, as
// checkFunctions reads them from the catalogue.
func (f function) attributes() string {
	_, head, _ := strings.Cut(f.head, "LANGUAGE ")
	language, _, _ := strings.Cut(head, " ")
	attributes := []string{language}
	for _, word := range []string{"IMMUTABLE", "STABLE", "STRICT", "PARALLEL SAFE"} {
		if strings.Contains(head, word) {
			attributes = append(attributes, word)
		}
	}
	return strings.Join(attributes, " ")
}

// includeFunctions is the line of a numbered file at which the functions are made.
const includeFunctions = "-- include functions\n"

// withFunctions puts the functions into the SQL of a numbered file, if it includes
// them.
func withFunctions(sql string) string {
	if !strings.Contains(sql, includeFunctions) {
		return sql
	}
	var all strings.Builder
	for _, f := range functions() {
		all.WriteString("\n" + f.sql)
	}
	return strings.Replace(sql, includeFunctions, all.String(), 1)
}
