package pgtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ClientVariable names the folder of pg_dump and pg_restore. Without it, they are
// looked for where Debian has them, and then on the PATH.
const ClientVariable = "AUDIT_TEST_PG_DUMP_BIN"

// Client returns the path of pg_dump or pg_restore. They refuse a server that is
// newer than they are: if there is no other, Client skips the test. A test that
// needs them runs in make test nevertheless, on the oldest server.
func Client(t testing.TB, program string) string {
	t.Helper()
	path, newest, server := findClient(t, program)
	if path == "" && newest == 0 {
		missing(t, "no "+program+": install PostgreSQL's client, or set "+ClientVariable+" to its folder")
	}
	if path == "" {
		t.Skipf("%s %d is older than the server, %d: set %s to the folder of a newer one", program, newest, server, ClientVariable)
	}
	return path
}

// FindClient is Client for tests that have another way: without a program that
// suits the server, it returns "".
func FindClient(t testing.TB, program string) string {
	t.Helper()
	path, _, _ := findClient(t, program)
	return path
}

func findClient(t testing.TB, program string) (path string, newest, server int) {
	t.Helper()
	server = serverVersion(t, URL(t))
	for _, path := range clientPaths(program) {
		version := clientVersion(path)
		if version >= server {
			return path, version, server
		}
		newest = max(newest, version)
	}
	return "", newest, server
}

// clientPaths returns the paths at which a program may be, the best first.
func clientPaths(program string) []string {
	if folder := os.Getenv(ClientVariable); folder != "" {
		return []string{filepath.Join(folder, program)}
	}
	paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	slices.SortFunc(paths, func(a, b string) int { return clientVersion(b) - clientVersion(a) })
	if path, err := exec.LookPath(program); err == nil {
		paths = append(paths, path)
	}
	return paths
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// clientVersion returns a program's major version, or 0 if it does not run.
func clientVersion(path string) int {
	output, _ := exec.Command(path, "--version").Output()
	found := versionPattern.FindSubmatch(output)
	if found == nil {
		return 0
	}
	version, _ := strconv.Atoi(string(found[1]))
	return version
}

// serverVersion returns the server's major version.
func serverVersion(t testing.TB, server string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connecting to the server of %s: %v", URLVariable, err)
	}
	defer conn.Close(ctx)
	var version int
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int / 10000").Scan(&version); err != nil {
		t.Fatalf("asking for the server's version: %v", err)
	}
	return version
}
