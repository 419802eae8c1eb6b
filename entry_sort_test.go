package audit

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestObjectSortPutsNumbersInOrderAndFirst(t *testing.T) {
	t.Parallel()
	ordered := []string{"-100", "-12", "-9", "-1", "0", "1", "9", "10", "99", "100", "12345678901234567890", "", "-", "-0", "007", "1a", "a", "b"}
	for i := 1; i < len(ordered); i++ {
		assert.Less(t, objectSort(ordered[i-1]), objectSort(ordered[i]), "%q before %q", ordered[i-1], ordered[i])
	}
}

func FuzzObjectSort(f *testing.F) {
	f.Add("7", "007")
	f.Add("-1", "-10")
	f.Fuzz(func(t *testing.T, a, b string) {
		require.Equal(t, a == b, objectSort(a) == objectSort(b), "one sort text for one ID")
	})
}
