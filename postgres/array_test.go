package postgres

import (
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestArrayLiteral(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `{}`, arrayLiteral(nil))
	assert.Equal(t, `{"","NULL","a,b","{","\"","\\","é"}`, arrayLiteral([]string{"", "NULL", "a,b", "{", `"`, `\`, "é"}))
}

// Reading an array's text gives back what was written.
func FuzzArrayLiteral(f *testing.F) {
	f.Add("", "NULL")
	f.Add(`"\{},'`, "\t\n \u00a0")
	types := pgtype.NewMap()
	f.Fuzz(func(t *testing.T, one, two string) {
		if !utf8.ValidString(one) || !utf8.ValidString(two) {
			return // entries hold only UTF-8
		}
		texts := []string{one, two}
		var got []string
		err := types.Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, []byte(arrayLiteral(texts)), &got)
		require.NoError(t, err)
		assert.True(t, slices.Equal(texts, got), "%q became %q", texts, got)
	})
}
