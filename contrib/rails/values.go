package rails

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decodeMap reads what a gem serialized: YAML as Ruby writes it, or JSON.
func decodeMap(text string) (map[string]any, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var document yaml.Node // JSON is YAML, except for its numbers
	if trimmed := strings.TrimSpace(text); trimmed[0] == '{' || trimmed == "null" {
		decoder := json.NewDecoder(strings.NewReader(trimmed))
		decoder.UseNumber()
		var fields map[string]any
		err := decoder.Decode(&fields)
		return fields, err
	}
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	r := reader{left: maxNodes}
	value, err := r.value(&document, 0)
	if err != nil || value == nil {
		return nil, err
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a %T where fields were expected", value)
	}
	return fields, nil
}

const (
	// maxNodes and maxDepth bound what aliases can blow up.
	maxNodes = 100_000
	maxDepth = 100
)

var errTooLarge = errors.New("more values than an import takes")

// reader turns nodes of YAML into values as encoding/json makes them.
type reader struct{ left int }

func (r *reader) value(n *yaml.Node, depth int) (any, error) {
	if r.left--; r.left < 0 || depth > maxDepth {
		return nil, errTooLarge
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return nil, nil
		}
		return r.value(n.Content[0], depth)
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = r.value(item, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(n, depth)
	default:
		return scalar(n), nil
	}
}

func (r *reader) mapping(n *yaml.Node, depth int) (any, error) {
	fields := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		value, err := r.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		fields[symbol(n.Content[i])] = value
	}
	if strings.HasSuffix(n.Tag, "ActiveSupport::TimeWithZone") {
		return fields["utc"], nil
	}
	return fields, nil
}

// symbol returns a scalar's text, without the colon of a Ruby symbol.
func symbol(n *yaml.Node) string {
	if n.Style == 0 || n.Tag == "!ruby/symbol" {
		return strings.TrimPrefix(n.Value, ":")
	}
	return n.Value
}

// scalar reads one value, those of Ruby's classes too.
func scalar(n *yaml.Node) any {
	switch tag := n.ShortTag(); {
	case tag == "!!null":
		return nil
	case tag == "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case tag == "!!int" || tag == "!!float":
		return number(n.Value)
	case tag == "!!timestamp", tag == "!!str" && n.Style == 0 && len(n.Value) > len("2006-01-02"):
		// Ruby writes a blank before the zone, which YAML's own times have not.
		return timestamp(symbol(n))
	case tag == "!!binary":
		// Ruby breaks the lines.
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
		if err == nil {
			return string(raw)
		}
	case strings.HasSuffix(tag, "BigDecimal"):
		_, digits, _ := strings.Cut(n.Value, ":") // "18:0.125e1"
		return number(digits)
	}
	return symbol(n)
}

// number keeps a number's digits; what JSON does not have is a text.
func number(text string) any {
	var n json.Number
	if json.Unmarshal([]byte(text), &n) == nil {
		return n
	}
	// For example 1_000, 0x1f, +1 and .5.
	var f float64
	if yaml.Unmarshal([]byte(text), &f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
		return f
	}
	return text
}

// timestamp writes a time as the library records one; a date stays a date.
func timestamp(text string) string {
	t, err := parseTime(text)
	if err != nil || len(text) == len("2006-01-02") {
		return text
	}
	return t.Format(time.RFC3339Nano)
}

// timeLayouts are how Rails, its databases and Go's drivers write times.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999 Z", "2006-01-02 15:04:05.999999999 -07:00", "2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02",
}

// parseTime reads a time; one without a zone is in UTC, as Rails stores them.
func parseTime(text string) (time.Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time", text)
}
