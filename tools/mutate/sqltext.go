package main

import (
	"regexp"
	"strings"
)

var (
	sqlText = regexp.MustCompile(`\b(SELECT|INSERT INTO|DELETE FROM|UPDATE|WHERE|ORDER BY|LIMIT|COLLATE|LOCK TABLE|CREATE|EXISTS|AND|OR|DESC)\b`)
	// A keyword that ends a condition, wherever parentheses are closed.
	sqlEnd = regexp.MustCompile(`^\s*\b(AND|OR|ORDER BY|GROUP BY|LIMIT|OFFSET|UNION|RETURNING|THEN|WHEN|ELSE|END|ON CONFLICT|LEFT JOIN|JOIN|CROSS JOIN|FOR EACH|LOOP|WHERE)\b|^;`)

	sqlAnd     = regexp.MustCompile(`\s+AND\s+`)
	sqlWhere   = regexp.MustCompile(`\bWHERE\s+`)
	sqlBetween = regexp.MustCompile(`\bBETWEEN\b`)
	sqlOrderBy = regexp.MustCompile(`\s*\bORDER BY\s+`)
	sqlLimit   = regexp.MustCompile(`\s*\bLIMIT\s+(\d+|\?|\$\d+)`)
	sqlCollate = regexp.MustCompile(`\s*\bCOLLATE\s+\\?"C\\?"`)
	sqlDesc    = regexp.MustCompile(`\s+DESC\b`)
	sqlCompare = regexp.MustCompile(`\s(<=|>=|<>|<|>|=)\s`)
	sqlBoolean = regexp.MustCompile(`\b(true|false)\b`)
	sqlComment = regexp.MustCompile(`--[^\n]*`)
)

var otherSQL = map[string]string{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "="}

// mutateSQL returns the mutants of a text if it looks like SQL. Their places
// are from the text's beginning.
func mutateSQL(text string) (found []mutant) {
	// Comments are blanked, so that places stay what they are.
	text = sqlComment.ReplaceAllStringFunc(text, func(c string) string { return strings.Repeat(" ", len(c)) })
	if !sqlText.MatchString(text) {
		return nil
	}
	replace := func(operator string, start, end int, with string) {
		found = append(found, mutant{Operator: operator, Start: start, End: end, New: with})
	}
	for _, at := range sqlAnd.FindAllStringIndex(text, -1) {
		if endsRange(text[:at[0]]) {
			continue
		}
		if end := conditionEnd(text, at[1]); end > at[1] {
			replace("drop SQL condition", at[0], end, "")
		}
	}
	for _, at := range sqlWhere.FindAllStringIndex(text, -1) {
		if end := conditionEnd(text, at[1]); end > at[1] {
			replace("drop SQL condition", at[1], end, "TRUE")
		}
	}
	for _, at := range sqlOrderBy.FindAllStringIndex(text, -1) {
		if end := conditionEnd(text, at[1]); end > at[1] {
			replace("drop ORDER BY", at[0], end, "")
		}
	}
	for operator, pattern := range map[string]*regexp.Regexp{"drop LIMIT": sqlLimit, "drop COLLATE": sqlCollate, "drop DESC": sqlDesc} {
		for _, at := range pattern.FindAllStringIndex(text, -1) {
			replace(operator, at[0], at[1], "")
		}
	}
	for _, at := range sqlCompare.FindAllStringSubmatchIndex(text, -1) {
		replace("swap SQL comparison", at[2], at[3], otherSQL[text[at[2]:at[3]]])
	}
	for _, at := range sqlBoolean.FindAllStringIndex(text, -1) {
		replace("flip SQL boolean", at[0], at[1], map[string]string{"true": "false", "false": "true"}[text[at[0]:at[1]]])
	}
	return sorted(found)
}

// endsRange reports whether an AND after the text is BETWEEN's.
func endsRange(before string) bool {
	at := sqlBetween.FindAllStringIndex(before, -1)
	return at != nil && !sqlAnd.MatchString(before[at[len(at)-1][1]:])
}

// conditionEnd returns where the condition ends that begins at a place: at the
// next keyword, or where a parenthesis or the text ends.
func conditionEnd(text string, start int) int {
	end := len(text)
	if text[0] == '`' || text[0] == '"' {
		end-- // the quote that ends a literal of Go
	}
	depth, quoted, between := 0, false, false
	for i := start; i < end; i++ {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return i
		case c == ')':
			depth--
		case depth == 0 && (i == start || !isWord(text[i-1])):
			at := sqlEnd.FindStringIndex(text[i:end])
			switch {
			case at == nil:
				between = between || strings.HasPrefix(text[i:], "BETWEEN ")
			case between && strings.TrimSpace(text[i:i+at[1]]) == "AND":
				between = false
				i += at[1] - 1
			default:
				return len(strings.TrimRight(text[:i], " \t\n"))
			}
		}
	}
	return end
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
