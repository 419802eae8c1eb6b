package repotest_test

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/auditkeep/audit"

// mayImport has the public packages of the library, and which others of them
// each may import. All may import internal/….
var mayImport = map[string][]string{
	"":           nil,
	"words":      {""},
	"export":     {"", "words"},
	"middleware": {""},
	"retention":  {""},
	"ledger":     {""},
	"seal":       {"", "ledger"},
	"stream":     {"", "ledger"},
	"report":     {"", "export", "words", "ledger", "seal", "retention"},
	"postgres":   {"", "ledger", "retention"},
	"sqlite":     {"", "ledger", "retention"},
	"httpui":     {"", "export", "words", "ledger", "seal", "report"},
	"storetest":  {""},
	"audittest":  {""},
}

// programs may import everything, and nothing imports them.
var programs = []string{"examples", "cmd", "bench"}

// heavy has the libraries that only some packages may bring along, and which
// packages those are. Programs and the packages for tests are not asked.
var heavy = map[string][]string{
	"net/http":                    {"middleware", "httpui", "export", "report"},
	"github.com/jackc/pgx":        {"postgres"},
	"github.com/xuri/excelize":    {"export", "httpui", "report"},
	"github.com/go-pdf/fpdf":      {"export", "httpui", "report"},
	"modernc.org/":                nil,
	"github.com/stretchr/testify": nil,
	"github.com/chromedp":         nil,
}

// listed is a package as go list describes it.
type listed struct {
	ImportPath    string
	Imports, Deps []string
}

func TestPackagesImportEachOtherInOneDirection(t *testing.T) {
	t.Parallel()
	for _, pkg := range listPackages(t) {
		from, _ := strings.CutPrefix(strings.TrimPrefix(pkg.ImportPath, module), "/")
		if isProgram(from) {
			continue
		}
		allowed, isPublic := mayImport[from]
		if !isPublic && !isInternal(from) {
			assert.Fail(t, "an unknown package", "%s is public: say in mayImport which packages it may import", pkg.ImportPath)
		}
		for _, path := range pkg.Imports {
			if path != module && !strings.HasPrefix(path, module+"/") {
				continue
			}
			to, _ := strings.CutPrefix(strings.TrimPrefix(path, module), "/")
			assert.False(t, isProgram(to), "%s imports the program %s", pkg.ImportPath, path)
			if isPublic {
				assert.True(t, isInternal(to) || slices.Contains(allowed, to), "%s may not import %s", pkg.ImportPath, path)
			}
		}
	}
}

func TestHeavyLibrariesStayInTheirPackages(t *testing.T) {
	t.Parallel()
	for _, pkg := range listPackages(t) {
		from, _ := strings.CutPrefix(strings.TrimPrefix(pkg.ImportPath, module), "/")
		if _, isPublic := mayImport[from]; !isPublic || from == "storetest" || from == "audittest" {
			continue
		}
		for _, dep := range pkg.Deps {
			for library, packages := range heavy {
				if strings.HasPrefix(dep, library) {
					assert.Contains(t, packages, from, "%s brings %s along", pkg.ImportPath, dep)
				}
			}
		}
	}
}

// The default answer to a new module in the root package is no.
func TestRootPackageBringsOnlySquirrelAndUUIDs(t *testing.T) {
	t.Parallel()
	allowed := []string{module, "github.com/Masterminds/squirrel", "github.com/lann/", "github.com/google/uuid"}
	for _, pkg := range listPackages(t) {
		if pkg.ImportPath != module {
			continue
		}
		for _, dep := range pkg.Deps {
			first, _, _ := strings.Cut(dep, "/")
			isStandard := !strings.Contains(first, ".")
			assert.True(t, isStandard || slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(dep, prefix) }),
				"the root package depends on %s", dep)
		}
	}
}

func TestLibraryDoesNotImportItsAdapters(t *testing.T) {
	t.Parallel()
	for _, dep := range strings.Fields(goCommand(t, "list", "-deps", "-test", "./...")) {
		assert.False(t, strings.HasPrefix(dep, module+"/contrib"), "the library depends on %s", dep)
	}
}

func isInternal(pkg string) bool {
	return slices.Contains(strings.Split(pkg, "/"), "internal")
}

func isProgram(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return slices.Contains(programs, first)
}

// listPackages returns the packages of the library's module.
func listPackages(t *testing.T) []listed {
	t.Helper()
	out := goCommand(t, "list", "-json=ImportPath,Imports,Deps", "./...")
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(out)); ; {
		var pkg listed
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			require.NotEmpty(t, packages)
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, pkg)
	}
}
