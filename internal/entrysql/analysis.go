package entrysql

import (
	"slices"
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// Analysis is what a store has to know of a walk to choose how to read it. It is
// made once for a read; every way of reading asks it.
type Analysis struct {
	Walk  audit.Walk
	Order Order
	// From and Before are the IDs that the filter's times and, in the order of time,
	// the cursor leave: those from one on and less than the other.
	From, Before audit.ID
	// Equalities are the conditions that an index (org_id, column, id) answers,
	// first those that the fewest entries are likely to match.
	Equalities []Equality
	// Ranges are the ranges of ip_key, if the filter asks for a range of addresses.
	Ranges []Range
	// Columns are the columns that the filter's condition is about, each once.
	Columns []string

	dialect audit.Dialect
	where   sq.And // the filter without its times; first the organization
	spans   *Equality
}

// Equality is the condition that a column has one of some values.
type Equality struct {
	Column string
	Values []string
	// Partial is a condition that the index on the column is limited to, written out
	// because no planner infers it from parameters.
	Partial string
}

// Range is the condition that a column is between two texts, both included.
type Range struct{ Least, Greatest string }

// indexed are the columns with an index (org_id, column, id), first those of whose
// values the fewest entries have one.
var indexed = []Equality{
	{Column: "request_id", Partial: "e.request_id <> ''"},
	{Column: "object_sort"},
	{Column: "ip_key"},
	{Column: "actor_id", Partial: "e.actor_email = '' AND e.actor_id <> ''"}, // see isOfActorsWithoutEmail
	{Column: "actor_email"},
	{Column: "object_type"},
	{Column: "action"},
}

// Analyse takes a walk apart. It reads the condition that [audit.Filter.Where]
// gives, so a new field of the filter needs nothing here. Filters are valid when
// they reach a store; what Where refuses is an error here too.
func Analyse(d audit.Dialect, w audit.Walk) (*Analysis, error) {
	a := &Analysis{Walk: w, Order: orderOf(w), dialect: d}
	a.From, a.Before = idRange(w)
	timeless := w.Filter
	timeless.From, timeless.Until, timeless.NotAfter = audit.Filter{}.From, audit.Filter{}.Until, audit.ID{}
	where, err := timeless.Where(d, "e")
	if err != nil {
		return nil, err
	}
	a.where = where.(sq.And)
	values := map[string][]string{}
	others := 0
	for _, condition := range a.where[1:] {
		text, args, err := condition.ToSql()
		if err != nil {
			return nil, err
		}
		a.addColumns(text)
		eq, isEquality := condition.(sq.Eq)
		switch ranges, isRanges := rangesOf(condition, text, args); {
		case isEquality:
			for column, value := range eq {
				values[strings.TrimPrefix(column, "e.")] = textsOf(value)
			}
		case isRanges:
			a.Ranges = ranges
			others++
		case !strings.HasSuffix(text, " <> ''"): // that one comes with an equality
			others++
		}
	}
	for _, e := range indexed {
		e.Values = values[e.Column]
		if e.Values != nil && (e.Column != "actor_id" || isOfActorsWithoutEmail(values)) {
			a.Equalities = append(a.Equalities, e)
		}
	}
	if others == 0 {
		a.spans = soleEquality(w, values, a.Equalities)
	}
	return a, nil
}

// isOfActorsWithoutEmail reports whether a filter asks for IDs of actors that have no
// email: only those are in the index on actor_id.
func isOfActorsWithoutEmail(values map[string][]string) bool {
	return slices.Equal(values["actor_email"], []string{""}) && !slices.Contains(values["actor_id"], "")
}

// soleEquality returns the equality that one index answers in the walk's order,
// if it is the filter's only condition. The index on actor_id answers the one on
// actor_email too.
func soleEquality(w audit.Walk, values map[string][]string, equalities []Equality) *Equality {
	if len(equalities) == 0 {
		return nil
	}
	sole, answered := equalities[0], 1
	if sole.Column == "actor_id" {
		answered = 2
	}
	if sorted := sortColumns[w.Sort.By]; len(values) != answered || sorted != "" && sorted != sole.Column {
		return nil
	}
	return &sole
}

// rangesOf returns the ranges of addresses that a condition asks for, and whether
// it does. Several are a disjunction; single addresses in it are short ranges.
func rangesOf(condition sq.Sqlizer, text string, args []any) (ranges []Range, ok bool) {
	const between = "e.ip_key BETWEEN ? AND ?"
	if text == between {
		return []Range{{args[0].(string), args[1].(string)}}, true
	}
	either, ok := condition.(sq.Or)
	if !ok {
		return nil, false
	}
	for _, one := range either {
		text, args, err := one.ToSql()
		if err != nil {
			return nil, false
		}
		if text == between {
			ranges = append(ranges, Range{args[0].(string), args[1].(string)})
			continue
		}
		eq, ok := one.(sq.Eq)
		value, isAddress := eq["e.ip_key"]
		if !ok || !isAddress {
			return nil, false
		}
		for _, address := range textsOf(value) {
			ranges = append(ranges, Range{address, address})
		}
	}
	return disjoint(ranges), true
}

// disjoint drops ranges within others, and the same one twice. Ranges of addresses
// are nested or apart.
func disjoint(ranges []Range) (out []Range) {
	slices.SortFunc(ranges, func(a, b Range) int {
		if order := strings.Compare(a.Least, b.Least); order != 0 {
			return order
		}
		return -strings.Compare(a.Greatest, b.Greatest)
	})
	for _, r := range ranges {
		if len(out) == 0 || r.Greatest > out[len(out)-1].Greatest {
			out = append(out, r)
		}
	}
	return out
}

// textsOf returns the values of a squirrel.Eq.
func textsOf(value any) []string {
	if one, ok := value.(string); ok {
		return []string{one}
	}
	return value.([]string)
}

// addColumns adds the columns that a condition's text names. What a filter asks
// for is bound, so the text has no other words after "e.".
func (a *Analysis) addColumns(text string) {
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "e.")
		if !found {
			return
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
		if end < 0 {
			end = len(after)
		}
		if column := after[:end]; !slices.Contains(a.Columns, column) {
			a.Columns = append(a.Columns, column)
		}
		rest = after[end:]
	}
}

