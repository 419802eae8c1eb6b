package words

import "github.com/auditkeep/audit"

// English returns the words in English.
func English() *Catalogue {
	return &Catalogue{
		Language: "en", Direction: "ltr",
		Numbers: Numbers{Group: ",", AtLeast: "{n}+"},
		Dates: Dates{
			DateTime: "2 Jan 2006 15:04:05", Date: "2 Jan 2006", DayMonth: "2 Jan", Month: "Jan 2006", Year: "2006",
			Minute: "15:04", Second: "15:04:05", Span: "%s – %s",
			Months: []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		},
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
			"parent_type": "Parent's type", "parent_id": "Parent's ID",
			"not_action": "Action", "not_object_type": "Object Type", "not_user": "User", "not_ip": "IP address",
			"sort": "Sort", "dir": "Direction", "page": "Page", "per_page": "Per page",
			"after": "After", "before": "Before", "asof": "As of", "query": "Address",
		},
		Actions: map[audit.Action]string{},
		Ranges: map[string]string{
			"15m": "15 min", "1h": "1 h", "today": "Today", "yesterday": "Yesterday",
			"7d": "7 d", "30d": "30 d", "90d": "90 d", "all": "All",
		},
		Filter:  Filter{None: "none recorded", NoEmail: "no email", Not: "not"},
		Value:   englishValue(),
		Actor:   Actor{Unknown: "unknown", System: "system", APIKey: "API key", Role: "role", OnBehalfOf: "on behalf of", User: "user", DatabaseRole: "database role"},
		Order:   Order{NewestFirst: "newest first", OldestFirst: "oldest first"},
		Times:   Times{All: "all time", Since: "since %s", Until: "until %s"},
		Frame:   Frame{Breadcrumb: "Breadcrumb", SkipToResults: "Skip to results", Filters: "Filters", Results: "Entries"},
		Form:    englishForm(),
		Summary: englishSummary(),
		Export:  englishExport(),
		Chart:   englishChart(),
		Table: Table{
			Caption: "Audit entries, %s.", Ascending: "sorted by %s, ascending", Descending: "sorted by %s, descending",
			PageOf: "Page {page} of {pages}.", SortBy: "Sort by", NoIP: "none",
		},
		Change:  englishChange(),
		Entry:   englishEntry(),
		History: englishHistory(),
		Pages: Pages{
			Title: "Pages", Previous: "Previous", Next: "Next", First: "First", Last: "Last",
			PerPage: "Per page", Set: "Set", Page: Plural{Other: "Page {n}"},
		},
		Empty: Empty{
			Ever:        "No entries yet",
			EverHelp:    "Nothing has been recorded here so far. Changes show up as soon as they are made.",
			Range:       "No entries in this date range",
			RangeHelp:   "There are entries at other times. Widen the range:",
			Filters:     "No entries match these filters",
			FiltersHelp: "There are entries in this date range. Drop a filter:",
			Without:     "without %s",
		},
		Problem: englishProblem(),
		Refusal: Refusal{
			Forbidden: "You may not see this page.", NoOrg: "You belong to no organization, so there is no log to show.",
			NotFound: "There is no such page.", MethodNotAllowed: "This page can only be read.",
			TooSlow:   "This took too long, so it was stopped. A shorter date range or fewer filters will be quicker.",
			Broken:    "Something went wrong on our side. It has been reported.",
			BackToLog: "Back to the log", ShorterRange: "Show the last hour",
		},
		File: englishFile(),
	}
}

// plural is a text with the number before a noun.
func plural(one, other string) Plural { return Plural{One: "{n} " + one, Other: "{n} " + other} }

func englishValue() Value {
	return Value{
		Absent: "absent", Null: "null", Empty: "empty", Redacted: "redacted", NotCompared: "not compared", Cycle: "contains itself",
		Opaque: "not recordable:", CutShort: "cut",
		Cut:            Plural{One: "cut: {n} byte", Other: "cut: {n} bytes"},
		CutItems:       Plural{One: "cut: {n} item", Other: "cut: {n} items"},
		Binary:         Plural{One: "{n} byte:", Other: "{n} bytes:"},
		MoreCharacters: plural("more character", "more characters"),
		Characters:     plural("character", "characters"), Bytes: plural("byte", "bytes"),
		Spaces: plural("space", "spaces"), Tabs: plural("tab", "tabs"), LineBreaks: plural("line break", "line breaks"),
	}
}

