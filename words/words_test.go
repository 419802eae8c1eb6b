package words_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/words"
)

// each calls f for every word of a catalogue: a text, a plural, a map or a list.
func each(v reflect.Value, path string, f func(path string, v reflect.Value)) {
	if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[words.Plural]() {
		for i := range v.NumField() {
			each(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
		return
	}
	f(strings.TrimPrefix(path, "."), v)
}

// A word without English would be missing on the page; one that is used nowhere
// is a burden to translators.
func TestEnglishIsCompleteAndUsed(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for _, pattern := range []string{"../httpui/*.go", "../httpui/templates/*.gohtml", "../export/*.go", "../internal/display/*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			if base := filepath.Base(file); strings.HasSuffix(file, "_test.go") || base == "english.go" {
				continue
			}
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			source.Write(content)
		}
	}
	optional := map[string]bool{"Actions": true, "Problem.Reasons": true}
	each(reflect.ValueOf(*words.English()), "", func(path string, v reflect.Value) {
		if !optional[path] {
			assert.False(t, v.IsZero() || v.Kind() == reflect.Map && v.Len() == 0, "%s has no English", path)
		}
		last := path[strings.LastIndex(path, ".")+1:]
		// By its path, or by its last name in a function that got the group.
		used := regexp.MustCompile(`\.` + regexp.QuoteMeta(path) + `\b|\b[sdp]\.` + last + `\b`).MatchString(source.String())
		assert.True(t, used, "%s is used nowhere", path)
	})
	for _, column := range audit.Columns() {
		assert.NotEmpty(t, words.English().Columns[column])
		assert.NotEmpty(t, words.English().File.Columns[column])
	}
}

// A language can be a file.
func TestACatalogueIsData(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(words.English())
	require.NoError(t, err)
	var read words.Catalogue
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, *words.English(), read)
}

func TestEmptyWordsAreEnglish(t *testing.T) {
	t.Parallel()
	own := &words.Catalogue{
		Language: "pl",
		Columns:  map[audit.Column]string{audit.ByTimestamp: "Czas"},
		Summary:  words.Summary{Entries: words.Plural{One: "{n} wpis", Few: "{n} wpisy", Many: "{n} wpisów", Other: "{n} wpisu"}},
	}
	all := own.WithDefaults()
	assert.Equal(t, "Czas", all.Columns[audit.ByTimestamp])
	assert.Equal(t, "Action", all.Columns[audit.ByAction])
	assert.Equal(t, "Apply", all.Form.Apply)
	assert.Empty(t, own.Form.Apply, "the host's own is not changed")
	for n, want := range map[int]string{1: "1 wpis", 2: "2 wpisy", 5: "5 wpisów", 12: "12 wpisów", 22: "22 wpisy", 1002: "1,002 wpisy"} {
		assert.Equal(t, want, all.Count(all.Summary.Entries, n))
	}
	assert.Equal(t, "2 more fields", all.Count(all.Change.MoreFields, 2), "English has no few")
	assert.Equal(t, words.English(), (*words.Catalogue)(nil).WithDefaults())
}

func TestPluralCategories(t *testing.T) {
	t.Parallel()
	p := words.Plural{Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other"}
	for language, want := range map[string]string{ // of 0, 1, 2, 3, 5, 11, 21, 22, 100, 101
		"en":      "other one other other other other other other other other",
		"de-AT":   "other one other other other other other other other other",
		"fr":      "one one other other other other other other other other",
		"pt-BR":   "one one other other other other other other other other",
		"ja":      "other other other other other other other other other other",
		"ru":      "many one few few many many one few many one",
		"pl":      "many one few few many many many few many many",
		"cs":      "other one few few other other other other other other",
		"sr":      "other one few few other other one few other one",
		"ar":      "zero one two few few many many many other other",
		"he":      "other one two other other other other other other other",
		"lt":      "other one few few few other one few other one",
		"lv":      "zero one other other other zero one other zero one",
		"sl":      "other one two few other other other other other one",
		"ro":      "few one few few few few other other other few",
		"unknown": "other one other other other other other other other other",
	} {
		c := &words.Catalogue{Language: language}
		var got []string
		for _, n := range []int{0, 1, 2, 3, 5, 11, 21, 22, 100, 101} {
			got = append(got, c.Count(p, n))
		}
		assert.Equal(t, want, strings.Join(got, " "), language)
	}
}

func TestNumbersAndPlaces(t *testing.T) {
	t.Parallel()
	c := words.English()
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4218: "-4,218", -218: "-218"} {
		assert.Equal(t, want, c.Number(n))
	}
	assert.Equal(t, "10,000+ entries", c.CountAtLeast(c.Summary.Entries, 10000, true))
	assert.Equal(t, "1 entry as {n}", c.Count(c.Export.Of, 1, "format", "{n}"), "a value is not filled in again")
}

func TestMonthsAreTheLanguages(t *testing.T) {
	t.Parallel()
	c := &words.Catalogue{Dates: words.Dates{Months: []string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."}}}
	c = c.WithDefaults()
	at := time.Date(2026, 8, 5, 22, 0, 0, 0, time.UTC)
	assert.Equal(t, "5 août 2026 22:00:00", c.Dates.Format(at, c.Dates.DateTime))
	assert.Equal(t, "5 août 2026 22:00 – 22:59", c.Dates.Bar(at, at.Add(time.Hour-time.Microsecond), ""))
	assert.Equal(t, "5 Aug 2026", words.English().Dates.Bar(at.Truncate(24*time.Hour), at.Truncate(24*time.Hour).Add(24*time.Hour-time.Microsecond), ""))
}
