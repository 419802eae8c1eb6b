package audit

import (
	"net/netip"
	"slices"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit/internal/stored"
)

// condition is one field of a [Filter] that names values. [Filter.Match],
// [Filter.Where] and [Filter.Validate] all read the table below, so a new field
// is one line here, one in Filter, and one in the page's table of parameters.
type condition struct {
	field  string // of Filter
	column string // of audit_entries

	wanted func(*Filter) []string // in the form in which entries keep them
	has    func(*Entry) string

	// bytes bounds each value. 0 means any length: the form to look up is cut.
	bytes int
	not   bool // the entry must have none of the values
	// partial says that the index on the column holds only rows with a value.
	partial bool
}

var conditions = []condition{
	{
		field: "Actions", column: "action", bytes: stored.Action,
		wanted: func(f *Filter) []string { return toStrings(f.Actions) },
		has:    func(e *Entry) string { return string(e.Action) },
	},
	{
		field: "NotActions", column: "action", bytes: stored.Action, not: true,
		wanted: func(f *Filter) []string { return toStrings(f.NotActions) },
		has:    func(e *Entry) string { return string(e.Action) },
	},
	{
		field: "ObjectTypes", column: "object_type", bytes: stored.ObjectType,
		wanted: func(f *Filter) []string { return f.ObjectTypes },
		has:    func(e *Entry) string { return e.Object.Type },
	},
	{
		field: "NotObjectTypes", column: "object_type", bytes: stored.ObjectType, not: true,
		wanted: func(f *Filter) []string { return f.NotObjectTypes },
		has:    func(e *Entry) string { return e.Object.Type },
	},
	{
		field: "ObjectIDs", column: "object_sort",
		wanted: func(f *Filter) []string {
			return mapped(f.ObjectIDs, func(id string) string { return objectSort(stored.Key(id, stored.ObjectID)) })
		},
		has: func(e *Entry) string { return e.SortKey(ByObjectID) },
	},
	{
		field: "ActorEmails", column: "actor_email",
		wanted: func(f *Filter) []string { return keys(f.ActorEmails, stored.Email) },
		has:    func(e *Entry) string { return e.Actor.Email },
	},
	{
		field: "NotActorEmails", column: "actor_email", not: true,
		wanted: func(f *Filter) []string { return keys(f.NotActorEmails, stored.Email) },
		has:    func(e *Entry) string { return e.Actor.Email },
	},
	{
		field: "ActorIDs", column: "actor_id",
		wanted: func(f *Filter) []string { return keys(f.ActorIDs, stored.ActorID) },
		has:    func(e *Entry) string { return e.Actor.ID },
	},
	{
		field: "ActorKinds", column: "actor_kind", bytes: stored.ActorKind,
		wanted: func(f *Filter) []string { return toStrings(f.ActorKinds) },
		has:    func(e *Entry) string { return string(e.Actor.Kind) },
	},
	{
		field: "Sources", column: "source", bytes: stored.ActorKind,
		wanted: func(f *Filter) []string { return toStrings(f.Sources) },
		has:    func(e *Entry) string { return string(e.Source) },
	},
	{
		field: "RequestID", column: "request_id", partial: true,
		wanted: func(f *Filter) []string { return one(f.RequestID, stored.Key(f.RequestID, stored.RequestID)) },
		has:    func(e *Entry) string { return e.RequestID },
	},
	{
		field: "Parent.Type", column: "parent_type", bytes: stored.ObjectType, partial: true,
		wanted: func(f *Filter) []string { return one(f.Parent.Type, f.Parent.Type) },
		has:    func(e *Entry) string { return e.Parent.Type },
	},
	{
		field: "Parent.ID", column: "parent_id",
		// A parent without an ID has the empty one, which no entry's has.
		wanted: func(f *Filter) []string { return one(f.Parent.Type, stored.Key(f.Parent.ID, stored.ObjectID)) },
		has:    func(e *Entry) string { return e.Parent.ID },
	},
}

