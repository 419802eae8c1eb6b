package httpui

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/internal/display"
)

// Strings are all words of the page, so that a host can say them in its own
// language. Functions are those that depend on a number or a time.
type Strings struct {
	// Language is the page's language tag, Direction "ltr" or "rtl".
	Language, Direction string

	// Columns are the table's headers.
	Columns map[audit.Column]string
	// Parameters name the URL's parameters: as fields, filters and in messages.
	Parameters map[string]string
	// Ranges are the relative date ranges, by their URL form.
	Ranges map[string]string

	// DateTime writes a bound of the date range.
	DateTime func(t time.Time) string
	// Problem says what is wrong with a parameter.
	Problem func(*audit.FieldError) string

	// The frame of the page.
	Breadcrumb, SkipToResults, Filters, Results string

	// The filter form.
	DateRange, EarlierSpan, LaterSpan                 string
	AddFilter, RemoveFilter, Apply, Reset, NotApplied string
	FilterHelp, Find, FindLabel                       string
	FilterHelps                                       map[string]string // of filters that are typed
	AnotherValue                                      string
	None, NoUser                                      string
	Selected                                          func(selected, of int, more bool) string
	FirstOnly                                         func(n int) string

	// The line above the table, and the chips.
	Entries                    func(n int, more bool) string
	Between, Since, Until, All string // of the date range; %s is a DateTime
	Newer                      func(n int, more bool) string
	Not, RemoveChip            string
	OthersChosen               func(n int) string

	// The export menu, and the progress of an export.
	Export, ExportAs string // %s is a format
	Formats          map[export.Format]string
	// CSVWith names CSV with the separators "comma", "semicolon" and "tab".
	CSVWith                     map[string]string
	AtMost, AtMostInParts       func(n int) string
	ExportOf                    func(rows int, format string) string // the comment of an export's own entry
	TooManyExports              string                               // %d is a number of seconds
	Exporting                   string                               // {rows} and {of} stand for numbers
	ExportDone, ExportFailed    string
	ExportCancelled, StopExport string
	// Files are the words of the files.
	Files export.Strings

	// The chart above the table.
	ChartCaption            func(n int, unit string, most int) string // entries per 6 "hour" at most; "second" to "year"
	BarTime                 func(first, last time.Time) string
	AxisTime                func(t time.Time, unit string) string
	Bar                     func(when, entries string, actions []string) string
	SkipChart, OtherActions string
	TooManyToDraw           func(n int) string
	ChooseShorter           string

	// The table.
	Caption                                          string // %s is one of the next four
	NewestFirst, OldestFirst, SortedUp, SortedDown   string // %s is a column
	PageOf                                           func(page, pages int, more bool) string
	SortBy                                           string
	ChangedTo, Changed                               string
	Absent, Null, Empty, Redacted, Cycle             string
	MoreFields, FieldsLeftOut, MoreCharacters, Bytes func(n int) string
	UnknownActor                                     string // who acted, if nobody said so
	NotCompared                                      string // the old value of a field whose memory both sides of an update shared
	UnreadableEntry                                  string // %s is a reason
	// What became of long texts, lists, and values that are no JSON.
	Added, Removed, Moved, BlanksOnly, WholeEntry     string
	MoreChanges, MoreItems, Characters, ByteCount     func(n int) string
	CutItems, Binary                                  func(n int) string
	CutShort, Opaque                                  string
	Spaces, Tabs, LineBreaks                          func(n int) string
	NoChanges, System, APIKey, Role, OnBehalfOf, NoIP string

	// One entry.
	Entry, Neighbours, BackToList                                 string
	RecordedAt, Parent, OpenRecord                                string
	ActorKind, ActorID, ActedFor, User, DatabaseRole              string
	RequestID, AllOfRequest, UserAgent, Source, Comment, Metadata string
	Field, Before, After, Value, AsJSON, RawJSON                  string
	Only, Exclude, OnlyThis, ExcludeThis                          string // %s is a filter
	NoEntry                                                       string

	// An object's history.
	History, HistoryOf, InList, WholeHistory                   string // %s is an object
	Parts                                                      string
	StateAsOf, ShowState, SinceHeader                          string // %s is a time
	PickTwo, PickFrom, PickTo, Compare, CompareFrom, CompareTo string // %s is a time
	Comparison                                                 string // %s are two times
	Unknown, UnknownBefore, WasDestroyed                       string // %s is a time
	NoState, LeftOutBefore, TooLong                            string
	Gaps, Gap                                                  string // %s are a field and a time
	SameFields                                                 func(n int) string

	// Pages.
	Pages, Previous, Next, First, Last, PerPage, Set string
	Page                                             func(n int) string

	// Nothing to show.
	NoEntriesEver, NoEntriesEverHelp   string
	NoneInRange, NoneInRangeHelp       string
	NoneForFilters, NoneForFiltersHelp string
	Without                            string // %s is a filter

	// Refusals.
	Unreadable, BadQuery, Repeated, NotAPage, NotPerPage, TooDeep, OnePlace, NotACursor, BadSeparator string
	Forbidden, NoOrg, NotFound, MethodNotAllowed, TooSlow, Broken                                     string
	BackToLog, ShorterRange                                                                           string
}

