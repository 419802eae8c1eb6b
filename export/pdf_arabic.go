package export

// joined returns a text with Arabic letters in the forms that they have within
// a word, since fpdf does not shape: it draws each character's own glyph. A
// letter whose form the font does not have stays as it is.
func joined(text []rune, font *pdfFont) []rune {
	out := make([]rune, 0, len(text))
	for i := 0; i < len(text); i++ {
		letter, ok := arabicLetters[text[i]]
		if !ok {
			out = append(out, text[i])
			continue
		}
		before := joins(text, i, -1)
		if text[i] == lam && i+1 < len(text) {
			if ligature, ok := lamAlefs[text[i+1]]; ok && font.has(ligature) {
				if before && font.has(ligature+1) {
					ligature++ // its form at the end of a word
				}
				out = append(out, ligature)
				i++
				continue
			}
		}
		form := letter.isolated
		switch after := letter.forms == bothSides && joins(text, i, 1); {
		case letter.forms == alone:
		case before && after:
			form += 3
		case after:
			form += 2
		case before:
			form++
		}
		if !font.has(form) {
			form = text[i]
		}
		out = append(out, form)
	}
	return out
}

// joins reports whether the letter joins the one before it (-1) or after it
// (1). Marks over letters do not part them.
func joins(text []rune, at, step int) bool {
	next := at + step
	for next >= 0 && next < len(text) && text[next] >= 0x300 && isMark(text[next]) {
		next += step
	}
	if next < 0 || next >= len(text) {
		return false
	}
	if text[next] == tatweel || text[next] == joiner {
		return true
	}
	other := arabicLetters[text[next]]
	if step < 0 {
		return other.forms == bothSides
	}
	return other.forms != alone && other.forms != 0
}

const (
	lam     = '\u0644'
	tatweel = '\u0640' // only lengthens the line between two letters
	joiner  = '\u200d' // joins and is not seen
)

// The number of forms that a letter has. Each letter has an isolated form.
// beforeOnly adds one for the end of a word, joined to the letter before.
// bothSides adds two more, for the beginning and the middle of a word.
const (
	alone      = 1
	beforeOnly = 2
	bothSides  = 4
)

// arabicLetters have their forms in a row: isolated, final, initial, medial.
var arabicLetters = map[rune]struct {
	isolated rune
	forms    int
}{
	'\u0621': {'\ufe80', alone}, '\u0622': {'\ufe81', beforeOnly}, '\u0623': {'\ufe83', beforeOnly}, '\u0624': {'\ufe85', beforeOnly},
	'\u0625': {'\ufe87', beforeOnly}, '\u0626': {'\ufe89', bothSides}, '\u0627': {'\ufe8d', beforeOnly}, '\u0628': {'\ufe8f', bothSides},
	'\u0629': {'\ufe93', beforeOnly}, '\u062a': {'\ufe95', bothSides}, '\u062b': {'\ufe99', bothSides}, '\u062c': {'\ufe9d', bothSides},
	'\u062d': {'\ufea1', bothSides}, '\u062e': {'\ufea5', bothSides}, '\u062f': {'\ufea9', beforeOnly}, '\u0630': {'\ufeab', beforeOnly},
	'\u0631': {'\ufead', beforeOnly}, '\u0632': {'\ufeaf', beforeOnly}, '\u0633': {'\ufeb1', bothSides}, '\u0634': {'\ufeb5', bothSides},
	'\u0635': {'\ufeb9', bothSides}, '\u0636': {'\ufebd', bothSides}, '\u0637': {'\ufec1', bothSides}, '\u0638': {'\ufec5', bothSides},
	'\u0639': {'\ufec9', bothSides}, '\u063a': {'\ufecd', bothSides}, '\u0641': {'\ufed1', bothSides}, '\u0642': {'\ufed5', bothSides},
	'\u0643': {'\ufed9', bothSides}, '\u0644': {'\ufedd', bothSides}, '\u0645': {'\ufee1', bothSides}, '\u0646': {'\ufee5', bothSides},
	'\u0647': {'\ufee9', bothSides}, '\u0648': {'\ufeed', beforeOnly}, '\u0649': {'\ufeef', beforeOnly}, '\u064a': {'\ufef1', bothSides},
	'\u0679': {'\ufb66', bothSides}, '\u067e': {'\ufb56', bothSides}, '\u0686': {'\ufb7a', bothSides}, '\u0688': {'\ufb88', beforeOnly},
	'\u0691': {'\ufb8c', beforeOnly}, '\u0698': {'\ufb8a', beforeOnly}, '\u06a9': {'\ufb8e', bothSides}, '\u06af': {'\ufb92', bothSides},
	'\u06ba': {'\ufb9e', beforeOnly}, '\u06be': {'\ufbaa', bothSides}, '\u06c1': {'\ufba6', bothSides}, '\u06cc': {'\ufbfc', bothSides},
	'\u06d2': {'\ufbae', beforeOnly},
}

// lamAlefs are what lam and these letters are written as together: the form
// that stands alone, followed by the one at the end of a word.
var lamAlefs = map[rune]rune{
	'\u0622': '\ufef5', '\u0623': '\ufef7', '\u0625': '\ufef9', '\u0627': '\ufefb',
}
