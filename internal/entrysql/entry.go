package entrysql

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/stored"
)

// Entry returns the entry that the cells hold.
func (r *Reader) Entry() audit.Entry {
	p := parser{cells: &r.Cells}
	text := p.text
	e := audit.Entry{
		Org: text(orgColumn), ID: p.id(), Action: audit.Action(text(actionColumn)),
		Object:    audit.Object{Type: text(objectTypeColumn), ID: text(objectIDColumn)},
		Parent:    audit.Object{Type: text(parentTypeColumn), ID: text(parentIDColumn)},
		Actor:     audit.Actor{Kind: audit.ActorKind(text(actorKindColumn)), ID: text(actorIDColumn), Email: text(actorEmailColumn), OnBehalfOf: text(onBehalfOfColumn)},
		IP:        p.ip(),
		RequestID: text(requestIDColumn), UserAgent: text(userAgentColumn), Source: audit.Source(text(sourceColumn)), Comment: text(commentColumn),
		Changes: p.changes(), Metadata: p.metadata(), Format: p.format(),
	}
	e.OccurredAt = p.occurredAt(e.ID)
	e.RecordedAt = p.recordedAt()
	for _, key := range sortKeyColumns {
		c := &r.Cells[key.column]
		if c.Kind != CellText && c.Kind != CellBytes {
			p.note(key.column, "is %s, not a text", kindNames[c.Kind])
		} else if e.SetSortKey(key.by, c.Text) && key.source != "" && !p.unreadable[key.of] {
			p.note(key.column, "is %s, which is not what %s gives, so filters and orders by it miss the entry", p.quote(key.column), key.source)
		}
	}
	e.Unreadable = strings.Join(p.wrong, "; ")
	return e
}

// sortKeyColumns are the columns that rows are sorted by. Some are made of
// another column.
var sortKeyColumns = [...]struct {
	by     audit.Column
	column int
	source string
	of     int
}{
	{by: audit.ByObjectType, column: objectTypeColumn},
	{by: audit.ByObjectID, column: objectSortColumn, source: "object_id", of: objectIDColumn},
	{by: audit.ByAction, column: actionColumn},
	{by: audit.ByChanges, column: changedFieldsColumn, source: "changes", of: changesColumn},
	{by: audit.ByActorEmail, column: actorEmailColumn},
	{by: audit.ByIPAddress, column: ipKeyColumn, source: "ip", of: ipColumn},
}

// bounds are how many bytes the library writes at most into the columns that
// entries are looked up by. A longer text is not found by itself.
var bounds = [columnCount]int{
	orgColumn: stored.Org, actionColumn: stored.Action, objectTypeColumn: stored.ObjectType, objectIDColumn: stored.ObjectID,
	parentTypeColumn: stored.ObjectType, parentIDColumn: stored.ObjectID, actorKindColumn: stored.ActorKind, actorIDColumn: stored.ActorID,
	actorEmailColumn: stored.Email, onBehalfOfColumn: stored.Email, requestIDColumn: stored.RequestID,
}

// parser makes the fields of an entry of cells, and notes what is wrong.
type parser struct {
	cells      *[columnCount]Cell
	wrong      []string
	unreadable [columnCount]bool
}

// columnNames are those of ReadColumns.
var columnNames = strings.Split(strings.ReplaceAll(ReadColumns, "e.", ""), ", ")

// note says what is wrong with a column.
func (p *parser) note(column int, format string, args ...any) {
	p.unreadable[column] = true
	p.wrong = append(p.wrong, columnNames[column]+" "+fmt.Sprintf(format, args...))
}

// quote is what a column holds, for a note.
func (p *parser) quote(column int) string {
	const most = 64
	text := strings.ToValidUTF8(p.cells[column].String(), "\uFFFD")
	if len(text) <= most {
		return fmt.Sprintf("%q", text)
	}
	end := most
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%q…", text[:end])
}

func (p *parser) text(column int) string {
	c := &p.cells[column]
	if c.Kind != CellText && c.Kind != CellBytes { // some drivers give texts as bytes
		p.note(column, "is %s, not a text", kindNames[c.Kind])
		if c.Kind == CellNull {
			return ""
		}
	}
	text := c.Text
	if c.Kind == CellInt || c.Kind == CellTime {
		text = c.String()
	}
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		p.note(column, "is not valid UTF-8, or holds a NUL character")
		return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	}
	if most := bounds[column]; most > 0 && len(text) > most {
		p.note(column, "has %d bytes, at most %d are written", len(text), most)
	}
	return text
}

var kindNames = map[CellKind]string{
	CellNull: "NULL", CellText: "a text", CellBytes: "bytes", CellInt: "a number", CellTime: "a time", CellOther: "a number",
}

