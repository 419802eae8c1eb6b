package audit

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// isText reports whether JSON is UTF-8. Decoders replace what is not, and then
// two texts that differ look alike.
func isText(text []byte) bool { return utf8.Valid(text) }

// invalidJSON is the node of a text that should be JSON and is not. Secrets
// cannot be found in it. So the text itself is kept only if no name of a secret
// occurs in it, in any spelling.
func (in *inspector) invalidJSON(text []byte, plain bool) *node {
	return &node{kind: KindInvalidJSON, text: string(text), shown: plain || !in.planner.redactor.occursIn(text)}
}

// occursIn reports whether a text could hold a secret's name. A backslash could
// hide one.
func (r redactor) occursIn(text []byte) bool {
	if bytes.IndexByte(text, '\\') >= 0 {
		return true
	}
	return r.names.OccurIn(string(text))
}

// appendInvalidJSON appends the mark of such a text: the text, its bytes where
// it is not UTF-8 or holds NUL, or its size only.
func appendInvalidJSON(buf []byte, n *node) []byte {
	buf = append(buf, `{"`+markKey+`":"invalid_json"`...)
	switch {
	case n.rest != nil: // not even the text is known
	case !n.shown:
		buf = strconv.AppendInt(append(buf, `,"bytes":`...), int64(len(n.text)), 10)
	case utf8.ValidString(n.text) && strings.IndexByte(n.text, 0) < 0:
		buf = appendString(append(buf, `,"text":`...), n.text)
	default:
		buf = append(hex.AppendEncode(append(buf, `,"hex":"`...), []byte(n.text)), '"')
	}
	return append(buf, '}')
}
