package display_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/auditkeep/audit/internal/display"
)

// TestSequencesAreThemselves: joiners and selectors that have an effect.
func TestSequencesAreThemselves(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"families":      {"👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧\u200d👦", "👩\u200d👦", "🧑\u200d🧑\u200d🧒", "👩\u200d❤\ufe0f\u200d💋\u200d👨", "👩🏽\u200d🤝\u200d👨🏿"},
		"people":        {"👩\u200d🚀", "🧑🏽\u200d💻", "🕵\ufe0f\u200d♂\ufe0f", "🤷🏽\u200d♀\ufe0f", "🤷\u200d♀", "🏃🏿\u200d♂\ufe0f\u200d➡\ufe0f", "👨\u200d🦰", "👩🏻\u200d⚕\ufe0f"},
		"animals":       {"🐻\u200d❄\ufe0f", "🐕\u200d🦺", "🐦\u200d🔥", "🐈\u200d⬛"},
		"hearts, faces": {"❤\ufe0f", "❤\ufe0f\u200d🔥", "☺\ufe0f", "☹\ufe0e", "😶\u200d🌫\ufe0f", "🙂\u200d↔\ufe0f", "⛓\ufe0f\u200d💥"},
		"skin tones":    {"👍🏽", "☝🏻", "☝\ufe0f🏻"},
		"flags":         {"🇩🇪", "🇫🇷🇯🇵", "🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d⚧\ufe0f", "🏴\u200d☠\ufe0f", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"},
		"keycaps":       {"1\ufe0f\u20e3", "#\ufe0f\u20e3*\ufe0f\u20e3", "©\ufe0f ®\ufe0e ™\ufe0f"},
		"new emoji":     {"\U0001fae9", "\U0001fac6"},
		"Persian":       {"می\u200cخواهم", "کتاب\u200cها", "خانه\u200cای", "ه\u200d", "۱۴۰۳ ه\u200d.ش"},
		"Urdu":          {"علم\u200cو", "کم\u200cزور"},
		"Arabic":        {"مُ\u200cحَ"},
		"Hindi":         {"क्\u200dष", "क्\u200cष", "राष्\u200dट्र"},
		"Bengali":       {"র\u200d্যাব", "উদ্\u200cঘাটন"},
		"Kannada":       {"ರಾಜ್\u200cಕುಮಾರ್", "ಸೂರ\u200d್ಯ"},
		"Malayalam":     {"അവന്\u200d", "നന്\u200dമ"},
		"Sinhala":       {"ශ්\u200dරී", "ක්\u200dෂ"},
		"Nepali":        {"गर्\u200dयो"},
		"Japanese":      {"葛\U000e0100城", "辻\U000e0101", "、\ufe00"},
		"Mongolian":     {"ᠨ\u180b", "ᠪᠠᠢᠨ\u180eᠠ"},
		"mathematics":   {"∩\ufe00"},
	} {
		for _, text := range texts {
			assert.Equal(t, text, display.VisibleText(text), "%s: %+q", name, text)
			within := "x" + text + " " + text + "y"
			assert.Equal(t, within, display.VisibleText(within), "%s: %+q", name, within)
		}
	}
}

// TestStraysAreVisible: joiners, selectors and tags that have no effect.
func TestStraysAreVisible(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"|200d", "a|200db", "a|200cb", "\u05d0|200c\u05d1", "א|200dב", "1|200d2", "日|200d本", // scripts that do not join
		"😀|200d😀", "👨|200d🍎", "👩\u200d🚀|200d", "👩\u200d🚀|200d🚀", "|200d👩", "❤\ufe0f|200d", "👨|200d|200d👩", "🇩|200d🇪", // no such emoji
		"a|fe0f", "😀|fe0f", "❤\ufe0f|fe0f", "❤\ufe0f|fe0e", "1|fe0f", "1|fe0fa", "a|fe0f⃣", "|fe0f", "a|fe00", "👍🏽|fe0f", // nothing to select
		"日|fe0f", "日|e01ef", "a|e0100", "日\U000e0100|e0101", "あ|e0100", // not for ideographs
		"🏴|e0067|e0062|e007f", "🏴|e0075|e0073|e0074|e0078|e007f", "a|e0041", "🏳|e0067|e0062|e0073|e0063|e0074|e007f", // not flags
		"د|200cر", "دا|200cر", "می|200c", "می|200c ", "|200cخ", "م|200dخ", "ر|200c", "می|200c|200cخ", // letters that do not join, or do
		"क|200dष", "क|200cष", "क्|200c", "क्|200c ", "क्|200dि", "्|200d", "क|200d्ष", // no sign before it
		"ᠨ|180e", "a|180b", "ᠠ|180d",
	} {
		in, want := "", ""
		for i, part := range strings.Split(text, "|") {
			if i == 0 {
				in, want = part, part
				continue
			}
			n := len(part)
			for n > 0 && !isHex(part[:n]) {
				n--
			}
			code, _ := strconv.ParseUint(part[:n], 16, 32)
			in += string(rune(code)) + part[n:]
			escape := `\u` + part[:n]
			if code > 0xffff {
				escape = `\U` + strings.Repeat("0", 8-n) + part[:n]
			}
			want += escape + part[n:]
		}
		assert.Equal(t, want, display.VisibleText(in), "%+q", in)
	}
}

func isHex(s string) bool {
	_, err := strconv.ParseUint(s, 16, 32)
	return err == nil && (len(s) == 4 || len(s) == 5 && strings.HasPrefix(s, "e0"))
}
