package words

import "github.com/auditkeep/audit"

// Frame is what stands around the page's parts.
type Frame struct {
	Breadcrumb, SkipToResults, Filters, Results string
}

// Form is the form of filters.
type Form struct {
	DateRange, Earlier, Later string
	AddFilter                 string
	RemoveFilter              string // %s is a filter
	Apply, Reset, NotApplied  string
	Help                      string            // on all filters
	Helps                     map[string]string // on each filter that is typed, by parameter
	AnotherValue              string
	Find                      string
	FindLabel                 string // %s is a filter
	Selected                  string // {selected} and {of} stand for numbers
	FirstOnly                 Plural // of the values to choose from
}

// Summary is the line above the table, and the applied filters.
type Summary struct {
	Entries    Plural
	Newer      Plural // entries, recorded since
	Between    string // %s are two times
	RemoveChip string // %s is a filter
	Others     Plural // values of a filter that are not named
}

// Export is the menu of files, and the progress of an export.
type Export struct {
	Menu    string
	As      string            // %s is a format
	Formats map[string]string // by the end of a file's name
	// CSVWith names CSV with the separators "comma", "semicolon" and "tab".
	CSVWith               map[string]string
	AtMost, AtMostInParts Plural // entries in one file
	Of                    Plural // the comment of an export's own entry; {format} stands for the format
	TooMany               Plural // exports at once; seconds until the next try
	Running               string // {rows} and {of} stand for numbers, which the page's script fills in
	Done, Failed          string
	Cancelled, Stop       string
}

// Chart is the histogram above the table.
type Chart struct {
	Caption       string            // {width} is the width of a bar, {most} the height of the highest
	Units         map[string]Plural // widths, from "second" to "year"
	Bar           string            // {when}, {entries} and {actions}
	Skip          string
	OtherActions  string
	TooMany       Plural // entries, to draw them
	ChooseShorter string
}

// Table is the list of entries.
type Table struct {
	Caption               string // %s is an order
	Ascending, Descending string // an order; %s is a column
	PageOf                string // {page} and {pages} stand for numbers
	SortBy                string
	NoIP                  string
}

// Change is what became of an entry's fields.
type Change struct {
	To, Changed                   string
	Added, Removed, Moved         string
	BlanksOnly, WholeEntry        string
	None                          string // no field is recorded
	MoreFields, FieldsLeftOut     Plural
	MoreChanges, MoreItems        Plural
	Field, Before, After, AsValue string // headers
}

// Entry is the page of one entry.
type Entry struct {
	Title, Neighbours, BackToList        string
	Unreadable                           string // %s is a reason
	RecordedAt, Parent, OpenRecord       string
	ActorKind, ActorID, ActedFor         string
	RequestID, AllOfRequest, UserAgent   string
	Source, Comment, Metadata            string
	AsJSON, RawJSON                      string
	Only, Exclude, OnlyThis, ExcludeThis string // %s is a filter
	NotFound                             string
}

// History is the page of one object.
type History struct {
	Title, InList, Whole     string
	Of                       string // %s is an object
	Parts                    string
	StateAsOf                string // %s is a time
	ShowState, Since         string
	PickTwo, From, To        string
	Compare                  string
	CompareFrom, CompareTo   string // %s is a time
	Comparison               string // %s are two times
	Unknown                  string
	UnknownBefore, Destroyed string // %s is a time
	NoState, LeftOutBefore   string
	TooLong                  string
	Gaps                     string
	Gap                      string // %s are a field and a time
	SameFields               Plural
}

// Pages is the way through the pages of the list.
type Pages struct {
	Title, Previous, Next, First, Last string
	PerPage, Set                       string
	Page                               Plural // the name of a link, by its number
}

// Empty is what stands in place of the table.
type Empty struct {
	Ever, EverHelp       string // nothing has ever been recorded
	Range, RangeHelp     string // nothing in this range of time
	Filters, FiltersHelp string // nothing for these filters
	Without              string // %s is a filter
}

// Problem says what is wrong with an address.
type Problem struct {
	Title string
	// Text is a problem in a sentence; WithValue the same if there is a value to
	// name; Remedy a sentence and the remedy after it. {problem}, {value},
	// {text} and {remedy} stand for them.
	Text, WithValue, Remedy string
	// Reasons translate the problems and remedies of the library, by their
	// English. Those that it does not have stay English.
	Reasons map[string]string

	BadQuery, Repeated, NotAPage, NotPerPage    string
	TooDeep, OnePlace, NotACursor, BadSeparator string
}

// Refusal is a page that is not shown.
type Refusal struct {
	Forbidden, NoOrg, NotFound, MethodNotAllowed string
	TooSlow, Broken                              string
	BackToLog, ShorterRange                      string
}

// File is what only files say.
type File struct {
	// Columns are the headers, if they are not those of the page.
	Columns map[audit.Column]string
	// Parameters name filters that a file calls otherwise than the page.
	Parameters map[string]string

	// FiltersApplied is the name of the sheet, and the heading, of what a file
	// says about itself. The others are its lines.
	FiltersApplied                             string
	Report, DateRange, TimeZone, Filters, Sort string
	AsOf, GeneratedAt, GeneratedBy             string
	Rows, Complete                             string
	Between                                    string // %s are two times
	NoFilters                                  string
	Not                                        string // %s is a filter
	Ascending, Descending                      string // %s is a column
	Yes                                        string // it is complete
	CutAt                                      Plural // it has so many rows
	CutOf                                      Plural // the same, {of} as many as match
	AllRows                                    Plural // all are there, though not all of their values
	CutValues                                  Plural
	Page                                       string // %s are its number and the number of all
	Part                                       string // %s is a number
	RowsOf                                     string // %s are two numbers
	Continues                                  string

	Mark           string // around what stands for no text; %s is that
	Comment        string // before the host's comment
	Unreadable     string // %s is a reason
	Cut            string // {start} is what was recorded of a value, {digits} its bytes
	MoreCharacters Plural // that are not shown
	SameCharacters Plural // before what differs
	MoreFields     Plural
}