// IsUnfiltered reports whether the filter asks for no more than times.
func (a *Analysis) IsUnfiltered() bool { return len(a.where) == 1 }

// ByTime reports whether the order is that of time.
func (a *Analysis) ByTime() bool { return a.Walk.Sort.By == audit.ByTimestamp }

// Asks reports whether the filter has an equality on the column.
func (a *Analysis) Asks(column string) bool {
	return slices.ContainsFunc(a.Equalities, func(e Equality) bool { return e.Column == column })
}

// Spans returns the spans of one index that hold the walk's entries, in byte order,
// if the filter is but one equality and the order is that of its column or of time.
func (a *Analysis) Spans() (of Equality, spans []Span, ok bool) {
	if a.spans == nil {
		return Equality{}, nil, false
	}
	return *a.spans, a.SpansOf(*a.spans), true
}

// IsInSpans reports whether [Analysis.Spans] has any.
func (a *Analysis) IsInSpans() bool { return a.spans != nil }

// Where returns the filter's condition, its times aside.
func (a *Analysis) Where() sq.And { return slices.Clone(a.where) }

// Org is the condition that an entry is the organization's.
func (a *Analysis) Org() sq.And { return sq.And{a.where[0]} }

// InTime adds the condition that an entry's ID is in the analysis' range, as far as
// that is bounded.
func (a *Analysis) InTime(where sq.And) sq.And {
	if a.From != LeastID {
		where = append(where, sq.Expr("e.id >= ?", a.dialect.IDArg(a.From)))
	}
	if a.Before != GreatestID {
		where = append(where, sq.Expr("e.id < ?", a.dialect.IDArg(a.Before)))
	}
	return where
}

// IsInTime reports whether the walk's IDs are bounded.
func (a *Analysis) IsInTime() bool { return a.From != LeastID || a.Before != GreatestID }

// Within returns the analysis of the part of the walk whose IDs are from one on and
// less than another.
func (a *Analysis) Within(from, before audit.ID) *Analysis {
	part := *a
	part.From, part.Before = from, before
	return &part
}
