package secrets

import (
	"slices"
	"strings"
)

// What a letter is, and which letters are the same, is fixed here rather than
// taken from package unicode: the triggers follow the same rule in SQL, in a
// database of any locale and version. A test compares the two.

// accented are letters with marks, and spellings of a letter; plain are the
// letters that they count as.
const (
	accented = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǠǡǢǣǦǧǨǩǪǫǬǭǮǯǰǴǵǸǹǺǻǼǽǾǿȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳΆΈΉΊΌΎΏΐΪΫάέήίΰϊϋόύώϓϔЀЁЃЇЌЍЎЙйѐёѓїќѝўѶѷӁӂӐӑӒӓӖӗӚӛӜӝӞӟӢӣӤӥӦӧӪӫӬӭӮӯӰӱӲӳӴӵӸӹẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹıſςKÅΩ"
	plain    = "AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyyAaAaAaCcCcCcCcDdEeEeEeEeEeGgGgGgGgHhIiIiIiIiIJjKkLlLlLlNnNnNnOoOoOoRrRrRrSsSsSsSsTtTtUuUuUuUuUuUuWwYyYZzZzZzOoUuAaIiOoUuUuUuUuUuAaAaÆæGgKkOoOoƷʒjGgNnAaÆæØøAaAaEeEeIiIiOoOoRrRrUuUuSsTtHhAaEeOoOoOoOoYyΑΕΗΙΟΥΩιΙΥαεηιυιυουωϒϒЕЕГІКИУИиеегікиуѴѵЖжАаАаЕеӘәЖжЗзИиИиОоӨөЭэУуУуУуЧчЫыAaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYyisσKAΩ"
)

// capitals are the letters beyond ASCII that have a small one, which is at the
// same place in smalls.
const (
	capitals = "ÆÐØÞĐĦĲĿŁŊŒŦƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǄǅǇǈǊǋǤǱǲǶǷȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲͶͿΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩϏϘϚϜϞϠϢϤϦϨϪϬϮϴϷϹϺϽϾϿЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖẞ"
	smalls   = "æðøþđħĳŀłŋœŧɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶʒƹƽǆǆǉǉǌǌǥǳǳƕƿȝƞȣȥⱥȼƚⱦɂƀʉʌɇɉɋɍɏͱͳͷϳαβγδεζηθικλμνξοπρστυφχψωϗϙϛϝϟϡϣϥϧϩϫϭϯθϸϲϻͻͼͽђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆß"
)

