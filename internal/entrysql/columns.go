package entrysql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/stored"
)

// column is one column of audit_entries: how an entry's part gets into a row and
// comes back. A column needs either text, or write and read.
type column struct {
	name string
	// text is the field of an entry that the column holds as it is.
	text func(*audit.Entry) *string
	// write returns what an insert gives, as text.
	write func(*audit.Entry) string
	// read sets the entry's field from the parser's cell. nil: a sort key, which
	// the entry makes itself.
	read func(*parser, *audit.Entry)

	// cast is the type that PostgreSQL casts the given text to, if any.
	cast string
	// sqlite returns what SQLite keeps, if that is not the given text.
	sqlite func(*audit.Entry) any
	// nullable: the column is NULL if the given text is empty.
	nullable bool

	// maxBytes is how long a text the library writes, if entries are looked up by
	// the column. A longer one is not found by itself. Zero: not looked up by.
	maxBytes int
	// sort is the order that goes by the column, if any. madeOf names the column
	// that a sort key is made of.
	sort   audit.Column
	madeOf string
}

// given are the columns that an insert gives, in the order of all statements. It
// is the only place that lists them: a new column is a line here and one in each
// store's migrations.
var given = [...]column{
	{name: "org_id", text: func(e *audit.Entry) *string { return &e.Org }, maxBytes: stored.Org},
	{
		name: "id", cast: "uuid", read: (*parser).id,
		write:  func(e *audit.Entry) string { return e.ID.String() },
		sqlite: func(e *audit.Entry) any { return e.ID[:] },
	},
	{
		name: "occurred_at", cast: "timestamptz", read: (*parser).occurredAt,
		write:  func(e *audit.Entry) string { return e.OccurredAt.UTC().Format("2006-01-02T15:04:05.000000Z") },
		sqlite: func(e *audit.Entry) any { return e.OccurredAt.UnixMicro() },
	},
	{name: "action", text: func(e *audit.Entry) *string { return (*string)(&e.Action) }, maxBytes: stored.Action, sort: audit.ByAction},
	{name: "object_type", text: func(e *audit.Entry) *string { return &e.Object.Type }, maxBytes: stored.ObjectType, sort: audit.ByObjectType},
	{name: "object_id", text: func(e *audit.Entry) *string { return &e.Object.ID }, maxBytes: stored.ObjectID},
	{name: "object_sort", write: func(e *audit.Entry) string { return e.SortKey(audit.ByObjectID) }, sort: audit.ByObjectID, madeOf: "object_id"},
	{name: "parent_type", text: func(e *audit.Entry) *string { return &e.Parent.Type }, maxBytes: stored.ObjectType},
	{name: "parent_id", text: func(e *audit.Entry) *string { return &e.Parent.ID }, maxBytes: stored.ObjectID},
	{name: "actor_kind", text: func(e *audit.Entry) *string { return (*string)(&e.Actor.Kind) }, maxBytes: stored.ActorKind},
	{name: "actor_id", text: func(e *audit.Entry) *string { return &e.Actor.ID }, maxBytes: stored.ActorID},
	{name: "actor_email", text: func(e *audit.Entry) *string { return &e.Actor.Email }, maxBytes: stored.Email, sort: audit.ByActorEmail},
	{name: "on_behalf_of", text: func(e *audit.Entry) *string { return &e.Actor.OnBehalfOf }, maxBytes: stored.Email},
	{name: "ip", write: ipText, read: (*parser).ip},
	{name: "ip_key", write: func(e *audit.Entry) string { return e.SortKey(audit.ByIPAddress) }, sort: audit.ByIPAddress, madeOf: "ip"},
	{name: "request_id", text: func(e *audit.Entry) *string { return &e.RequestID }, maxBytes: stored.RequestID},
	{name: "user_agent", text: func(e *audit.Entry) *string { return &e.UserAgent }},
	{name: "source", text: func(e *audit.Entry) *string { return (*string)(&e.Source) }},
	{name: "comment", text: func(e *audit.Entry) *string { return &e.Comment }},
	{name: "changes", cast: "jsonb", write: func(e *audit.Entry) string { return e.Changes.JSON() }, read: (*parser).changes},
	{name: "changed_fields", write: func(e *audit.Entry) string { return e.SortKey(audit.ByChanges) }, sort: audit.ByChanges, madeOf: "changes"},
	{name: "metadata", cast: "jsonb", nullable: true, write: func(e *audit.Entry) string { return e.Metadata.JSON() }, read: (*parser).metadata},
	{
		name: "format", cast: "smallint", read: (*parser).format,
		write:  func(e *audit.Entry) string { return strconv.Itoa(e.Format) },
		sqlite: func(e *audit.Entry) any { return int64(e.Format) },
	},
}