func (p *parser) id() (id audit.ID) {
	c := &p.cells[idColumn]
	if c.Kind == CellBytes && len(c.Text) == len(id) {
		copy(id[:], c.Text)
		return id
	}
	if parsed, err := uuid.Parse(c.Text); err == nil {
		return audit.ID(parsed)
	}
	p.note(idColumn, "is %s, not a UUID", p.quote(idColumn))
	return id
}

// time is a time that a driver gave: as such, or as microseconds since 1970.
func (p *parser) time(column int) (t time.Time, ok bool) {
	switch c := &p.cells[column]; c.Kind {
	case CellTime:
		return c.Time.UTC(), true
	case CellInt:
		return time.UnixMicro(c.Int).UTC(), true
	default:
		return t, false
	}
}

// occurredAt is the time that the ID holds: that is what rows are found and
// sorted by.
func (p *parser) occurredAt(id audit.ID) time.Time {
	t, ok := p.time(occurredAtColumn)
	switch {
	case !ok:
		p.note(occurredAtColumn, "is %s, not a time", p.quote(occurredAtColumn))
	case !t.Equal(id.Time()):
		p.note(occurredAtColumn, "is %s, but the ID holds %s", t.Format(time.RFC3339Nano), id.Time().Format(time.RFC3339Nano))
	}
	return id.Time()
}

func (p *parser) recordedAt() time.Time {
	t, ok := p.time(recordedAtColumn)
	if !ok || t.Year() < 0 || t.Year() > 9999 {
		p.note(recordedAtColumn, "is %s, not a time of the years 0 to 9999", p.quote(recordedAtColumn))
		return time.Time{}
	}
	return t
}

func (p *parser) ip() netip.Addr {
	text := p.text(ipColumn)
	if text == "" {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		p.note(ipColumn, "is %s, not an IP address", p.quote(ipColumn))
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}

// changes are those that can be read. PostgreSQL gives jsonb back with keys
// reordered and numbers rewritten; parsing brings back the canonical form that
// was stored.
func (p *parser) changes() audit.Changes {
	text, ok := p.json(changesColumn)
	if !ok {
		return nil
	}
	all, err := audit.ParseChanges(text)
	if err == nil {
		return all
	}
	p.note(changesColumn, "is %s, not a list of changes: %s", p.quote(changesColumn), strings.TrimPrefix(err.Error(), "parsing changes: "))
	var items []json.RawMessage
	if json.Unmarshal([]byte(text), &items) != nil {
		return nil
	}
	for _, item := range items {
		if one, err := audit.ParseChanges("[" + string(item) + "]"); err == nil {
			all = append(all, one...)
		}
	}
	return all
}

func (p *parser) metadata() audit.Value {
	if p.cells[metadataColumn].Kind == CellNull {
		return audit.Value{}
	}
	text, ok := p.json(metadataColumn)
	if !ok {
		return audit.Value{}
	}
	v, err := audit.ParseValue(text)
	switch {
	case err != nil:
		p.note(metadataColumn, "is %s, not a JSON object: %v", p.quote(metadataColumn), err)
	case !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && v.Kind() != audit.KindNull:
		p.note(metadataColumn, "is %s, not a JSON object", p.quote(metadataColumn))
	}
	return v
}

// maxJSONDepth leaves room below the 10,000 levels at which encoding/json gives
// up, for what is put around a value when it is written.
const maxJSONDepth = 9000

// json is a column's JSON, if it can be taken apart.
func (p *parser) json(column int) (text string, ok bool) {
	c := &p.cells[column]
	if c.Kind != CellText && c.Kind != CellBytes {
		p.note(column, "is %s, not JSON", kindNames[c.Kind])
		return "", false
	}
	if len(c.Text) > maxJSONDepth && jsonDepth(c.Text) > maxJSONDepth {
		p.note(column, "is more than %d levels deep", maxJSONDepth)
		return "", false
	}
	if c.Text == "" {
		p.note(column, "is empty, not JSON")
	}
	return c.Text, c.Text != ""
}

// jsonDepth is how many levels of lists and objects JSON has.
func jsonDepth(text string) (most int) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
			most = max(most, depth)
		case ']', '}':
			depth--
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
	}
	return most
}

func (p *parser) format() int {
	c := &p.cells[formatColumn]
	switch {
	case c.Kind != CellInt:
		p.note(formatColumn, "is %s, not a number", p.quote(formatColumn))
		return 0
	case c.Int < 1 || c.Int > audit.Format:
		p.note(formatColumn, "is %d, which this version does not know: the newest is %d", c.Int, audit.Format)
	}
	return int(c.Int)
}
