package repotest_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A name such as TestP4_Pills needs a list to be read. Names with the number of
// a threat may stay: docs/safety.md is their list.
func TestNamesOfTestsHaveNoCodes(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`^(Test|Fuzz|Benchmark)([A-Z]\d+|[A-Z][a-z]+\d*_)`)
	threat := regexp.MustCompile(`^TestT\d\d_?[A-Z]`)
	walk(t, func(name string) {
		if !strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`).FindAllStringSubmatch(read(t, name), -1) {
			if !threat.MatchString(found[1]) {
				assert.NotRegexp(t, code, found[1], name)
			}
		}
	})
}
