// Package words is the catalogue of all words of the Audit Logs page and of its
// files. A host can say them in its own language:
//
//	german := words.Catalogue{Language: "de"}
//	german.Form.Apply = "Anwenden"
//	german.Summary.Entries = words.Plural{One: "{n} Eintrag", Other: "{n} Einträge"}
//	ui, err := httpui.New(trail, httpui.Options{Words: &german, …})
//
// A catalogue is plain data, so encoding/json reads one from a file. Words that
// are left empty keep the English ones. In a text, %s stands for what its
// comment says, and {n} for a number with its thousands grouped.
package words

import "github.com/auditkeep/audit"

// Catalogue is all words in one language. The zero Catalogue is English.
type Catalogue struct {
	// Language is the language tag, such as "pt-BR". It chooses the plural
	// forms too. Defaults to "en".
	Language string
	// Direction is "ltr" or "rtl". Defaults to "ltr".
	Direction string

	Numbers Numbers
	Dates   Dates

	// Columns are the headers of the page's table.
	Columns map[audit.Column]string
	// Parameters name an address's parameters: as fields, filters and in messages.
	Parameters map[string]string
	// Actions are what people see for actions: {"login_failed": "failed login"}.
	// Defaults to the action itself.
	Actions map[audit.Action]string
	// Ranges are the relative ranges of time, by their form in an address.
	Ranges map[string]string

	// What the page and the files both say.
	Filter Filter
	Value  Value
	Actor  Actor
	Order  Order
	Times  Times

	// What only the page says, by the part of it.
	Frame   Frame
	Form    Form
	Summary Summary
	Export  Export
	Chart   Chart
	Table   Table
	Change  Change
	Entry   Entry
	History History
	Pages   Pages
	Empty   Empty
	Problem Problem
	Refusal Refusal

	// File is what only the files say.
	File File
}

// Numbers say how a number is written.
type Numbers struct {
	// Group stands between groups of three digits: "," in 4,218.
	Group string
	// AtLeast is a number that was counted only so far: "{n}+".
	AtLeast string
}

// Dates are the layouts of times, as [time.Time.Format] has them.
type Dates struct {
	DateTime string // a bound of the range of time
	Date     string // a day
	DayMonth string // a day, if the year goes without saying
	Month    string // a month of a year
	Year     string
	Minute   string // a time of the day
	Second   string // the same, with its seconds
	// Span is two times, the first and the last; %s are the times.
	Span string
	// Months are the twelve short names that stand for "Jan" in a layout.
	// Defaults to Go's.
	Months []string
}

// Filter says what a filter's value is.
type Filter struct {
	None    string // there is no value
	NoEmail string // the actor has none
	Not     string // before values that are excluded
}

// Value is what stands for a value that is not a text.
type Value struct {
	Absent, Null, Empty, Redacted string
	Cycle                         string // it contains itself
	NotCompared                   string // both sides of an update shared its memory
	Opaque                        string // it cannot be recorded; the reason follows
	CutShort                      string // only a part was recorded
	Cut, CutItems                 Plural // the same, of so many bytes or items
	Binary                        Plural // so many bytes; they follow
	MoreCharacters                Plural // that are not shown
	Characters, Bytes             Plural // the size of a text too long to be compared
	Spaces, Tabs, LineBreaks      Plural // of white space, read aloud
}

// Actor is who made a change, if there is no email.
type Actor struct {
	Unknown, System, APIKey, Role string
	OnBehalfOf                    string
	User, DatabaseRole            string // kinds of actor
}

// Order says in which order entries are.
type Order struct {
	NewestFirst, OldestFirst string
}

// Times say which times a range has; %s is a time.
type Times struct {
	All, Since, Until string
}

// Plural is a text that depends on a number, in the categories of plurals that
// the Unicode CLDR has for the language. A category that is left empty is read
// from Other. {n} stands for the number with its thousands grouped,
// {digits} for only its digits.
type Plural struct {
	Zero, One, Two, Few, Many, Other string
}
