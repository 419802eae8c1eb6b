package export

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// directions returns the embedding levels of a text, after the Unicode
// Bidirectional Algorithm: even ones run from left to right, odd ones from
// right to left. It returns nil for a text that has nothing of the latter.
//
// The text stands for itself, so its direction is that of its first letter.
// What would embed or isolate directions has been made visible before, so the
// rules about it are left out.
func directions(text []rune) []uint8 {
	if !slices.ContainsFunc(text, isRightToLeft) {
		return nil
	}
	classes := make([]bidi.Class, len(text))
	base := bidi.Class(bidi.L)
	for i, r := range text {
		properties, _ := bidi.LookupRune(r)
		classes[i] = properties.Class()
	}
	if i := slices.IndexFunc(classes, isStrong); classes[i] != bidi.L {
		base = bidi.R
	}
	resolveWeak(classes, base)
	resolveBrackets(text, classes, base)
	resolveNeutral(classes, base)
	levels := make([]uint8, len(text))
	for i, class := range classes {
		switch {
		case class == bidi.R:
			levels[i] = 1
		case base == bidi.R || class != bidi.L: // numbers in either, and L in R
			levels[i] = 2
		}
	}
	return levels
}

// isRightToLeft says it of a letter, at little cost for most of them.
func isRightToLeft(r rune) bool {
	if r < 0x590 {
		return false
	}
	properties, _ := bidi.LookupRune(r)
	return properties.Class() == bidi.R || properties.Class() == bidi.AL
}

func isStrong(c bidi.Class) bool { return c == bidi.L || c == bidi.R || c == bidi.AL }

// resolveWeak applies the rules W1 to W7: what marks, numbers and the signs
// about numbers belong to.
func resolveWeak(classes []bidi.Class, base bidi.Class) {
	previous, strong := base, base
	for i, class := range classes {
		if class == bidi.NSM { // W1
			class = previous
		}
		previous = class
		switch {
		case isStrong(class):
			strong = class
		case class == bidi.EN && strong == bidi.AL: // W2
			class = bidi.AN
		}
		classes[i] = class
	}
	for i := 1; i+1 < len(classes); i++ { // W4
		before, after := classes[i-1], classes[i+1]
		if before == after && (classes[i] == bidi.ES && before == bidi.EN ||
			classes[i] == bidi.CS && (before == bidi.EN || before == bidi.AN)) {
			classes[i] = before
		}
	}
	for i := 0; i < len(classes); i++ { // W5
		end := i
		for end < len(classes) && classes[end] == bidi.ET {
			end++
		}
		if end > i && (i > 0 && classes[i-1] == bidi.EN || end < len(classes) && classes[end] == bidi.EN) {
			fill(classes[i:end], bidi.EN)
		}
		i = end
	}
	strong = base
	for i, class := range classes {
		switch class {
		case bidi.AL: // W3
			classes[i], strong = bidi.R, bidi.R
		case bidi.L, bidi.R:
			strong = class
		case bidi.EN: // W7
			if strong == bidi.L {
				classes[i] = bidi.L
			}
		case bidi.AN:
		default: // W6
			classes[i] = bidi.ON
		}
	}
}

func fill(classes []bidi.Class, with bidi.Class) {
	for i := range classes {
		classes[i] = with
	}
}

// maxBrackets is how deep the algorithm looks into brackets.
const maxBrackets = 63

// resolveBrackets applies the rule N0: the two brackets of a pair have one
// direction.
func resolveBrackets(text []rune, classes []bidi.Class, base bidi.Class) {
	var open []int
	for i, r := range text {
		if classes[i] != bidi.ON {
			continue
		}
		switch r {
		case '(', '[', '{':
			if len(open) == maxBrackets {
				return
			}
			open = append(open, i)
		case ')', ']', '}':
			for n := len(open) - 1; n >= 0; n-- {
				if text[open[n]] == mirrors[r] {
					resolvePair(classes, open[n], i, base)
					open = open[:n]
					break
				}
			}
		}
	}
}

// resolvePair gives a pair the direction of the text, if it holds something of
// that direction. Else the pair gets the direction of what it holds, if what
// stands before the pair has the same one.
func resolvePair(classes []bidi.Class, first, last int, base bidi.Class) {
	other := bidi.Class(bidi.ON)
	for _, class := range classes[first+1 : last] {
		switch direction := directionOf(class); direction {
		case bidi.ON:
		case base:
			classes[first], classes[last] = base, base
			return
		default:
			other = direction
		}
	}
	if other == bidi.ON {
		return
	}
	before := base
	for i := first - 1; i >= 0; i-- {
		if direction := directionOf(classes[i]); direction != bidi.ON {
			before = direction
			break
		}
	}
	classes[first], classes[last] = before, before
}

// directionOf is that of a resolved class: numbers count as letters from right
// to left.
func directionOf(c bidi.Class) bidi.Class {
	if c == bidi.EN || c == bidi.AN {
		return bidi.R
	}
	return c
}

// resolveNeutral applies the rules N1 and N2: what stands between two letters
// of one direction has theirs, all else that of the text.
func resolveNeutral(classes []bidi.Class, base bidi.Class) {
	direction := func(i int) bidi.Class {
		if i < 0 || i == len(classes) {
			return base
		}
		return directionOf(classes[i])
	}
	for i := 0; i < len(classes); i++ {
		end := i
		for end < len(classes) && classes[end] == bidi.ON {
			end++
		}
		to := base
		if direction(i-1) == direction(end) {
			to = direction(end)
		}
		fill(classes[i:end], to)
		i = end
	}
}

// inVisualOrder returns one line of a text from left to right (rules L2 and
// L4). A mark then stands left of its letter, from where fonts draw the marks
// of such scripts.
func inVisualOrder(text []rune, levels []uint8) []rune {
	line, levels := slices.Clone(text), slices.Clone(levels)
	for i, r := range line {
		if levels[i]%2 == 1 {
			if mirrored, ok := mirrors[r]; ok {
				line[i] = mirrored
			}
		}
	}
	for level := uint8(2); level >= 1; level-- {
		for i := 0; i < len(line); i++ {
			end := i
			for end < len(line) && levels[end] >= level {
				end++
			}
			slices.Reverse(line[i:end])
			slices.Reverse(levels[i:end])
			i = end
		}
	}
	return line
}

func isMark(r rune) bool {
	properties, _ := bidi.LookupRune(r)
	return properties.Class() == bidi.NSM
}

var mirrors = map[rune]rune{
	'(': ')', ')': '(', '[': ']', ']': '[', '{': '}', '}': '{', '<': '>', '>': '<',
	'«': '»', '»': '«', '‹': '›', '›': '‹', '≤': '≥', '≥': '≤',
}
