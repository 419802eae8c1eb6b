package repotest_test

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	namedTest = regexp.MustCompile("`(\\w+)\\.((?:Test|Fuzz)\\w+)`")
	threatRow = regexp.MustCompile(`(?m)^\| (T-\d\d) \|.*$`)
)

func TestSafetyDocumentNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/safety.md")
	tests := allTests(t)
	rows := threatRow.FindAllStringSubmatch(text, -1)
	require.GreaterOrEqual(t, len(rows), 22)
	for i, row := range rows {
		if i > 0 {
			require.Greater(t, row[1], rows[i-1][1], "threats are in order")
		}
		named := namedTest.FindAllStringSubmatch(row[0], -1)
		assert.NotEmpty(t, named, "%s names no test", row[1])
	}
	for _, named := range namedTest.FindAllStringSubmatch(text, -1) {
		assert.True(t, tests[named[1]+"."+named[2]], "docs/safety.md names %s.%s, which does not exist", named[1], named[2])
	}
}

// allTests returns the test functions of the tree, each behind the last part
// of its folder's name; the root's is audit.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	walk(t, func(name string) {
		if !strings.HasSuffix(name, "_test.go") {
			return
		}
		folder := path.Base(path.Dir(name))
		if folder == "." {
			folder = "audit"
		}
		for _, found := range testFunc.FindAllStringSubmatch(read(t, name), -1) {
			tests[folder+"."+found[1]] = true
		}
	})
	return tests
}
