package pgtest_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
)

// fakeTB records how a test ended.
type fakeTB struct {
	testing.TB
	ended string
}

func (*fakeTB) Helper() {}

func (t *fakeTB) Skip(args ...any) {
	t.ended = "skipped: " + fmt.Sprint(args...)
	runtime.Goexit()
}

func (t *fakeTB) Fatal(args ...any) {
	t.ended = "failed: " + fmt.Sprint(args...)
	runtime.Goexit()
}

func (t *fakeTB) Skipf(format string, args ...any) { t.Skip(fmt.Sprintf(format, args...)) }

func (t *fakeTB) Fatalf(format string, args ...any) { t.Fatal(fmt.Sprintf(format, args...)) }

// ending says how a test that asks for something ends.
func ending(t *testing.T, ask func(testing.TB)) string {
	t.Helper()
	fake := &fakeTB{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		ask(fake)
	}()
	<-done
	return fake.ended
}

func TestWithoutAServer(t *testing.T) {
	server := func(t testing.TB) { pgtest.URL(t) }
	t.Setenv(pgtest.URLVariable, "")
	t.Setenv(pgtest.RequireVariable, "")
	assert.Contains(t, ending(t, server), "skipped: no PostgreSQL server: set AUDIT_TEST_DATABASE_URL")
	t.Setenv(pgtest.RequireVariable, "1")
	assert.Contains(t, ending(t, server), "failed: no PostgreSQL server: set AUDIT_TEST_DATABASE_URL")
	t.Setenv(pgtest.URLVariable, "host=localhost password=secret")
	assert.Equal(t, "failed: AUDIT_TEST_DATABASE_URL must be a postgres:// URL", ending(t, server))
}

func TestNew(t *testing.T) {
	t.Parallel()
	schemas := map[string]bool{}
	for range 2 {
		var schema string
		require.NoError(t, pgtest.New(t).QueryRow(t.Context(), "SELECT current_schema()").Scan(&schema))
		schemas[schema] = true
	}
	assert.Len(t, schemas, 2, "each its own")
}
