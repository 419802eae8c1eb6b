package main

import (
	"maps"
	"slices"
	"testing"
)

func TestCoverage(t *testing.T) {
	t.Parallel()
	const profile = "mode: set\nexample.test/audit/query.go:3.10,5.2 2 1\nexample.test/audit/query.go:7.1,7.9 1 0\nexample.test/audit/postgres/list.go:9.1,12.2 1 44\n"
	blocks, err := parseProfile([]byte(profile), "example.test/audit/")
	if err != nil {
		t.Fatal(err)
	}
	if files := slices.Sorted(maps.Keys(blocks)); !slices.Equal(files, []string{"postgres/list.go", "query.go"}) {
		t.Fatal(files)
	}
	c := covered{Blocks: blocks}
	for _, test := range []struct {
		file   string
		line   int
		always bool
		want   bool
	}{
		{"query.go", 2, false, false},
		{"query.go", 3, false, true},
		{"query.go", 5, false, true},
		{"query.go", 7, false, false},
		{"cursor.go", 1, true, true},
		{"sqlite/list.go", 1, true, false},
		{"postgres/migrations/0001_entries.sql", 1, true, true},
		{"sqlite/migrations/0001_entries.sql", 1, true, false},
	} {
		if got := c.covers(mutant{File: test.file, Always: test.always}, test.line); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	if _, err := parseProfile([]byte("query.go:nonsense"), ""); err == nil {
		t.Error("no error")
	}
}