// English are the page's words in English.
func English() Strings {
	return Strings{
		Language: "en", Direction: "ltr",
		Columns: map[audit.Column]string{
			audit.ByTimestamp: "Timestamp", audit.ByObjectType: "Object Type", audit.ByObjectID: "ID",
			audit.ByAction: "Action", audit.ByChanges: "Changes", audit.ByActorEmail: "Performed by",
			audit.ByIPAddress: "IP address",
		},
		Parameters: map[string]string{
			"from": "Start", "to": "End", "range": "Range", "tz": "Time zone",
			"action": "Action", "object_type": "Object Type", "user": "User",
			"record_id": "Record ID", "ip": "IP address", "request": "Request",
			"actor_id": "Actor ID", "actor_kind": "Kind of actor", "source": "Source",
			"not_action": "Action", "not_object_type": "Object Type", "not_user": "User", "not_ip": "IP address",
			"sort": "Sort", "dir": "Direction", "page": "Page", "per_page": "Per page",
			"after": "After", "before": "Before", "asof": "As of", "query": "Address",
		},
		Ranges: map[string]string{
			"15m": "15 min", "1h": "1 h", "today": "Today", "yesterday": "Yesterday",
			"7d": "7 d", "30d": "30 d", "90d": "90 d", "all": "All",
		},
		DateTime: func(t time.Time) string { return t.Format("2 Jan 2006 15:04:05") },
		Problem:  englishProblem,

		Breadcrumb: "Breadcrumb", SkipToResults: "Skip to results", Filters: "Filters", Results: "Entries",

		DateRange: "Date Range", EarlierSpan: "Earlier", LaterSpan: "Later",
		AddFilter: "Add filter", RemoveFilter: "Remove filter: %s", Apply: "Apply", Reset: "Reset",
		NotApplied: "These filters are not applied yet.",
		FilterHelp: "Several values within one filter mean any of them (OR). Several filters must all match (AND).",
		Find:       "Find", FindLabel: "%s begins with",
		FilterHelps: map[string]string{
			"record_id": "Number or text, exactly as recorded.",
			"actor_id":  "Exactly as recorded.",
			"ip":        "An address, or a range such as 203.0.113.0/24.",
		},
		AnotherValue: "Another value",
		None:         "none recorded", NoUser: "no email",
		Selected: func(selected, of int, more bool) string {
			return fmt.Sprintf("%s of %s", groupThousands(selected), atLeast(of, more))
		},
		FirstOnly: func(n int) string { return fmt.Sprintf("The first %s. Use Find for others.", groupThousands(n)) },

		Entries: func(n int, more bool) string { return plural(n, more, "entry", "entries") },
		Between: "%s – %s", Since: "since %s", Until: "until %s", All: "all time",
		Newer: func(n int, more bool) string {
			return atLeast(n, more) + " new " + pick(n, "entry", "entries")
		},
		Not: "not", RemoveChip: "Remove filter %s",
		OthersChosen: func(n int) string { return fmt.Sprintf("and %s more", groupThousands(n)) },

		Export: "Export", ExportAs: "Export as %s",
		CSVWith: map[string]string{"comma": "CSV with commas", "semicolon": "CSV with semicolons", "tab": "CSV with tabs"},
		Formats: map[export.Format]string{
			export.CSV: "CSV", export.Excel: "Excel", export.PDF: "PDF", export.PDFParts: "PDF", export.JSONLines: "JSON Lines",
		},
		AtMost: func(n int) string { return "At most " + plural(n, false, "entry", "entries") },
		AtMostInParts: func(n int) string {
			return "At most " + plural(n, false, "entry", "entries") + ", as numbered documents in one zip archive"
		},
		ExportOf:       func(rows int, format string) string { return plural(rows, false, "entry", "entries") + " as " + format },
		TooManyExports: "Too many exports are being made. Try again in %d seconds.",
		Exporting:      "{rows} of {of} entries", ExportDone: "Export complete", ExportFailed: "The export failed",
		ExportCancelled: "The export was cancelled", StopExport: "Cancel",
		Files: export.English(),

		ChartCaption: englishChartCaption, BarTime: englishBarTime, AxisTime: englishAxisTime,
		Bar: func(when, entries string, actions []string) string {
			return when + ": " + entries + " (" + strings.Join(actions, ", ") + ")"
		},
		SkipChart: "Skip the chart", OtherActions: "other",
		TooManyToDraw: func(n int) string {
			return "More than " + groupThousands(n) + " entries: too many to draw."
		},
		ChooseShorter: "Choose a shorter range:",

		Caption: "Audit entries, %s.", NewestFirst: "newest first", OldestFirst: "oldest first",
		SortedUp: "sorted by %s, ascending", SortedDown: "sorted by %s, descending",
		PageOf: func(page, pages int, more bool) string {
			return fmt.Sprintf("Page %s of %s.", groupThousands(page), atLeast(pages, more))
		},
		SortBy:    "Sort by",
		ChangedTo: "changed to", Changed: "(changed)", UnreadableEntry: "This entry cannot be read whole: %s.",
		Absent: "absent", Null: "null", Empty: "empty", Redacted: "redacted", NotCompared: "not compared", Cycle: "contains itself",
		MoreFields:     func(n int) string { return plural(n, false, "more field", "more fields") },
		FieldsLeftOut:  func(n int) string { return plural(n, false, "further field", "further fields") + " not shown here" },
		MoreCharacters: func(n int) string { return plural(n, false, "more character", "more characters") },
		Bytes:          func(n int) string { return "cut: " + plural(n, false, "byte", "bytes") },
		Added:          "added", Removed: "removed", Moved: "moved", BlanksOnly: "white space only", WholeEntry: "whole entry",
		MoreChanges: func(n int) string { return plural(n, false, "more change", "more changes") },
		MoreItems:   func(n int) string { return plural(n, false, "more item", "more items") },
		Characters:  func(n int) string { return plural(n, false, "character", "characters") },
		ByteCount:   func(n int) string { return plural(n, false, "byte", "bytes") },
		CutItems:    func(n int) string { return "cut: " + plural(n, false, "item", "items") },
		Binary:      func(n int) string { return plural(n, false, "byte", "bytes") + ":" },
		CutShort:    "cut", Opaque: "not recordable:",
		Spaces:     func(n int) string { return plural(n, false, "space", "spaces") },
		Tabs:       func(n int) string { return plural(n, false, "tab", "tabs") },
		LineBreaks: func(n int) string { return plural(n, false, "line break", "line breaks") },
		NoChanges:  "no fields", System: "system", UnknownActor: "unknown", APIKey: "API key", Role: "role", OnBehalfOf: "on behalf of", NoIP: "none",

		Entry: "Entry", Neighbours: "Entries beside this one", BackToList: "Back to the list",
		RecordedAt: "Recorded at", Parent: "Belongs to", OpenRecord: "Open the record",
		ActorKind: "Kind of actor", ActorID: "Actor ID", ActedFor: "On behalf of", User: "user", DatabaseRole: "database role",
		RequestID: "Request ID", AllOfRequest: "All entries of this request", UserAgent: "User agent", Source: "Source",
		Comment: "Comment", Metadata: "Metadata",
		Field: "Field", Before: "Before", After: "After", Value: "Value", AsJSON: "As JSON", RawJSON: "The JSON on its own",
		Only: "Only", Exclude: "Exclude", OnlyThis: "Only %s", ExcludeThis: "Exclude %s",
		NoEntry: "There is no such entry.",

		History: "History", HistoryOf: "History of %s", InList: "In the list of all entries", WholeHistory: "Whole history",
		Parts:     "What belongs to it",
		StateAsOf: "State as of %s", ShowState: "State as of this", SinceHeader: "Since",
		PickTwo: "Pick two entries, from and to, to compare the states after them.", PickFrom: "from", PickTo: "to", Compare: "Compare",
		CompareFrom: "Compare from %s", CompareTo: "Compare to %s", Comparison: "From %s to %s",
		Unknown:       "unknown",
		UnknownBefore: "The log has no create of this object. What it was before %s is unknown, and so is every field that has not changed since.",
		WasDestroyed:  "Destroyed on %s.",
		NoState:       "The entries up to here say nothing of its fields.",
		LeftOutBefore: "An entry had no room for all changes, so further fields are unknown.",
		TooLong:       "There are too many entries up to here to put the state together.",
		Gaps:          "Between its entries, this object was changed without being recorded:", Gap: "%s, before %s",
		SameFields: func(n int) string {
			return plural(n, false, "field has the same value in both", "fields have the same value in both")
		},

		Pages: "Pages", Previous: "Previous", Next: "Next", First: "First", Last: "Last", PerPage: "Per page", Set: "Set",
		Page: func(n int) string { return "Page " + groupThousands(n) },

		NoEntriesEver:      "No entries yet",
		NoEntriesEverHelp:  "Nothing has been recorded here so far. Changes show up as soon as they are made.",
		NoneInRange:        "No entries in this date range",
		NoneInRangeHelp:    "There are entries at other times. Widen the range:",
		NoneForFilters:     "No entries match these filters",
		NoneForFiltersHelp: "There are entries in this date range. Drop a filter:",
		Without:            "without %s",

		Unreadable: "This address cannot be shown as it is", BadQuery: "The part after the question mark is not a valid query.", BadSeparator: `The separator of CSV is "comma", "semicolon" or "tab".`,
		Repeated: "Given more than once. Give one value.", NotAPage: "Not a page number. Pages count from 1.",
		NotPerPage: "A page holds 25, 50, 100 or 200 entries.",
		TooDeep:    "Numbered pages end here. Narrow the filters, or walk on with Next and Last.",
		OnePlace:   "Give only one of page, after and before.", NotACursor: "Not a place in this order. Start from the first page.",
		Forbidden: "You may not see this page.", NoOrg: "You belong to no organization, so there is no log to show.",
		NotFound: "There is no such page.", MethodNotAllowed: "This page can only be read.",
		TooSlow:   "This took too long, so it was stopped. A shorter date range or fewer filters will be quicker.",
		Broken:    "Something went wrong on our side. It has been reported.",
		BackToLog: "Back to the log", ShorterRange: "Show the last hour",
	}
}

