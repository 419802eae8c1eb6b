package repotest_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forTests has the packages that only tests import. The picture leaves them out.
var forTests = []string{
	"audittest", "storetest", "internal/faults", "internal/hostile", "internal/pgtest", "internal/repotest",
	"internal/webtest", "httpui/internal/fixture",
}

func TestPackagesImportOnlyRowsBelowInThePicture(t *testing.T) {
	t.Parallel()
	rows := pictureRows(t)
	for _, pkg := range listPackages(t) {
		name := nameInPicture(pkg.ImportPath)
		if slices.Contains(forTests, name) || isProgram(name) {
			continue
		}
		row, drawn := rows[name]
		if !assert.True(t, drawn, "%s is not in docs/images/architecture.txt", name) {
			continue
		}
		for _, path := range pkg.Imports {
			if path == module || strings.HasPrefix(path, module+"/") {
				assert.Greater(t, rows[nameInPicture(path)], row, "%s imports %s, which is not in a row below", name, path)
			}
		}
	}
}

func TestPackagesInThePictureExist(t *testing.T) {
	t.Parallel()
	for name := range pictureRows(t) {
		if name == "audit" || strings.Contains(name, " ") || strings.Contains(name, "…") {
			continue
		}
		_, err := os.Stat(inRoot(name))
		assert.NoError(t, err)
	}
}

func TestFilesInTheArchitectureExist(t *testing.T) {
	t.Parallel()
	found := regexp.MustCompile("`([a-z]+(?:/[a-z]+)*(?:/|\\.go)?)`").FindAllStringSubmatch(read(t, "docs/architecture.md"), -1)
	require.NotEmpty(t, found)
	for _, name := range found {
		_, err := os.Stat(inRoot(name[1]))
		switch {
		case name[1] == "audit":
		default:
			assert.NoError(t, err)
		}
	}
}

// pictureRows returns the row of each box in the picture of docs/architecture.md.
func pictureRows(t *testing.T) map[string]int {
	t.Helper()
	rows := map[string]int{}
	for line := range strings.Lines(read(t, "docs/images/architecture.txt")) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "|")
		row, err := strconv.Atoi(strings.TrimSpace(fields[1]))
		require.NoError(t, err)
		rows[strings.TrimSpace(fields[0])] = row
	}
	require.NotEmpty(t, rows)
	return rows
}

func nameInPicture(path string) string {
	if path == module {
		return "audit"
	}
	return strings.TrimPrefix(path, module+"/")
}
