package export

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/internal/parameter"
	"github.com/auditkeep/audit/words"
)

// Report describes what a file holds, and sets how it is written. Excel shows the
// description on the sheet "Filters Applied", PDF on its first page. The zero
// Report is useful.
type Report struct {
	// Title names the report. Defaults to "Audit Logs".
	Title string
	// Filter and Sort are those that the entries were read with. The file shows
	// them; Write does not apply them.
	Filter audit.Filter
	Sort   audit.Sort
	// Zone is the zone of all times. Defaults to UTC.
	Zone *time.Location
	// Labels are what people see for object types, as on the page. Defaults to the
	// type in words ("API Key").
	Labels map[string]string
	// Words are the file's words, those of the page. Words left empty are
	// English. Defaults to [words.English].
	Words *words.Catalogue

	// GeneratedAt is when the file is made. Defaults to the present.
	GeneratedAt time.Time
	// GeneratedBy is who asked for the file. Defaults to nobody: the file then
	// has no line for it.
	GeneratedBy string

	// Matching is the number of entries that match, if it is known. The file
	// shows it if it is cut. Defaults to unknown.
	Matching int
	// MaxRows cuts the file, visibly, after so many entries. Defaults to no
	// cut, for PDF to MaxPDFRows.
	MaxRows int
	// Separator stands between the cells of CSV: a comma, a semicolon or a tab.
	// Excel expects a semicolon in countries that write numbers with a decimal
	// comma. No cell becomes a formula if a program assumes another of the three.
	// Defaults to a comma.
	Separator rune
	// NoBOM leaves out the byte order mark of CSV. Without the mark, Excel reads
	// the file in the local code page. Some programs read the mark as a part of
	// the first header.
	NoBOM bool
	// Font is a TrueType font for characters of PDF that the built-in DejaVu Sans
	// Condensed does not have. For Chinese, Japanese and Korean, contrib/pdfcjk
	// has one. The file holds only the glyphs that it uses. A
	// character that neither font has is written as [U+65E5]. The font is read as a
	// trusted file, so do not take it from users. Defaults to none.
	Font []byte

	// Progress is called from time to time, and at the end, with the number of
	// entries written so far. It may be nil.
	Progress func(rows int)

	// marks are the words that stand for a value, such as a redacted one.
	marks map[audit.ValueKind]string
	// made are the labels that were made of types, each once.
	made map[string]string
	// cutValues counts the values that no cell of Excel holds whole.
	cutValues *int
}

func (r Report) withDefaults(f Format) (Report, error) {
	if r.Title == "" {
		r.Title = "Audit Logs"
	}
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	if r.GeneratedAt.IsZero() {
		r.GeneratedAt = time.Now()
	}
	if r.Separator == 0 {
		r.Separator = ','
	}
	if !strings.ContainsRune(separators, r.Separator) {
		return r, fmt.Errorf("export: Report.Separator %q: give a comma, a semicolon or a tab", r.Separator)
	}
	if r.MaxRows < 0 {
		return r, fmt.Errorf("export: Report.MaxRows %d: negative: give 0 for no limit", r.MaxRows)
	}
	if f == PDF && (r.MaxRows == 0 || r.MaxRows > MaxPDFRows) {
		r.MaxRows = MaxPDFRows
	}
	var err error
	if r.Sort, err = r.Sort.Resolve(); err != nil {
		return r, errors.Join(errors.New("export: Report.Sort"), err)
	}
	r.Words = r.Words.WithDefaults()
	r.marks = marksOf(r.Words)
	r.made = map[string]string{}
	r.cutValues = new(int)
	return r, nil
}

// FileName is the name for the file: audit-logs_FROM_TO.csv. FROM and TO are the
// bounds of the filter's range in the report's zone, both included. A bound
// at the edge of a day has only its date. No file system refuses a character of
// the name.
func (r Report) FileName(f Format) string {
	return r.baseName() + "." + string(f)
}

func (r Report) baseName() string {
	from, to := "start", "now"
	first, last := r.bounds()
	if !first.IsZero() {
		from = fileTime(first, first)
	}
	if !last.IsZero() {
		to = fileTime(last, last.Add(time.Microsecond))
	}
	return "audit-logs_" + from + "_" + to
}

// bounds are the first and the last instant of the range, in the zone. If the
// filter has no end, the last is the time of its NotAfter. A bound that is not
// given is zero.
func (r Report) bounds() (first, last time.Time) {
	zone := r.Zone
	if zone == nil {
		zone = time.UTC
	}
	if from := r.Filter.From; !from.IsZero() {
		first = from.In(zone)
	}
	switch {
	case !r.Filter.Until.IsZero():
		last = r.Filter.Until.In(zone).Add(-time.Microsecond)
	case !r.Filter.NotAfter.IsZero():
		last = r.Filter.NotAfter.Time().In(zone)
	}
	return first, last
}