func englishForm() Form {
	return Form{
		DateRange: "Date Range", Earlier: "Earlier", Later: "Later",
		AddFilter: "Add filter", RemoveFilter: "Remove filter: %s", Apply: "Apply", Reset: "Reset",
		NotApplied: "These filters are not applied yet.",
		Help:       "Several values within one filter mean any of them (OR). Several filters must all match (AND).",
		Helps: map[string]string{
			"record_id": "Number or text, exactly as recorded.",
			"actor_id":  "Exactly as recorded.",
			"ip":        "An address, or a range such as 203.0.113.0/24.",
		},
		AnotherValue: "Another value",
		Find:         "Find", FindLabel: "%s begins with",
		Selected:  "{selected} of {of}",
		FirstOnly: Plural{Other: "The first {n}. Use Find for others."},
	}
}

func englishSummary() Summary {
	return Summary{
		Entries: plural("entry", "entries"), Newer: plural("new entry", "new entries"),
		Between: "%s – %s", RemoveChip: "Remove filter %s", Others: Plural{Other: "and {n} more"},
	}
}

func englishExport() Export {
	return Export{
		Menu: "Export", As: "Export as %s",
		CSVWith: map[string]string{"comma": "CSV with commas", "semicolon": "CSV with semicolons", "tab": "CSV with tabs"},
		Formats: map[string]string{"csv": "CSV", "xlsx": "Excel", "pdf": "PDF", "zip": "PDF", "jsonl": "JSON Lines"},
		AtMost:  Plural{One: "At most {n} entry", Other: "At most {n} entries"},
		AtMostInParts: Plural{
			One:   "At most {n} entry, as numbered documents in one zip archive",
			Other: "At most {n} entries, as numbered documents in one zip archive",
		},
		Of:      Plural{One: "{n} entry as {format}", Other: "{n} entries as {format}"},
		TooMany: Plural{Other: "Too many exports are being made. Try again in {digits} seconds."},
		Running: "{rows} of {of} entries", Done: "Export complete", Failed: "The export failed",
		Cancelled: "The export was cancelled", Stop: "Cancel",
	}
}

func englishChart() Chart {
	return Chart{
		Caption: "Entries per {width}, at most {most}",
		Units: map[string]Plural{
			"second": {One: "second", Other: "{n} seconds"}, "minute": {One: "minute", Other: "{n} minutes"},
			"hour": {One: "hour", Other: "{n} hours"}, "day": {One: "day", Other: "{n} days"}, "week": {One: "week", Other: "{n} weeks"},
			"month": {One: "month", Other: "{n} months"}, "year": {One: "year", Other: "{n} years"},
		},
		Bar: "{when}: {entries} ({actions})", Skip: "Skip the chart", OtherActions: "other",
		TooMany:       Plural{Other: "More than {n} entries: too many to draw."},
		ChooseShorter: "Choose a shorter range:",
	}
}

func englishChange() Change {
	return Change{
		To: "changed to", Changed: "(changed)", Added: "added", Removed: "removed", Moved: "moved",
		BlanksOnly: "white space only", WholeEntry: "whole entry", None: "no fields",
		MoreFields:    plural("more field", "more fields"),
		FieldsLeftOut: plural("further field not shown here", "further fields not shown here"),
		MoreChanges:   plural("more change", "more changes"), MoreItems: plural("more item", "more items"),
		Field: "Field", Before: "Before", After: "After", AsValue: "Value",
	}
}

func englishEntry() Entry {
	return Entry{
		Title: "Entry", Neighbours: "Entries beside this one", BackToList: "Back to the list",
		Unreadable: "This entry cannot be read whole: %s.",
		RecordedAt: "Recorded at", Parent: "Belongs to", OpenRecord: "Open the record",
		ActorKind: "Kind of actor", ActorID: "Actor ID", ActedFor: "On behalf of",
		RequestID: "Request ID", AllOfRequest: "All entries of this request", UserAgent: "User agent", Source: "Source",
		Comment: "Comment", Metadata: "Metadata", AsJSON: "As JSON", RawJSON: "The JSON on its own",
		Only: "Only", Exclude: "Exclude", OnlyThis: "Only %s", ExcludeThis: "Exclude %s",
		NotFound: "There is no such entry.",
	}
}

