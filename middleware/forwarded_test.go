package middleware_test

import (
	"strings"
	"testing"
)

var forwardedVectors = []vector{
	{"no header", nil, "", ""},
	{"one address", one("for=198.51.100.7"), "198.51.100.7", ""},
	{"in capitals", one("FOR=198.51.100.7"), "198.51.100.7", ""},
	{"mixed case", one("For=198.51.100.7"), "198.51.100.7", ""},
	{"with other parameters", one("for=198.51.100.7;proto=https;by=203.0.113.43"), "198.51.100.7", ""},
	{"in another order", one("by=203.0.113.43;proto=https;for=198.51.100.7"), "198.51.100.7", ""},
	{"spaces about the semicolons", one("proto=https ; for=198.51.100.7 ; by=203.0.113.43"), "198.51.100.7", ""},
	{"a semicolon at the end", one("for=198.51.100.7;"), "198.51.100.7", ""},
	{"empty pairs", one(";;for=198.51.100.7;;proto=http"), "198.51.100.7", ""},
	{"an extension", one("secret=abc;for=198.51.100.7"), "198.51.100.7", ""},
	{"quoted", one(`for="198.51.100.7"`), "198.51.100.7", ""},
	{"quoted with a port", one(`for="198.51.100.7:4711"`), "198.51.100.7", ""},
	{"a port without quotes", one("for=198.51.100.7:4711"), "198.51.100.7", ""},
	{"an obfuscated port", one(`for="198.51.100.7:_a.B-9"`), "198.51.100.7", ""},
	{"IPv6", one(`for="[2001:db8::7]"`), "2001:db8::7", ""},
	{"IPv6 with a port", one(`for="[2001:db8::7]:4711"`), "2001:db8::7", ""},
	{"IPv6 with an obfuscated port", one(`for="[2001:db8::7]:_x"`), "2001:db8::7", ""},
	{"IPv6 without quotes", one("for=[2001:db8::7]:4711"), "2001:db8::7", ""},
	{"IPv6 without brackets", one(`for="2001:db8::7"`), "2001:db8::7", ""},
	{"a zone", one(`for="[2001:db8::7%eth0]"`), "2001:db8::7", ""},
	{"mapped", one(`for="[::ffff:198.51.100.7]"`), "198.51.100.7", ""},
	{"escaped characters", one(`for="198\.51.100.\7"`), "198.51.100.7", ""},

	{"a forged address on the left", one("for=203.0.113.66, for=198.51.100.7"), "198.51.100.7", ""},
	{"a forged proxy on the left", one("for=10.0.0.9, for=198.51.100.7"), "198.51.100.7", ""},
	{"two proxies", one("for=203.0.113.66, for=198.51.100.7, for=10.0.0.2"), "198.51.100.7", ""},
	{"proxies of both families", one(`for=198.51.100.7,for="[2001:db8:ffff::2]:1",for=10.0.0.2`), "198.51.100.7", ""},
	{"two lines", []string{"for=203.0.113.66", "for=198.51.100.7;proto=http"}, "198.51.100.7", ""},
	{"three lines", []string{"for=203.0.113.66", "for=198.51.100.7, for=10.0.0.3", "for=10.0.0.2"}, "198.51.100.7", ""},
	{"only proxies", one("for=10.0.0.3, for=10.0.0.2"), "10.0.0.3", "trusted proxies only"},
	{"garbage on the left", one("<script>, for=198.51.100.7"), "198.51.100.7", ""},
	{"hidden on the left", one("for=_hidden, for=198.51.100.7"), "198.51.100.7", ""},

	// What the client sent must not change how a proxy's element is read.
	{"an open quote on the left", one(`for=", for=198.51.100.7`), "198.51.100.7", ""},
	{"an open quote before a quoted element", one(`for=", for="[2001:db8::7]"`), "2001:db8::7", ""},
	{"an open quote in a line before", []string{`for="`, `for="198.51.100.7"`}, "198.51.100.7", ""},
	{"a backslash on the left", one(`for=\, for="198.51.100.7"`), "198.51.100.7", ""},
	{"an escaped quote on the left", one(`for="\", for="198.51.100.7"`), "198.51.100.7", ""},
	{"an open quote two proxies away", one(`for=", for=198.51.100.7, for="10.0.0.2"`), "198.51.100.7", ""},
	// What the client sent and a proxy quoted stays within the quotes.
	{"a comma in the host", one(`for=198.51.100.7;host="a, for=203.0.113.66"`), "198.51.100.7", ""},
	{"a whole element in the host", one(`for=198.51.100.7;host="a, for=203.0.113.66;x=y"`), "198.51.100.7", ""},
	{"a semicolon in the host", one(`host="a;for=203.0.113.66;x";for=198.51.100.7`), "198.51.100.7", ""},
	{"escaped quotes in the host", one(`for=198.51.100.7;host="a\", for=203.0.113.66, b=\""`), "198.51.100.7", ""},
	{"escaped backslashes in the host", one(`for=198.51.100.7;host="a\\", for="10.0.0.2"`), "198.51.100.7", ""},
	{"an equals sign in quotes", one(`ext="for=203.0.113.66";for=198.51.100.7`), "198.51.100.7", ""},

	{"empty", one(""), "", `Forwarded is not read: "" is not an IP address`},
	{"no for", one("proto=https;by=203.0.113.43"), "", "is not an IP address"},
	{"no for on the right", one("for=198.51.100.7, proto=https"), "", `"proto=https" is not an IP address`},
	{"two fors", one("for=203.0.113.66;for=198.51.100.7"), "", "is not an IP address"},
	{"two fors alike", one("for=198.51.100.7;FOR=198.51.100.7"), "", "is not an IP address"},
	{"unknown", one("for=unknown"), "", `"for=unknown" is not an IP address`},
	{"unknown in capitals", one("for=UNKNOWN"), "", "is not an IP address"},
	{"unknown with a port", one(`for="unknown:80"`), "", "is not an IP address"},
	{"hidden", one("for=_hidden"), "", `"for=_hidden" is not an IP address`},
	{"hidden with a port", one(`for="_SEVKISEK:_80"`), "", "is not an IP address"},
	{"hidden between the proxies", one("for=198.51.100.7, for=_gateway, for=10.0.0.2"), "", `"for=_gateway" is not an IP address`},
	{"a bare address", one("198.51.100.7"), "", "is not an IP address"},
	{"no value", one("for="), "", "is not an IP address"},
	{"an empty quoted value", one(`for=""`), "", "is not an IP address"},
	{"a space before the equals sign", one("for =198.51.100.7"), "", "is not an IP address"},
	{"a space after the equals sign", one("for= 198.51.100.7"), "", "is not an IP address"},
	{"two equals signs", one("for==198.51.100.7"), "", "is not an IP address"},
	{"an open quote", one(`for="198.51.100.7`), "", "is not an IP address"},
	{"an open quote at the end", one(`for=198.51.100.7"`), "", "is not an IP address"},
	{"an escaped closing quote", one(`for="198.51.100.7\"`), "", "is not an IP address"},
	{"text after the quotes", one(`for="198.51.100.7"x`), "", "is not an IP address"},
	{"a quote in the middle", one(`for=198.51"."100.7`), "", "is not an IP address"},
	{"single quotes", one(`for='198.51.100.7'`), "", "is not an IP address"},
	{"a pair that cannot be read", one("proto;for=198.51.100.7"), "", "is not an IP address"},
	{"an empty name", one("=x;for=198.51.100.7"), "", "is not an IP address"},
	{"a name with a space", one("a b=x;for=198.51.100.7"), "", "is not an IP address"},
	{"a comma at the end", one("for=198.51.100.7,"), "", `"" is not an IP address`},
	{"an empty element between", one("for=198.51.100.7, , for=10.0.0.2"), "", `"" is not an IP address`},
	{"IPv4 in brackets", one(`for="[198.51.100.7]"`), "", "is not an IP address"},
	{"an obfuscated port without a name", one(`for="198.51.100.7:_"`), "", "is not an IP address"},
	{"an obfuscated port with a space", one(`for="198.51.100.7:_a b"`), "", "is not an IP address"},
	{"unspecified", one("for=0.0.0.0"), "", "is not an IP address"},
	{"huge quotes", one(strings.Repeat(`"`, 1<<20)), "", "(1048576 bytes)"},
	{"huge backslashes", one(strings.Repeat(`\`, 1<<20) + `"`), "", "(1048577 bytes)"},
	{"huge escapes", one(strings.Repeat(`\"`, 1<<19)), "", "(1048576 bytes)"},
	{"huge pairs", one(strings.Repeat(`;a=b`, 1<<18)), "", "(1048576 bytes)"},
	{"huge, and then an address", one(strings.Repeat(`for="`, 1<<17) + ", for=198.51.100.7"), "198.51.100.7", ""},
}

func TestForwarded(t *testing.T) {
	t.Parallel()
	for _, v := range forwardedVectors {
		v.run(t, "Forwarded")
	}
}
