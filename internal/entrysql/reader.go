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
)

// Reader reads entries from rows of [ReadColumns]. No value that a row may hold
// is an error: what cannot be read makes the entry unreadable (see
// [audit.Entry].Unreadable), so that one row never hides all others. It is for
// one goroutine.
type Reader struct {
	Cells  [columnCount]Cell
	entry  audit.Entry // here, since a column's function would move it to the heap
	parser parser
	dest   []any
}

// Scan reads an entry by the Scan method of the rows of database/sql. Its
// errors are those of the rows.
func (r *Reader) Scan(scan func(dest ...any) error) (audit.Entry, error) {
	if r.dest == nil {
		r.dest = make([]any, len(r.Cells))
		for i := range r.Cells {
			r.dest[i] = &r.Cells[i]
		}
	}
	if err := scan(r.dest...); err != nil {
		return audit.Entry{}, err
	}
	return r.Entry(), nil
}

// Entry returns the entry that the cells hold.
func (r *Reader) Entry() audit.Entry {
	e, p := &r.entry, &r.parser
	if p.cells == nil {
		p.cells, p.columns = r.Cells[:], all[:]
	}
	*e, p.wrong = audit.Entry{}, nil
	var unreadable [columnCount]bool
	for i := range all {
		p.at = i
		notes := len(p.wrong)
		switch c := &all[i]; {
		case c.text != nil:
			*c.text(e) = p.text()
		case c.read != nil:
			c.read(p, e)
		}
		unreadable[i] = len(p.wrong) > notes
	}
	for i := range sortKeys {
		key := &sortKeys[i]
		p.at = key.column
		cell, madeOf := p.cell(), p.column().madeOf
		if cell.Kind != CellText && cell.Kind != CellBytes {
			p.note("is %s, not a text", kindNames[cell.Kind])
		} else if e.SetSortKey(key.by, cell.Text) && madeOf != "" && !unreadable[key.madeOf] {
			p.note("is %s, which is not what %s gives, so filters and orders by it miss the entry", p.quote(), madeOf)
		}
	}
	e.Unreadable = strings.Join(p.wrong, "; ")
	return *e
}

// parser sets an entry's fields from cells, and notes what is wrong.
type parser struct {
	columns []column
	cells   []Cell
	at      int // the column being read. An index, since the collector watches pointers
	wrong   []string
}

func (p *parser) column() *column { return &p.columns[p.at] }
func (p *parser) cell() *Cell     { return &p.cells[p.at] }

// note says what is wrong with the column.
func (p *parser) note(format string, args ...any) {
	p.wrong = append(p.wrong, p.column().name+" "+fmt.Sprintf(format, args...))
}

// quote returns what the column holds, for a note.
func (p *parser) quote() string {
	const most = 64
	text := strings.ToValidUTF8(p.cell().String(), "\uFFFD")
	if len(text) <= most {
		return fmt.Sprintf("%q", text)
	}
	end := most
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%q…", text[:end])
}

func (p *parser) text() string {
	c := p.cell()
	if c.Kind != CellText && c.Kind != CellBytes { // some drivers give texts as bytes
		p.note("is %s, not a text", kindNames[c.Kind])
		if c.Kind == CellNull {
			return ""
		}
	}
	text := c.Text
	if c.Kind == CellInt || c.Kind == CellTime {
		text = c.String()
	}
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		p.note("is not valid UTF-8, or holds a NUL character")
		return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	}
	if most := p.column().maxBytes; most > 0 && len(text) > most {
		p.note("has %d bytes, at most %d are written", len(text), most)
	}
	return text
}

var kindNames = map[CellKind]string{
	CellNull: "NULL", CellText: "a text", CellBytes: "bytes", CellInt: "a number", CellTime: "a time", CellOther: "a number",
}

