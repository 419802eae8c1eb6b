package httpui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/words"
)

// FuzzTextDiff: what was kept and taken out is the old text, what was kept and
// put in the new one.
func FuzzTextDiff(f *testing.F) {
	f.Add("", "")
	f.Add("", "a")
	f.Add("one two  three", "one 2 three\n")
	f.Add("東京都の北部", "東京都の南部")
	f.Add("a\u200bb \xff", "b\u202e a")
	f.Add(strings.Repeat("a b ", 300), strings.Repeat("b a ", 300))
	f.Fuzz(func(t *testing.T, before, after string) {
		if max(len(before), len(after)) > maxDiffed {
			return // such texts are not compared
		}
		require.Equal(t, before, strings.Join(splitWords(before), ""))
		for _, blanksOnly := range []bool{false, true} {
			var old, now strings.Builder
			for i, e := range editsOf(before, after, blanksOnly) {
				require.False(t, i > 0 && e.kept == "", "edits side by side are one")
				old.WriteString(e.kept + e.old)
				now.WriteString(e.kept + e.new)
			}
			require.Equal(t, before, old.String())
			require.Equal(t, after, now.String())
		}
		p := presenter{words: words.English()}
		if diff := p.textDiff(before, after); diff != nil {
			require.LessOrEqual(t, len(diff.Stretches), 4*(maxEdits+1))
		}
	})
}
