package repotest_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDependabotUpdatesEveryModule(t *testing.T) {
	t.Parallel()
	var modules []string
	walk(t, func(name string) {
		if path.Base(name) == "go.mod" {
			modules = append(modules, "/"+strings.TrimPrefix(path.Dir(name), "."))
		}
	})
	slices.Sort(modules)
	var listed []string
	for _, found := range regexp.MustCompile(`(?m)^      - (/\S*)$`).FindAllStringSubmatch(read(t, ".github/dependabot.yml"), -1) {
		listed = append(listed, found[1])
	}
	assert.Equal(t, modules, listed)
}

// A tag of an action can be moved to other code, a commit cannot.
func TestActionsArePinnedToCommits(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, name := range glob(t, ".github/workflows/*.yml") {
		uses := regexp.MustCompile(`(?m)\buses: (.*)$`).FindAllStringSubmatch(read(t, name), -1)
		require.NotEmpty(t, uses, name)
		for _, found := range uses {
			assert.Regexp(t, pinned, found[1], name)
		}
	}
}

func TestNightlyRunsEveryMajorVersion(t *testing.T) {
	t.Parallel()
	bounds := regexp.MustCompile(`oldest_major=(\d+)\nnewest_major=(\d+)`).FindStringSubmatch(read(t, "scripts/servers.sh"))
	require.NotNil(t, bounds)
	var oldest, newest int
	_, err := fmt.Sscan(bounds[1], &oldest)
	require.NoError(t, err)
	_, err = fmt.Sscan(bounds[2], &newest)
	require.NoError(t, err)
	var majors []string
	for major := oldest; major <= newest; major++ {
		majors = append(majors, fmt.Sprint(major))
	}
	assert.Contains(t, read(t, ".github/workflows/nightly.yml"), "major: ["+strings.Join(majors, ", ")+"]")
}