// letters are the ranges of letters and digits beyond ASCII. Whatever is not
// among them separates words, which can only redact more.
var letters = [][2]rune{
	{0x00C0, 0x00D6}, {0x00D8, 0x00F6}, {0x00F8, 0x02AF}, // Latin
	{0x0370, 0x0373}, {0x0376, 0x0377}, {0x037B, 0x037D}, {0x037F, 0x037F}, {0x0388, 0x03F5}, {0x03F7, 0x03FF}, // Greek
	{0x0400, 0x0481}, {0x048A, 0x052F}, {0x0531, 0x0556}, {0x0561, 0x0587}, // Cyrillic, Armenian
	{0x05D0, 0x05EA}, {0x0620, 0x0669}, {0x066E, 0x06D3}, {0x06D5, 0x06DC}, {0x06EE, 0x06FC}, // Hebrew, Arabic
	{0x0710, 0x07F5}, {0x0840, 0x0858}, {0x08A0, 0x0963}, {0x0966, 0x0DF3}, // Syriac to Sinhala
	{0x0E01, 0x0E3A}, {0x0E40, 0x0E4E}, {0x0E50, 0x0E59}, {0x0E81, 0x0EDF}, {0x0F18, 0x0F39}, {0x0F40, 0x0FBC}, // Thai, Lao, Tibetan
	{0x1000, 0x1049}, {0x1050, 0x135F}, {0x1380, 0x138F}, {0x13A0, 0x13FD}, {0x1401, 0x166C}, {0x166F, 0x169A}, // Myanmar to Canadian syllabics
	{0x1700, 0x1734}, {0x1740, 0x17D3}, {0x17E0, 0x17E9}, {0x1810, 0x18F5}, {0x1900, 0x193B}, {0x1946, 0x1CBF}, // Philippine scripts to Georgian
	{0x1D00, 0x1DBF}, {0x1E00, 0x1FBC}, {0x1FC2, 0x1FCC}, {0x1FD0, 0x1FDB}, {0x1FE0, 0x1FEC}, {0x1FF2, 0x1FFC}, // more Latin and Greek
	{0x2C00, 0x2CE4}, {0x2D00, 0x2DFF}, {0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x30FC, 0x30FF}, {0x3105, 0x318E}, // Glagolitic to Hangul
	{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xA000, 0xA48C}, {0xA4D0, 0xA4FD}, {0xA500, 0xA62B}, {0xA640, 0xA66E}, // Han, Yi, Lisu, Vai
	{0xA680, 0xA6EF}, {0xA722, 0xA788}, {0xA78B, 0xA827}, {0xA840, 0xA873}, {0xA880, 0xA8C5}, {0xA8D0, 0xA8D9}, // Bamum, Latin, Indic
	{0xA900, 0xA92D}, {0xA930, 0xABEA}, {0xABF0, 0xD7FB}, // Kayah Li to Hangul
	{0xF900, 0xFB28}, {0xFB2A, 0xFD3D}, {0xFD50, 0xFDFB}, {0xFE70, 0xFEFC}, // Han, Hebrew, Arabic
	{0xFF10, 0xFF19}, {0xFF21, 0xFF3A}, {0xFF41, 0xFF5A}, {0xFF66, 0xFFDC}, // of full and half width
	{0x20000, 0x3FFFF}, // Han
}

var (
	plainOf = pairs(accented, plain)
	smallOf = pairs(capitals, smalls)
)

func pairs(from, to string) map[rune]rune {
	all, others := map[rune]rune{}, []rune(to)
	for i, r := range []rune(from) {
		all[r] = others[i]
	}
	return all
}

// Words returns the words of a name in lower case, without accents: those of
// APIKey are api and key, those of user_IDs user and ids. Whatever is not a
// letter or digit stands between words.
func Words(name string) []string {
	runes := make([]rune, 0, len(name))
	for _, r := range name {
		if other, ok := plainOf[r]; r >= 0x80 && ok {
			r = other
		}
		if r < 0x0300 || r > 0x036F { // a combining mark on the letter before
			runes = append(runes, r)
		}
	}
	var words []string
	var word strings.Builder
	for i, r := range runes {
		if word.Len() > 0 && (!isWord(r) || startsWord(runes, i)) {
			words = append(words, word.String())
			word.Reset()
		}
		if isWord(r) {
			word.WriteRune(small(r))
		}
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words
}

// startsWord reports whether a word begins at the letter at i > 0, within
// others.
func startsWord(runes []rune, i int) bool {
	if !isCapital(runes[i]) {
		return false
	}
	if before := runes[i-1]; !isCapital(before) {
		return isWord(before)
	}
	// Within capitals, the last one begins the next word: the K of APIKey, but
	// not the D of IDs.
	return i+1 < len(runes) && isSmall(runes[i+1]) && (runes[i+1] != 's' || i+2 < len(runes) && isSmall(runes[i+2]))
}

func isCapital(r rune) bool {
	if r < 0x80 {
		return 'A' <= r && r <= 'Z'
	}
	_, ok := smallOf[r]
	return ok
}

// isSmall reports whether r is a letter that is not a capital.
func isSmall(r rune) bool { return isWord(r) && (r < '0' || r > '9') && !isCapital(r) }

func isWord(r rune) bool {
	if r < 0x80 {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	at, found := slices.BinarySearchFunc(letters, r, func(span [2]rune, r rune) int { return int(span[0] - r) })
	return found || at > 0 && r <= letters[at-1][1]
}

func small(r rune) rune {
	if r < 0x80 {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	if other, ok := smallOf[r]; ok {
		return other
	}
	return r
}
