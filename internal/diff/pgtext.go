package diff

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/auditkeep/audit/internal/jsontext"
)

// The texts that PostgreSQL shows for its types, which triggers record too.

// rangeNode returns a range as text: [1,5).
func (in *inspector) rangeNode(v reflect.Value) (*node, error) {
	lowerType, upperType := byte(v.Field(2).Uint()), byte(v.Field(3).Uint())
	if lowerType == 'E' || upperType == 'E' {
		return &node{kind: jsontext.KindString, text: "empty"}, nil
	}
	lower, err := in.bound(v.Field(0), lowerType)
	if err != nil {
		return nil, fmt.Errorf(".Lower: %w", err)
	}
	upper, err := in.bound(v.Field(1), upperType)
	if err != nil {
		return nil, fmt.Errorf(".Upper: %w", err)
	}
	opening, closing := "(", ")"
	if lowerType == 'i' {
		opening = "["
	}
	if upperType == 'i' {
		closing = "]"
	}
	return &node{kind: jsontext.KindString, text: opening + lower + "," + upper + closing}, nil
}

// bound returns one bound of a range as text.
func (in *inspector) bound(v reflect.Value, boundType byte) (string, error) {
	if boundType != 'i' && boundType != 'e' {
		return "", nil
	}
	n, err := in.node(v, true)
	if err != nil {
		return "", err
	}
	text := n.text
	switch n.kind {
	case jsontext.KindString:
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			layout := "2006-01-02 15:04:05.999999-07"
			if v.Type().Name() == "Timestamp" {
				layout = "2006-01-02 15:04:05.999999"
			}
			text = at.UTC().Format(layout)
		}
	case jsontext.KindNumber:
		if valuer, ok := v.Interface().(driver.Valuer); ok { // with its zeros: 1.50
			if given, err := valuer.Value(); err == nil {
				text = fmt.Sprint(given)
			}
		}
	case jsontext.KindBool:
	default:
		text = n.encode(jsontext.MaxPath)
	}
	if text == "" || strings.ContainsAny(text, "\"\\()[], \t\n\r\v\f") {
		text = `"` + strings.NewReplacer(`"`, `""`, `\`, `\\`).Replace(text) + `"`
	}
	return text, nil
}

// multirange returns a list of ranges as text: {[1,3),[5,7)}.
func (in *inspector) multirange(v reflect.Value) (*node, error) {
	if v.Len() > in.nodes {
		return in.cut(v), nil
	}
	parts := make([]string, v.Len())
	for i := range parts {
		n, err := in.node(v.Index(i), true)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		parts[i] = n.text
	}
	return &node{kind: jsontext.KindString, text: "{" + strings.Join(parts, ",") + "}"}, nil
}

// array returns an array of one or more dimensions as lists.
func (in *inspector) array(v reflect.Value, plain bool) (*node, error) {
	elements, dims := v.Field(0), v.Field(1)
	n, err := in.list(elements, plain)
	if err != nil || n.kind != jsontext.KindArray {
		if err == nil && n.kind == jsontext.KindNull { // valid, and empty
			n = &node{kind: jsontext.KindArray}
		}
		return n, err
	}
	// From the innermost dimension out.
	for i := dims.Len() - 1; i > 0; i-- {
		length := int(dims.Index(i).Field(0).Int())
		if length <= 0 || len(n.items)%length != 0 {
			break // not an array of PostgreSQL
		}
		outer := &node{kind: jsontext.KindArray}
		for rest := n.items; len(rest) > 0; rest = rest[length:] {
			outer.items = append(outer.items, &node{kind: jsontext.KindArray, items: rest[:length:length]})
		}
		n = outer
	}
	return n, nil
}

// clockText returns a time of day: 04:05:06.5.
func clockText(microseconds int64) string {
	sign := ""
	if microseconds < 0 {
		sign = "-"
	}
	abs := func(n int64) int64 { return max(n, -n) }
	seconds := microseconds / 1e6
	text := fmt.Sprintf("%s%02d:%02d:%02d", sign, abs(seconds/3600), abs(seconds/60%60), abs(seconds%60))
	if fraction := abs(microseconds % 1e6); fraction != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%06d", fraction), "0")
	}
	return text
}

// intervalText returns an interval in the style postgres: 1 year 2 mons -3 days
// +04:05:06.
func intervalText(microseconds, days, months int64) string {
	var parts []string
	before := false // the part in front is negative
	for _, part := range []struct {
		n    int64
		unit string
	}{{months / 12, "year"}, {months % 12, "mon"}, {days, "day"}} {
		if part.n == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s", part.n, part.unit)
		if before && part.n > 0 {
			text = "+" + text
		}
		if part.n != 1 {
			text += "s"
		}
		parts, before = append(parts, text), part.n < 0
	}
	if microseconds != 0 || len(parts) == 0 {
		text := clockText(microseconds)
		if before && microseconds > 0 {
			text = "+" + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}
