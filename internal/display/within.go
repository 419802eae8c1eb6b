package display

import "unicode/utf8"

// leastLetters is how long a word is that is taken for another that looks like
// it, within one text: in the languages of Cyrillic, "а" and "о" are words.
const leastLetters = 3

// marksWithin marks the words of one text that look alike and differ.
func marksWithin(s string, marks []span, lines bool) []span {
	if isASCII(s) {
		return marks
	}
	w := words{glyphs: glyphs{text: s, lines: lines}, looks: map[string]string{}}
	var twins map[string]string // from a word to one that looks like it
	for word, look := range w.each {
		if isASCII(word) && isASCII(look) && len(word) < leastLetters || utf8.RuneCountInString(look) < leastLetters {
			continue
		}
		first, ok := w.looks[look]
		switch {
		case !ok && len(w.looks) < maxWords:
			w.looks[look] = word
		case ok && first != word && len(twins) < maxWords:
			if twins == nil {
				twins = map[string]string{}
			}
			twins[word], twins[first] = first, word
		}
	}
	if twins == nil {
		return marks
	}
	for word := range w.each {
		if twin, ok := twins[word]; ok {
			marks = markWord(w.at, word, twin, lines, marks)
		}
	}
	return marks
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
