package audit

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
)

// Value is one recorded value in canonical JSON, or absent (the zero Value),
// or a mark in place of what is not kept. Values are comparable: two are equal
// if and only if they are the same value.
//
// The canonical form (see [Format]): no blanks; an object's keys in byte
// order; numbers in plain decimal notation without superfluous zeros (1E2 is
// 100, 1.50 is 1.5), beyond 40 digits as 1.5e300; strings in UTF-8 with only
// the necessary escapes. What JSON or a database cannot hold is an object with
// the single key "$audit"; a real key of that name is kept with one more "$".
type Value struct {
	json string
}

// ValueKind is what a Value is.
type ValueKind int

// The kinds of value.
const (
	KindAbsent      ValueKind = iota // the side has no such field
	KindNull                         // null or nil
	KindBool                         // true or false
	KindNumber                       // a number of any size
	KindString                       // a text
	KindArray                        // a list
	KindMap                          // an object with keys
	KindRedacted                     // a secret that is not kept
	KindCut                          // too large: only its size and beginning are kept
	KindCycle                        // a value that contains itself
	KindBytes                        // a text that is not UTF-8 or holds NUL, kept as bytes
	KindOpaque                       // a function, a channel, a struct without exported fields: only the type's name is kept
	KindInvalidJSON                  // a text that should be JSON and is not
	KindShared                       // not compared: before and after shared memory, see Config.Shared
)

// ParseValue reads JSON text into its canonical form. The empty text is the
// absent value.
func ParseValue(text string) (Value, error) {
	if text == "" {
		return Value{}, nil
	}
	canonical, err := jsontext.Canonical(text)
	if err != nil {
		return Value{}, fmt.Errorf("parsing value: %w", err)
	}
	return Value{json: canonical}, nil
}

// JSON returns the canonical JSON text, "" for the absent value.
func (v Value) JSON() string { return v.json }

// IsAbsent reports whether there is no value, which is not the same as null.
func (v Value) IsAbsent() bool { return v.json == "" }

// Kind returns what the value is.
func (v Value) Kind() ValueKind { return ValueKind(jsontext.KindOf(v.json)) }

func (v Value) mark() jsontext.Mark { return jsontext.ParseMark(v.json) }

// Cut returns how large a value of [KindCut] was: its bytes, or the items of a
// list or map that was not written out. If it was a text, start is its beginning.
// All are zero for other kinds.
func (v Value) Cut() (bytes, items int, start string) {
	if v.Kind() != KindCut {
		return 0, 0, ""
	}
	m := v.mark()
	return m.Bytes, m.Items, m.Start
}

// TypeName returns the Go type of a value of [KindOpaque], and "" for other kinds.
func (v Value) TypeName() string {
	if v.Kind() != KindOpaque {
		return ""
	}
	return v.mark().Type
}

// HoldsMark reports whether the value is a mark, or has one within it: something
// in it was not kept as it was.
func (v Value) HoldsMark() bool { return jsontext.HoldsMark(v.json) }

// Text returns the value as people read it: a string without its quotes, a
// list or object as JSON, a mark in words, "" for the absent value.
func (v Value) Text() string {
	switch v.Kind() {
	case KindString:
		if strings.IndexByte(v.json, '\\') < 0 {
			return v.json[1 : len(v.json)-1] // nothing in it is escaped
		}
		var s string
		_ = json.Unmarshal([]byte(v.json), &s) // canonical JSON is valid JSON
		return s
	case KindRedacted:
		return "redacted"
	case KindShared:
		return "not compared"
	case KindCut:
		switch m := v.mark(); {
		case m.Start != "":
			return fmt.Sprintf("%s… (cut: %d bytes)", m.Start, m.Bytes)
		case m.Bytes > 0:
			return fmt.Sprintf("(cut: %d bytes)", m.Bytes)
		case m.Items > 0:
			return fmt.Sprintf("(cut: %d items)", m.Items)
		default:
			return "(cut)"
		}
	case KindCycle:
		return "(contains itself)"
	case KindBytes:
		if m := v.mark(); m.Hex != nil {
			return `\x` + *m.Hex
		}
		return v.json
	case KindOpaque:
		return "(" + v.mark().Type + ")"
	case KindInvalidJSON:
		switch m := v.mark(); {
		case m.Text != nil:
			return *m.Text + " (not JSON)"
		case m.Hex != nil:
			return `\x` + *m.Hex + " (not JSON)"
		case m.Bytes > 0:
			return fmt.Sprintf("(not JSON: %d bytes)", m.Bytes)
		default:
			return "(not JSON)"
		}
	default:
		return v.json
	}
}

// Decode stores the value in what target points to, by the rules of
// [encoding/json.Unmarshal]; an absent value leaves target as it is.
func (v Value) Decode(target any) error {
	if v.IsAbsent() {
		return nil
	}
	if err := json.Unmarshal([]byte(v.json), target); err != nil {
		return fmt.Errorf("decoding value: %w", err)
	}
	return nil
}

// MarshalJSON returns the canonical JSON; the absent value is null there,
// which is why [Change] leaves absent values out.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.IsAbsent() {
		return []byte("null"), nil
	}
	return []byte(v.json), nil
}

// UnmarshalJSON reads any JSON into its canonical form.
func (v *Value) UnmarshalJSON(text []byte) error {
	parsed, err := ParseValue(string(text))
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}
