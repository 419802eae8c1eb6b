package repotest_test

import (
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// banned are words that make a sentence hard to read for people who know
// technical English only.
var banned = []struct {
	pattern *regexp.Regexp
	not     *regexp.Regexp // what is found and matches this is fine
	remedy  string
}{
	{rx(`[\w']+ (?:is|are|was|were|be) no \w+`), rx(`(?i)^(?:there|here|it's) |no (?:longer|more|less|fewer|later|earlier|older|newer|larger|smaller)$`), `write "is not a", or "has no"`},
	{rx(`and the like|or the like`), nil, `write "such as" or "for example" before the list`},
	{rx(`of (?:its|his|her|their|our|your|my|one's|(?:the |a )?\w+'s?) own(?:[.,;:)]|$| (?:and|or|that|which|in|on|at|for|is|are|was|who|with|to|there|here|behind|beside|beyond)\b)`), nil, `write "its own" before the noun`},
	{rx(`the most (?:that|an? |it |one )`), nil, `write "max", "limit" or "at most"`},
	{rx(`(?:\S+ ){0,6}alone\b`), rx(`\b(?:leave|leaves|left|leaving|let|stands?|standing|kept) `), `write "only" before the noun`},
	{rx(`\bwhere (?:there (?:is|are|was|were)|nobody|nothing|none|no \w+|not|possible|needed|necessary|known|given|asked|absent|it (?:has|does|can|may|is not|is no)|they (?:have|do|can|may|are not)|one (?:is|has|was)|an? \w+ (?:is|has|was|does|can|may))\b`), nil, `write "if" or "when"`},
	{rx(`(?:^|[.;:] )Where [a-z]+ [a-z]+`), rx(`Where (?:returns|things) `), `write "If" or "When"`},
	{rx(`(?:^|[.;:] )Of (?:an? |the |each |every |its |it |them |this |these |those |all |one )`), nil, `put the subject first`},
	{rx(`\b(?:tells?|telling|told)\b`), nil, `write "record", "report", "return", "show" or "distinguish"`},
	{rx(`\b(?:for want of|lest|whence|hitherto|thereof|upon|but for|as it were|nothing but|has a say|have a say|has no say|have no say|all the same|is no part of|are no part of)\b`), nil, `write it in everyday words`},
	{rx(`\b(?:be|is|was|are) had\b`), nil, `write "is available"`},
	{rx(`\b(?:is|are) to (?:be|have|stay|keep|come|stand) `), nil, `write "must"`},
}

// allowed are texts that stay, each with its reason.
var allowed = map[string]string{
	"triggers alone": "a way of auditing that the README compares with",
}

// notYetClean are folders and documents whose texts still have banned words. The
// list only shrinks: what is clean must leave it.
var notYetClean = []string{
	".",
	"docs/upgrading.md",
}

func TestTextsArePlainEnglish(t *testing.T) {
	t.Parallel()
	found := map[string][]string{}
	walk(t, func(name string) {
		if name == "internal/repotest/english_test.go" || name == "CHANGELOG.md" {
			return
		}
		for _, text := range textsOf(t, name) {
			for _, problem := range problemsIn(text.words) {
				folder := path.Dir(name)
				if path.Ext(name) == ".md" {
					folder = name
				}
				found[folder] = append(found[folder], fmt.Sprintf("%s:%d: %s", name, text.line, problem))
			}
		}
	})
	for folder, problems := range found {
		if !slices.Contains(notYetClean, folder) {
			assert.Fail(t, folder+" is not in plain English", strings.Join(problems, "\n"))
		}
	}
	for _, folder := range notYetClean {
		assert.NotEmpty(t, found[folder], "%s is clean: take it off the list", folder)
	}
	if os.Getenv("AUDIT_TEST_ENGLISH") != "" {
		for _, folder := range notYetClean {
			t.Log(folder, len(found[folder]), "\n"+strings.Join(found[folder], "\n"))
		}
	}
}

func TestBannedWordsAreFound(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"A string is no object.", "Names such as token and the like.", "It has a schema of its own.", "the host's database alone",
		"the most that fits", "where there is none", "Where rows arrive late, they wait.", "Of a field the comment ends so.",
		"The log tells who it was.", "left out for want of room", "It can be had from npm.", "The value is to be kept.",
	} {
		assert.NotEmpty(t, problemsIn(text), text)
	}
	for _, text := range []string{
		"There is no entry.", "It is no longer valid.", "It leaves the rest alone.", "Read where the file stands.", "Its own schema.", "At most 200.",
	} {
		assert.Empty(t, problemsIn(text), text)
	}
}

func rx(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// problemsIn returns what is banned in a text, each with its remedy.
func problemsIn(text string) []string {
	for allow := range allowed {
		text = strings.ReplaceAll(text, allow, "")
	}
	var problems []string
	for _, b := range banned {
		for _, match := range b.pattern.FindAllString(text, -1) {
			if b.not == nil || !b.not.MatchString(match) {
				problems = append(problems, strconv.Quote(match)+": "+b.remedy)
			}
		}
	}
	return problems
}

// text is a comment, a message or a paragraph, with its line breaks as spaces.
type text struct {
	line  int
	words string
}

// textsOf returns the texts of a file that people read.
func textsOf(t *testing.T, name string) []text {
	t.Helper()
	switch path.Ext(name) {
	case ".go":
		return textsOfGo(t, read(t, name), strings.HasSuffix(name, "_test.go"))
	case ".md":
		return textsOfLines(withoutCode(read(t, name)), func(line string) (string, bool) {
			line = strings.TrimLeft(line, "-#> \t")
			return line, line != ""
		})
	case ".sh", ".sql", ".yml":
		return textsOfLines(read(t, name), func(line string) (string, bool) {
			line = strings.TrimSpace(line)
			for _, mark := range []string{"-- ", "# "} {
				if words, found := strings.CutPrefix(line, mark); found {
					return words, true
				}
			}
			return "", false
		})
	}
	return nil
}

// textsOfLines joins lines that follow each other and are text.
func textsOfLines(source string, textIn func(line string) (string, bool)) []text {
	var texts []text
	joined := false
	number := 0
	for line := range strings.Lines(source) {
		number++
		words, isText := textIn(strings.TrimRight(line, "\n"))
		switch {
		case isText && joined:
			texts[len(texts)-1].words += " " + words
		case isText:
			texts = append(texts, text{number, words})
		}
		joined = isText
	}
	return texts
}

// textsOfGo returns comments, and outside of tests strings of several words.
func textsOfGo(t *testing.T, source string, isTest bool) []text {
	t.Helper()
	if strings.HasPrefix(source, "// Code generated") {
		return nil
	}
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(source))
	var s scanner.Scanner
	s.Init(file, []byte(source), nil, scanner.ScanComments)
	var texts []text
	next := 0 // the line that would continue the comment
	for {
		pos, kind, literal := s.Scan()
		line := file.Line(pos)
		switch {
		case kind == token.EOF:
			require.Zero(t, s.ErrorCount)
			return texts
		case kind == token.COMMENT && strings.HasPrefix(literal, "//go:"), kind == token.COMMENT && strings.HasPrefix(literal, "//nolint"):
		case kind == token.COMMENT:
			words := strings.TrimSpace(strings.TrimPrefix(literal, "//"))
			if line == next && len(texts) > 0 && words != "" {
				texts[len(texts)-1].words += " " + words
			} else {
				texts = append(texts, text{line, words})
			}
			next = line + 1
		case kind == token.STRING && !isTest && strings.Count(literal, " ") > 1:
			texts = append(texts, text{line, strings.Trim(literal, "`\"")})
		}
	}
}