// ownColumns are the columns that the database fills and an entry has. PostgreSQL
// has its own clock; SQLite's is too coarse, so its store gives the time.
var ownColumns = [...]column{
	{name: "recorded_at", read: (*parser).recordedAt},
}

func ipText(e *audit.Entry) string {
	if !e.IP.IsValid() {
		return ""
	}
	return e.IP.String()
}

// all are the columns that a [Reader] reads.
var all = [columnCount]column(append(given[:len(given):len(given)], ownColumns[:]...))

const columnCount = len(given) + len(ownColumns)

var (
	// Columns are the names of the columns that an insert gives, in order.
	Columns = names(given[:])
	// ReadColumns is the list of columns that a [Reader] reads, of the table under
	// the alias e.
	ReadColumns = "e." + strings.Join(names(all[:]), ", e.")
)

func names(columns []column) []string {
	list := make([]string, len(columns))
	for i := range columns {
		list[i] = columns[i].name
	}
	return list
}

// sortKeys are the columns that entries are sorted by, and for those that are made
// of another column, which that is.
var sortKeys = func() (keys []sortKey) {
	for i := range all {
		if c := &all[i]; c.madeOf != "" {
			keys = append(keys, sortKey{c.sort, i, slices.Index(names(all[:]), c.madeOf)})
		} else if c.sort != "" {
			keys = append(keys, sortKey{c.sort, i, i})
		}
	}
	return keys
}()

type sortKey struct {
	by             audit.Column
	column, madeOf int
}

// sortColumns are the columns behind the page's headers. A timestamp's order is
// that of the IDs, which every order ends with.
var sortColumns = func() map[audit.Column]string {
	columns := map[audit.Column]string{}
	for _, key := range sortKeys {
		columns[key.by] = all[key.column].name
	}
	return columns
}()

// Row is what an insert gives for an entry, each of [Columns] as text; what is
// absent is empty. Two entries have the same content, RecordedAt aside, if and
// only if their rows are equal.
type Row [len(given)]string

// RowOf returns an entry's row.
func RowOf(e *audit.Entry) (row Row) {
	for i := range given {
		if c := &given[i]; c.text != nil {
			row[i] = *c.text(e)
		} else {
			row[i] = c.write(e)
		}
	}
	return row
}

// Size is about how many bytes the row takes on its way to the database.
func (r *Row) Size() int {
	var bytes int
	for _, text := range r {
		bytes += len(text)
	}
	return bytes
}

// PostgreSQLValues returns the SQL terms for what PostgreSQL stores of a row whose
// texts are under an alias, one for each of [Columns].
func PostgreSQLValues(alias string) []string {
	terms := make([]string, len(given))
	for i := range given {
		c := &given[i]
		terms[i] = alias + "." + c.name
		if c.nullable {
			terms[i] = "nullif(" + terms[i] + ", '')"
		}
		if c.cast != "" {
			terms[i] += "::" + c.cast
		}
	}
	return terms
}

// SQLiteValues returns what SQLite is given for an entry, one value for each of
// [Columns], with room for more.
func SQLiteValues(e *audit.Entry, more int) []any {
	row := RowOf(e)
	values := make([]any, len(given), len(given)+more)
	for i := range given {
		switch c := &given[i]; {
		case c.sqlite != nil:
			values[i] = c.sqlite(e)
		case c.nullable && row[i] == "": // NULL
		default:
			values[i] = row[i]
		}
	}
	return values
}