func (p *parser) id(e *audit.Entry) {
	if p.cell().Kind == CellBytes && len(p.cell().Text) == len(e.ID) {
		copy(e.ID[:], p.cell().Text)
		return
	}
	parsed, err := uuid.Parse(p.cell().Text)
	if err != nil {
		p.note("is %s, not a UUID", p.quote())
		return
	}
	e.ID = audit.ID(parsed)
}

// time returns a time that a driver gave: as such, or as microseconds since 1970.
func (p *parser) time() (t time.Time, ok bool) {
	switch c := p.cell(); c.Kind {
	case CellTime:
		return c.Time.UTC(), true
	case CellInt:
		return time.UnixMicro(c.Int).UTC(), true
	default:
		return t, false
	}
}

// occurredAt sets the time that the ID holds: rows are found and sorted by it.
func (p *parser) occurredAt(e *audit.Entry) {
	e.OccurredAt = e.ID.Time()
	t, ok := p.time()
	switch {
	case !ok:
		p.note("is %s, not a time", p.quote())
	case !t.Equal(e.OccurredAt):
		p.note("is %s, but the ID holds %s", t.Format(time.RFC3339Nano), e.OccurredAt.Format(time.RFC3339Nano))
	}
}

func (p *parser) recordedAt(e *audit.Entry) {
	t, ok := p.time()
	if !ok || t.Year() < 0 || t.Year() > 9999 {
		p.note("is %s, not a time of the years 0 to 9999", p.quote())
		return
	}
	e.RecordedAt = t
}

func (p *parser) ip(e *audit.Entry) {
	text := p.text()
	if text == "" {
		return
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		p.note("is %s, not an IP address", p.quote())
		return
	}
	e.IP = ip.Unmap().WithZone("")
}

// changes sets those that can be read. PostgreSQL gives jsonb back with keys
// reordered and numbers rewritten. Parsing brings back the canonical form that
// was stored.
func (p *parser) changes(e *audit.Entry) {
	text, ok := p.json()
	if !ok {
		return
	}
	var err error
	if e.Changes, err = audit.ParseChanges(text); err == nil {
		return
	}
	p.note("is %s, not a list of changes: %s", p.quote(), strings.TrimPrefix(err.Error(), "parsing changes: "))
	e.Changes = nil
	var items []json.RawMessage
	if json.Unmarshal([]byte(text), &items) != nil {
		return
	}
	for _, item := range items {
		if one, err := audit.ParseChanges("[" + string(item) + "]"); err == nil {
			e.Changes = append(e.Changes, one...)
		}
	}
}

func (p *parser) metadata(e *audit.Entry) {
	if p.cell().Kind == CellNull {
		return
	}
	text, ok := p.json()
	if !ok {
		return
	}
	v, err := audit.ParseValue(text)
	switch {
	case err != nil:
		p.note("is %s, not a JSON object: %v", p.quote(), err)
	case !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && v.Kind() != audit.KindNull:
		p.note("is %s, not a JSON object", p.quote())
	}
	e.Metadata = v
}

// maxJSONDepth leaves room below the 10,000 levels at which encoding/json gives
// up, for what is put around a value when it is written.
const maxJSONDepth = 9000

// json returns the column's JSON, if it can be parsed.
func (p *parser) json() (text string, ok bool) {
	c := p.cell()
	if c.Kind != CellText && c.Kind != CellBytes {
		p.note("is %s, not JSON", kindNames[c.Kind])
		return "", false
	}
	if len(c.Text) > maxJSONDepth && jsonDepth(c.Text) > maxJSONDepth {
		p.note("is more than %d levels deep", maxJSONDepth)
		return "", false
	}
	if c.Text == "" {
		p.note("is empty, not JSON")
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

func (p *parser) format(e *audit.Entry) {
	c := p.cell()
	switch {
	case c.Kind != CellInt:
		p.note("is %s, not a number", p.quote())
		return
	case c.Int < 1 || c.Int > audit.Format:
		p.note("is %d, which this version does not know: the newest is %d", c.Int, audit.Format)
	}
	e.Format = int(c.Int)
}
