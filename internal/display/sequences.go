package display

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"
)

const (
	zwnj, zwj = '\u200c', '\u200d'
	asEmoji   = '\ufe0f' // selects the form as emoji of what is before it
	asText    = '\ufe0e'
	// keycap follows a digit, # or *.
	keycap = "\ufe0f\u20e3"
	// firstJoined is the first character that sequences other than keycaps
	// have, except © and ®.
	firstJoined = '\u180b'
	blackFlag   = '\U0001f3f4'
)

//go:embed sequences.txt
var sequencesText string

// sequenceTable is what sequences.txt says.
type sequenceTable struct {
	// joined are emoji with joiners between them, without skin tones and
	// selectors.
	joined  map[string]bool
	longest int // characters in one of them, without joiners
	heads   map[rune]bool
	// varied are the characters that a selector changes.
	varied map[rune]map[rune]bool
	// dual letters join both neighbours, right ones only the one before.
	dual, right *unicode.RangeTable
}

var sequences = sync.OnceValue(func() sequenceTable {
	t := sequenceTable{joined: map[string]bool{}, heads: map[rune]bool{}, varied: map[rune]map[rune]bool{}}
	letters := map[string][]rune{}
	for line := range strings.Lines(sequencesText) {
		words := strings.Fields(line)
		switch words[0] {
		case "join":
			for _, head := range words[1] {
				t.heads[head] = true
				for _, tail := range words[2:] {
					t.joined[string(head)+string(zwj)+strings.ReplaceAll(tail, "+", string(zwj))] = true
					t.longest = max(t.longest, 2+strings.Count(tail, "+"))
				}
			}
		case "vary":
			selector := hex(words[1])
			if t.varied[selector] == nil {
				t.varied[selector] = map[rune]bool{}
			}
			for _, r := range words[2] {
				t.varied[selector][r] = true
			}
		case "dual", "right":
			for _, word := range words[1:] {
				first, last, ok := strings.Cut(word, "-")
				if !ok {
					last = first
				}
				for r := hex(first); r <= hex(last); r++ {
					letters[words[0]] = append(letters[words[0]], r)
				}
			}
		}
	}
	t.dual, t.right = rangetable.New(letters["dual"]...), rangetable.New(letters["right"]...)
	return t
})

func hex(word string) rune {
	n, err := strconv.ParseUint(word, 16, 21)
	if err != nil {
		panic("display: sequences.txt: " + err.Error())
	}
	return rune(n)
}

// isSelector reports whether a character selects a form of the one before it.
func isSelector(r rune) bool {
	return r >= '\ufe00' && r <= asEmoji || r >= '\U000e0100' && r <= '\U000e01ef' || r >= '\u180b' && r <= '\u180f'
}

func isKeycap(s string) bool {
	return strings.IndexByte("0123456789#*", s[0]) >= 0 && strings.HasPrefix(s[1:], keycap)
}

// selectorHasEffect reports whether a selector changes the character before it.
func selectorHasEffect(s string, at int, selector rune) bool {
	base, size := utf8.DecodeLastRuneInString(s[:at])
	varied := sequences().varied
	switch {
	case size == 0:
		return false
	case selector == asText:
		selector = asEmoji
	case selector == '\u180e': // the Mongolian vowel separator
		next, _ := utf8.DecodeRuneInString(s[at+utf8.RuneLen(selector):])
		return base >= '\u1820' && base <= '\u1842' && (next == '\u1820' || next == '\u1821')
	}
	if varied[selector][base] {
		return true
	}
	// Forms of ideographs: the standardized ones, and those of the Ideographic
	// Variation Database, which has no more than the first 32 selectors of names.
	return unicode.Is(unicode.Han, base) && unicode.IsLetter(base) &&
		(selector >= '\ufe00' && selector <= '\ufe02' || selector >= '\U000e0100' && selector <= '\U000e011f')
}

