package export

import (
	"slices"
	"strconv"
	"strings"

	"github.com/auditkeep/audit/internal/display"
	"github.com/xuri/excelize/v2"
)

// sheetNames are the names of a workbook's sheets, which have to differ by
// more than their case.
type sheetNames []string

func (n sheetNames) has(name string) bool {
	return slices.ContainsFunc(n, func(taken string) bool { return strings.EqualFold(taken, name) })
}

// add adds a name and returns it. If the name is taken already, a number follows
// it.
func (n *sheetNames) add(name string) string {
	free := name
	for i := 2; n.has(free); i++ {
		number := " " + strconv.Itoa(i)
		free = firstUnits(name, excelize.MaxSheetNameLength-len(number)) + number
	}
	*n = append(*n, free)
	return free
}

// sheetName turns a text into a name that Excel accepts for a sheet. It returns
// otherwise if nothing of the text is left, or if the name is History, which
// Excel reserves.
func sheetName(text, otherwise string) string {
	name := strings.Map(func(r rune) rune {
		switch r {
		case '[', ']', ':', '*', '?', '/', '\\':
			return '-'
		case '\'':
			return '’' // it ends a name in references such as 'Audit Logs'!A1
		}
		return r
	}, display.VisibleText(text))
	for i := range name {
		if isCellEscape(name[i:]) {
			name = name[:i] + "-" + name[i+1:]
		}
	}
	name = strings.TrimSpace(firstUnits(strings.TrimSpace(name), excelize.MaxSheetNameLength))
	if strings.Trim(name, "- ") == "" || strings.EqualFold(name, "History") {
		return otherwise
	}
	return name
}
