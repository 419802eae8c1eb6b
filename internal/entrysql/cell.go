package entrysql

import (
	"fmt"
	"time"
)

// Cell is what a row holds in one column, whatever that is. It is a
// [sql.Scanner] that takes every value.
type Cell struct {
	Kind CellKind
	// Text is the text or the bytes, or what else there is as people write it.
	Text string
	Int  int64
	Time time.Time
}

// CellKind is what sort of value a cell holds.
type CellKind int

// The kinds of cell.
const (
	CellNull CellKind = iota
	CellText
	CellBytes
	CellInt
	CellTime
	CellOther // such as a number with a fraction, or the time "infinity"
)

// Scan implements [sql.Scanner].
func (c *Cell) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*c = Cell{}
	case string:
		*c = Cell{Kind: CellText, Text: v}
	case []byte:
		*c = Cell{Kind: CellBytes, Text: string(v)}
	case int64:
		*c = Cell{Kind: CellInt, Int: v}
	case time.Time:
		*c = Cell{Kind: CellTime, Time: v}
	default:
		*c = Cell{Kind: CellOther, Text: fmt.Sprint(v)}
	}
	return nil
}

// String is the cell's content, for people.
func (c *Cell) String() string {
	switch c.Kind {
	case CellNull:
		return "NULL"
	case CellInt:
		return fmt.Sprint(c.Int)
	case CellTime:
		return c.Time.UTC().Format(time.RFC3339Nano)
	default:
		return c.Text
	}
}
