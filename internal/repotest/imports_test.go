package repotest_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/auditkeep/audit"

// TestImportDirections keeps an importer from compiling what it does not use,
// and the packages from leaning on each other the wrong way.
func TestImportDirections(t *testing.T) {
	t.Parallel()
	adapters := []string{"/postgres", "/sqlite", "/export", "/middleware", "/httpui", "/storetest", "/audittest", "/examples", "/bench"}
	heavy := []string{"github.com/jackc/pgx", "modernc.org/", "github.com/stretchr/testify", "github.com/xuri/excelize", "github.com/go-pdf/fpdf", "github.com/chromedp"}
	drivers := []string{"modernc.org/", "github.com/stretchr/testify", "github.com/chromedp"}
	for pkg, forbidden := range map[string][]string{
		"":            append(within(adapters...), heavy...),
		"/postgres":   append(within("/sqlite", "/export", "/middleware", "/httpui", "/examples", "/storetest", "/audittest"), drivers...),
		"/sqlite":     append(within("/postgres", "/export", "/middleware", "/httpui", "/examples", "/storetest", "/audittest"), append(drivers, "github.com/jackc/pgx")...),
		"/middleware": append(within("/postgres", "/sqlite", "/export", "/httpui", "/examples", "/storetest", "/audittest"), heavy...),
		"/export":     append(within("/postgres", "/sqlite", "/httpui", "/middleware", "/examples", "/storetest", "/audittest"), append(drivers, "github.com/jackc/pgx")...),
		"/httpui":     append(within("/postgres", "/sqlite", "/middleware", "/examples", "/storetest", "/audittest"), append(drivers, "github.com/jackc/pgx")...),
	} {
		t.Run("root"+pkg, func(t *testing.T) {
			t.Parallel()
			for _, dep := range depsOf(t, module+pkg) {
				for _, prefix := range forbidden {
					assert.False(t, strings.HasPrefix(dep, prefix), "%s%s depends on %s", module, pkg, dep)
				}
			}
		})
	}
}

// TestRootDependencies lists the modules that the root package brings along.
// The default answer to a new one is no.
func TestRootDependencies(t *testing.T) {
	t.Parallel()
	allowed := []string{module, "github.com/Masterminds/squirrel", "github.com/lann/", "github.com/google/uuid"}
	for _, dep := range depsOf(t, module) {
		first, _, _ := strings.Cut(dep, "/")
		if !strings.Contains(first, ".") {
			continue // the standard library
		}
		ok := false
		for _, prefix := range allowed {
			ok = ok || strings.HasPrefix(dep, prefix)
		}
		assert.True(t, ok, "the root package depends on %s", dep)
	}
}

func within(paths ...string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = module + path
	}
	return out
}

func depsOf(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", pkg).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.Fields(string(out))
}