// withDefaults fills what is empty with English.
func (s Strings) withDefaults() Strings {
	given, english := reflect.ValueOf(&s).Elem(), reflect.ValueOf(English())
	for i := range given.NumField() {
		field, preset := given.Field(i), english.Field(i)
		if field.Kind() == reflect.Map {
			continue
		}
		if field.IsZero() {
			field.Set(preset)
		}
	}
	e := English()
	s.Columns = merged(e.Columns, s.Columns)
	s.Parameters = merged(e.Parameters, s.Parameters)
	s.Ranges = merged(e.Ranges, s.Ranges)
	s.FilterHelps = merged(e.FilterHelps, s.FilterHelps)
	s.Formats = merged(e.Formats, s.Formats)
	s.CSVWith = merged(e.CSVWith, s.CSVWith)
	return s
}

func merged[K comparable](preset, given map[K]string) map[K]string {
	all := maps.Clone(preset)
	maps.Copy(all, given)
	return all
}

func englishProblem(e *audit.FieldError) string {
	text := display.Capital(e.Problem) + "."
	if e.Value != "" {
		text = "“" + display.VisibleText(e.Value) + "”: " + e.Problem + "."
	}
	if e.Remedy != "" {
		text += " " + display.Capital(e.Remedy) + "."
	}
	return text
}

// groupThousands writes 4218 as "4,218".
func groupThousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func atLeast(n int, more bool) string {
	if more {
		return groupThousands(n) + "+"
	}
	return groupThousands(n)
}

func pick(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func plural(n int, more bool, one, many string) string {
	return atLeast(n, more) + " " + pick(n, one, many)
}