// joinedEmoji returns how many bytes of a text are a sequence of emoji that
// shows as one, or 0.
func joinedEmoji(s string, first rune) int {
	t := sequences()
	if first == blackFlag {
		for _, tags := range [...]string{"gbeng", "gbsct", "gbwls"} {
			if n := tagged(s, tags); n > 0 {
				return n
			}
		}
	}
	if !t.heads[first] {
		return 0
	}
	var key []byte
	whole := 0
	for at, n := 0, 0; n < t.longest; n++ {
		r, size := utf8.DecodeRuneInString(s[at:])
		if at += size; size == 0 {
			break
		}
		key = utf8.AppendRune(key, r)
		if strings.HasPrefix(s[at:], string(asEmoji)) && t.varied[asEmoji][r] {
			at += utf8.RuneLen(asEmoji)
		} else if tone, size := utf8.DecodeRuneInString(s[at:]); tone >= '\U0001f3fb' && tone <= '\U0001f3ff' {
			at += size
		}
		if t.joined[string(key)] {
			whole = at
		}
		if !strings.HasPrefix(s[at:], string(zwj)) {
			break
		}
		key = utf8.AppendRune(key, zwj)
		at += utf8.RuneLen(zwj)
	}
	return whole
}

// tagged returns how many bytes the flag of a part of a country takes.
func tagged(s, tags string) int {
	var flag []byte
	flag = utf8.AppendRune(flag, blackFlag)
	for _, c := range tags {
		flag = utf8.AppendRune(flag, '\U000e0000'+c)
	}
	flag = utf8.AppendRune(flag, '\U000e007f')
	if !strings.HasPrefix(s, string(flag)) {
		return 0
	}
	return len(flag)
}

// maxMarks is how many marks may stand between a joiner and the letters that it
// is about.
const maxMarks = 8

// joinerHasEffect reports whether a joiner changes the letters beside it, after
// UAX #31 and RFC 5892: between letters that would join or would not, and after
// the sign that takes an Indic letter its vowel.
func joinerHasEffect(s string, at int, joiner rune) bool {
	before, after := s[:at], s[at+utf8.RuneLen(joiner):]
	if joinsLetters(before, after, joiner) {
		return true
	}
	sign, size := utf8.DecodeLastRuneInString(before)
	following, _ := utf8.DecodeRuneInString(after)
	if isVirama(sign) {
		letter, _ := lastLetter(before[:len(before)-size])
		if !unicode.IsLetter(letter) {
			return false
		}
		if joiner == zwnj {
			return unicode.IsLetter(following)
		}
		return !unicode.IsMark(following)
	}
	// RA keeps its form before the sign, in Bengali, Assamese and Kannada.
	if joiner == zwj && (sign == '\u09b0' || sign == '\u09f0' || sign == '\u0cb0') && isVirama(following) {
		letter, _ := utf8.DecodeRuneInString(after[utf8.RuneLen(following):])
		return unicode.IsLetter(letter)
	}
	return false
}

// joinsLetters is joinerHasEffect for letters that join, such as those of
// Arabic.
func joinsLetters(before, after string, joiner rune) bool {
	t := sequences()
	first, _ := lastLetter(before)
	second, _ := firstLetter(after)
	joinsOn := unicode.Is(t.dual, first)
	joinsBack := unicode.Is(t.dual, second) || unicode.Is(t.right, second)
	if joiner == zwnj {
		return joinsOn && joinsBack
	}
	return joinsOn != joinsBack
}

// lastLetter is the last character of a text that is not a mark.
func lastLetter(s string) (rune, bool) {
	for range maxMarks {
		r, size := utf8.DecodeLastRuneInString(s)
		if !unicode.Is(unicode.Mn, r) {
			return r, size > 0
		}
		s = s[:len(s)-size]
	}
	return 0, false
}

// firstLetter is the first character of a text that is not a mark.
func firstLetter(s string) (rune, bool) {
	for range maxMarks {
		r, size := utf8.DecodeRuneInString(s)
		if !unicode.Is(unicode.Mn, r) {
			return r, size > 0
		}
		s = s[size:]
	}
	return 0, false
}

// isVirama reports whether a sign takes the vowel from the letter before it.
func isVirama(r rune) bool {
	const virama = 9 // the combining class
	return r > unicode.MaxLatin1 && norm.NFC.PropertiesString(string(r)).CCC() == virama
}
