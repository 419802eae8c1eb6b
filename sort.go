package audit

import (
	"fmt"
)

// Column is a header of the page, which entries can be sorted by.
type Column string

// The columns, in the page's order.
const (
	ByTimestamp  Column = "timestamp"
	ByObjectType Column = "object_type"
	ByObjectID   Column = "id"
	ByAction     Column = "action"
	ByChanges    Column = "changes" // by the names of the changed fields
	ByActorEmail Column = "performed_by"
	ByIPAddress  Column = "ip_address"
)

// Columns are all columns, in the page's order.
func Columns() []Column {
	return []Column{ByTimestamp, ByObjectType, ByObjectID, ByAction, ByChanges, ByActorEmail, ByIPAddress}
}

// Direction is ascending or descending.
type Direction string

// The directions. Descending is ascending exactly reversed, ties included.
const (
	Ascending  Direction = "asc"
	Descending Direction = "desc"
)

// Sort is an order of entries. It is always total: entries that are equal
// under the column are ordered by ID. The zero Sort is newest first.
type Sort struct {
	// By defaults to ByTimestamp.
	By Column
	// Dir defaults to Descending for ByTimestamp and to Ascending for all others.
	Dir Direction
}

// Resolve returns the sort with its defaults filled in, or an error that wraps
// ErrInvalidFilter.
func (s Sort) Resolve() (Sort, error) {
	if s.By == "" {
		s.By = ByTimestamp
	}
	if s.Dir == "" {
		s.Dir = Ascending
		if s.By == ByTimestamp {
			s.Dir = Descending
		}
	}
	switch s.By {
	case ByTimestamp, ByObjectType, ByObjectID, ByAction, ByChanges, ByActorEmail, ByIPAddress:
	default:
		return s, invalidFilter("Sort.By", string(s.By), "not a column", fmt.Sprintf("use one of %q", Columns()))
	}
	if s.Dir != Ascending && s.Dir != Descending {
		return s, invalidFilter("Sort.Dir", string(s.Dir), "not a direction", `use "asc" or "desc"`)
	}
	return s, nil
}
