package jsontext

import "strings"

// Kind is what a value is. The root package has the same kinds, in this order.
type Kind int

// The kinds of value.
const (
	KindAbsent Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindMap
	KindRedacted
	KindCut
	KindCycle
	KindBytes
	KindOpaque
	KindInvalidJSON
	KindShared
)

// KindOf returns the kind of a canonical value; the empty text is absent.
func KindOf(value string) Kind {
	if value == "" {
		return KindAbsent
	}
	switch value[0] {
	case 'n':
		return KindNull
	case 't', 'f':
		return KindBool
	case '"':
		return KindString
	case '[':
		return KindArray
	case '{':
		return kindOfObject(value)
	default:
		return KindNumber
	}
}

func kindOfObject(value string) Kind {
	if !strings.HasPrefix(value, `{"`+MarkKey+`":"`) {
		return KindMap
	}
	switch ParseMark(value).Kind {
	case "redacted":
		return KindRedacted
	case "cut":
		return KindCut
	case "cycle":
		return KindCycle
	case "bytes":
		return KindBytes
	case "opaque":
		return KindOpaque
	case "shared":
		return KindShared
	case "invalid_json":
		return KindInvalidJSON
	default:
		return KindMap
	}
}