// match reports whether an entry meets the condition.
func (c *condition) match(f *Filter, e *Entry) bool {
	wanted := c.wanted(f)
	return len(wanted) == 0 || slices.Contains(wanted, c.has(e)) != c.not
}

// where adds the condition's SQL, if the filter has it. An empty squirrel.Eq
// would be TRUE and an empty list FALSE, so an unused field adds nothing.
func (c *condition) where(where sq.And, f *Filter, d Dialect, column func(string) string) sq.And {
	switch wanted := c.wanted(f); {
	case len(wanted) == 0:
		return where
	case c.not:
		return append(where, notIn(d, column(c.column), wanted))
	case len(wanted) == 1:
		where = append(where, sq.Eq{column(c.column): wanted[0]})
	default:
		where = append(where, sq.Eq{column(c.column): wanted})
	}
	if c.partial {
		// Written out, so that the planners see that the partial index applies:
		// a parameter does not show it.
		where = append(where, sq.Expr(column(c.column)+" <> ''"))
	}
	return where
}

// addressCondition is a field of a [Filter] that names addresses and ranges.
type addressCondition struct {
	field  string
	wanted func(*Filter) []netip.Prefix
	not    bool
}

var addressConditions = []addressCondition{
	{"IPs", func(f *Filter) []netip.Prefix { return f.IPs }, false},
	{"NotIPs", func(f *Filter) []netip.Prefix { return f.NotIPs }, true},
}

// plainPrefix returns the range in the form that entries' addresses have: a
// range of IPv4 addresses mapped into IPv6 is one of IPv4.
func plainPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// match reports whether an entry meets the condition.
func (c *addressCondition) match(f *Filter, e *Entry) bool {
	wanted := c.wanted(f)
	return len(wanted) == 0 ||
		slices.ContainsFunc(wanted, func(p netip.Prefix) bool { return containsIP(p, e.IP) }) != c.not
}

// where adds the condition's SQL. Single addresses are equalities: the index on
// ip_key then gives the order by ID too.
func (c *addressCondition) where(where sq.And, f *Filter, column func(string) string) sq.And {
	var single []string
	var ranges []sq.Sqlizer
	operator := " BETWEEN "
	if c.not {
		operator = " NOT BETWEEN "
	}
	for _, p := range c.wanted(f) {
		p = plainPrefix(p)
		least, greatest := ipKeyRange(p)
		if p.IsSingleIP() && !c.not {
			single = append(single, least)
		} else {
			ranges = append(ranges, sq.Expr(column("ip_key")+operator+"? AND ?", least, greatest))
		}
	}
	if c.not {
		return append(where, ranges...)
	}
	if len(single) == 1 {
		ranges = append([]sq.Sqlizer{sq.Eq{column("ip_key"): single[0]}}, ranges...)
	} else if len(single) > 1 {
		ranges = append([]sq.Sqlizer{sq.Eq{column("ip_key"): single}}, ranges...)
	}
	switch len(ranges) {
	case 0:
		return where
	case 1:
		return append(where, ranges[0])
	}
	return append(where, sq.Or(ranges))
}

// one returns a list of the value, or none if the field is not given.
func one(given, value string) []string {
	if given == "" {
		return nil
	}
	return []string{value}
}

// keys returns texts in the form in which entries are looked up by them, the
// same list if that is how they are.
func keys(values []string, bytes int) []string {
	if !slices.ContainsFunc(values, func(value string) bool { return !stored.Fits(value, bytes) }) {
		return values
	}
	return mapped(values, func(value string) string { return stored.Key(value, bytes) })
}

func mapped(values []string, form func(string) string) []string {
	if len(values) == 0 {
		return nil
	}
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = form(value)
	}
	return out
}

func toStrings[S ~string](values []S) []string {
	if len(values) == 0 {
		return nil
	}
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = string(value)
	}
	return out
}

func containsIP(p netip.Prefix, ip netip.Addr) bool {
	return ip.IsValid() && plainPrefix(p).Contains(plainIP(ip))
}