func englishHistory() History {
	return History{
		Title: "History", Of: "History of %s", InList: "In the list of all entries", Whole: "Whole history",
		Parts:     "What belongs to it",
		StateAsOf: "State as of %s", ShowState: "State as of this", Since: "Since",
		PickTwo: "Pick two entries, from and to, to compare the states after them.", From: "from", To: "to", Compare: "Compare",
		CompareFrom: "Compare from %s", CompareTo: "Compare to %s", Comparison: "From %s to %s",
		Unknown:       "unknown",
		UnknownBefore: "The log has no create of this object. What it was before %s is unknown, and so is every field that has not changed since.",
		Destroyed:     "Destroyed on %s.",
		NoState:       "The entries up to here say nothing of its fields.",
		LeftOutBefore: "An entry had no room for all changes, so further fields are unknown.",
		TooLong:       "There are too many entries up to here to put the state together.",
		Gaps:          "Between its entries, this object was changed without being recorded:", Gap: "%s, before %s",
		SameFields: plural("field has the same value in both", "fields have the same value in both"),
	}
}

func englishProblem() Problem {
	return Problem{
		Title: "This address cannot be shown as it is",
		Text:  "{problem}.", WithValue: "“{value}”: {problem}.", Remedy: "{text} {remedy}.",
		Reasons:      map[string]string{},
		BadQuery:     "The part after the question mark is not a valid query.",
		BadSeparator: `The separator of CSV is "comma", "semicolon" or "tab".`,
		Repeated:     "Given more than once. Give one value.", NotAPage: "Not a page number. Pages count from 1.",
		NotPerPage: "A page holds 25, 50, 100 or 200 entries.",
		TooDeep:    "Numbered pages end here. Narrow the filters, or walk on with Next and Last.",
		OnePlace:   "Give only one of page, after and before.", NotACursor: "Not a place in this order. Start from the first page.",
	}
}

func englishFile() File {
	return File{
		Columns: map[audit.Column]string{
			audit.ByTimestamp: "Timestamp", audit.ByObjectType: "Object Type", audit.ByObjectID: "Auditable ID",
			audit.ByAction: "Action", audit.ByChanges: "Changes", audit.ByActorEmail: "Performed By", audit.ByIPAddress: "IP Address",
		},
		Parameters:     map[string]string{"ip": "IP Address"},
		FiltersApplied: "Filters Applied",
		Report:         "Report", DateRange: "Date Range", TimeZone: "Time Zone", Filters: "Filters", Sort: "Sort",
		AsOf: "Entries up to", GeneratedAt: "Generated At", GeneratedBy: "Generated By", Rows: "Rows", Complete: "Complete",
		Between: "%s to %s", NoFilters: "none", Not: "%s is not",
		Ascending: "%s, ascending", Descending: "%s, descending",
		Yes:     "yes",
		CutAt:   Plural{Other: "NO: cut after the first {digits} entries"},
		CutOf:   Plural{Other: "NO: the first {digits} of {of} entries"},
		AllRows: Plural{One: "NO: the entry is there", Other: "NO: all {digits} entries are there"},
		CutValues: Plural{
			One:   "{digits} value is cut or left out; CSV and JSON Lines have it whole",
			Other: "{digits} values are cut or left out; CSV and JSON Lines have them whole",
		},
		Page: "Page %s of %s", Part: "Part %s", RowsOf: "%s of %s", Continues: "continues in the next part",
		Mark: "(%s)", Comment: "(comment)", Unreadable: "(unreadable: %s)",
		Cut:            "{start}… (cut: {digits} bytes)",
		MoreCharacters: Plural{Other: "… ({digits} more characters)"},
		SameCharacters: Plural{Other: "({digits} characters alike) …"},
		MoreFields:     Plural{Other: "… ({digits} more fields)"},
	}
}
