package display

import (
	"strings"
	"unicode/utf8"
)

// leastLetters is how long a word is that is taken for another that looks like
// it, within one text: in the languages of Cyrillic, "а" and "о" are words.
const leastLetters = 3

// marksWithin marks the words of one text that look alike and differ, and the
// texts within a list or an object.
func marksWithin(s string, marks []span, lines bool) []span {
	return markTwins(s, twinsIn(s, lines), marks, lines)
}

// twinsIn leads from words of a text to others in it that look like them.
func twinsIn(s string, lines bool) (twins map[string]string) {
	if isPlain(s) {
		return nil
	}
	looks := map[string]string{}
	add := func(word, look string) {
		first, ok := looks[look]
		switch {
		case !ok && len(looks) < maxWords:
			looks[look] = word
		case ok && first != word && len(twins) < maxWords:
			if twins == nil {
				twins = map[string]string{}
			}
			twins[word], twins[first] = first, word
		}
	}
	w := wordSet{glyphs: glyphs{text: s, lines: lines}}
	for word, look := range w.each {
		if utf8.RuneCountInString(look) >= leastLetters {
			add(word, look)
		}
	}
	clear(looks)
	for _, text := range literals(s) {
		part := s[text.start:text.end]
		add(part, lookOfAll(part))
	}
	return twins
}

// Look is what a text looks like: the same for texts that a reader takes for each
// other. It is for comparing only.
func Look(text string) string {
	if isPlain(text) {
		return text
	}
	return lookOfAll(text)
}

// lookOfAll is how a text looks.
func lookOfAll(text string) string {
	reader := glyphs{text: text}
	var look strings.Builder
	for g, ok := reader.next(); ok; g, ok = reader.next() {
		look.WriteString(g.look)
	}
	return look.String()
}

// markTwins marks the words of a text that look like another.
func markTwins(s string, twins map[string]string, marks []span, lines bool) []span {
	if twins == nil {
		return marks
	}
	w := wordSet{glyphs: glyphs{text: s, lines: lines}}
	for word := range w.each {
		if twin, ok := twins[word]; ok {
			marks = markWord(w.at, word, twin, lines, marks)
		}
	}
	for _, text := range literals(s) {
		part := s[text.start:text.end]
		if twin, ok := twins[part]; ok {
			marks = markWord(text.start, part, twin, lines, marks)
		}
	}
	return marks
}

// literals are the texts within the JSON of a list or an object, without their
// quotes.
func literals(s string) []span {
	if s == "" || s[0] != '[' && s[0] != '{' {
		return nil
	}
	var found []span
	start := -1
	for i := 0; i < len(s); i++ {
		switch {
		case start >= 0 && s[i] == '\\':
			i++
		case s[i] != '"':
		case start < 0:
			start = i + 1
		default:
			if i > start {
				found = append(found, span{start, i})
			}
			start = -1
		}
	}
	return found
}