// fileTime writes a bound for a file's name. If edge, the instant at which the
// range begins or ends, is a midnight, it writes only the date.
func fileTime(t, edge time.Time) string {
	if hour, minute, second := edge.Clock(); hour+minute+second+edge.Nanosecond() == 0 {
		return t.Format("2006-01-02")
	}
	return t.Format("2006-01-02T150405")
}

// header are the names of the columns.
func (r Report) header() []string {
	names := make([]string, 0, len(audit.Columns()))
	for _, column := range audit.Columns() {
		names = append(names, r.Words.File.Columns[column])
	}
	return names
}

// line is one line of what a file says about itself.
type line struct{ Name, Value string }

// about is what a file says about itself, once it holds its rows.
func (r Report) about(result Result) []line {
	s, f := r.Words.File, r.Filter
	lines := []line{
		{s.Report, r.Title},
		{s.DateRange, r.rangeText()},
		{s.TimeZone, r.Zone.String()},
	}
	filters := r.filters()
	if len(filters) == 0 {
		filters = []line{{s.Filters, s.NoFilters}}
	}
	lines = append(lines, filters...)
	lines = append(lines, line{s.Sort, r.sortText()})
	if !f.NotAfter.IsZero() {
		lines = append(lines, line{s.AsOf, r.clock(f.NotAfter.Time()) + " (" + f.NotAfter.String() + ")"})
	}
	lines = append(lines, line{s.GeneratedAt, r.clock(r.GeneratedAt)})
	if r.GeneratedBy != "" {
		lines = append(lines, line{s.GeneratedBy, r.GeneratedBy})
	}
	lines = append(lines, line{s.Rows, fmt.Sprint(result.Rows)}, line{s.Complete, r.cutText(result)})
	for i := range lines {
		lines[i].Value = display.VisibleText(lines[i].Value)
	}
	return lines
}

// cutText says whether there was more than the file holds: more entries, or more
// of their values.
func (r Report) cutText(result Result) string {
	w := r.Words
	s := w.File
	text := s.Yes
	switch {
	case result.Cut && r.Matching > result.Rows:
		text = w.Count(s.CutOf, result.Rows, "of", strconv.Itoa(r.Matching))
	case result.Cut:
		text = w.Count(s.CutAt, result.Rows)
	case result.CutValues > 0:
		text = w.Count(s.AllRows, result.Rows)
	}
	if result.CutValues > 0 {
		text += "; " + w.Count(s.CutValues, result.CutValues)
	}
	return text
}

func (r Report) rangeText() string {
	s := r.Words
	switch first, last := r.bounds(); {
	case first.IsZero() && r.Filter.Until.IsZero():
		return s.Times.All
	case first.IsZero():
		return fmt.Sprintf(s.Times.Until, r.clock(last))
	case r.Filter.Until.IsZero():
		return fmt.Sprintf(s.Times.Since, r.clock(first))
	default:
		return fmt.Sprintf(s.File.Between, r.clock(first), r.clock(last))
	}
}

// clock writes a time for people, in the report's zone, to the second.
func (r Report) clock(t time.Time) string {
	return t.In(r.Zone).Format("2006-01-02 15:04:05 -07:00")
}

func (r Report) sortText() string {
	s := r.Words
	up := r.Sort.Dir == audit.Ascending
	switch {
	case r.Sort.By == audit.ByTimestamp && up:
		return s.Order.OldestFirst
	case r.Sort.By == audit.ByTimestamp:
		return s.Order.NewestFirst
	case up:
		return fmt.Sprintf(s.File.Ascending, s.File.Columns[r.Sort.By])
	default:
		return fmt.Sprintf(s.File.Descending, s.File.Columns[r.Sort.By])
	}
}

// filters are the filter's lines, in the order of the page's form.
func (r Report) filters() []line {
	s, f := r.Words, r.Filter
	var lines []line
	for _, param := range parameter.All() {
		values := param.Write(&f)
		if len(values) == 0 {
			continue
		}
		base, not := parameter.Positive(param.Name)
		name := cmp.Or(s.File.Parameters[base], s.Parameters[base])
		if not {
			name = fmt.Sprintf(s.File.Not, name)
		}
		shown := make([]string, len(values))
		for i, value := range values {
			shown[i] = display.ValueOf(base, value, r.Labels, s)
		}
		lines = append(lines, line{name, strings.Join(shown, ", ")})
	}
	return lines
}

func (r *Report) objectLabel(key string) string {
	label, ok := r.made[key]
	if !ok {
		if label = display.ObjectLabel(key, r.Labels); len(r.made) < mostMade {
			r.made[key] = label
		}
	}
	return label
}

// mostMade is how many labels are kept: a log has few types, unless something
// is wrong with it.
const mostMade = 1000
