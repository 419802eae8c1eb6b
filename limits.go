package audit

import (
	"fmt"
)

// maxFieldsKeyBytes bounds what the Changes column sorts by.
const maxFieldsKeyBytes = 200

// MaxEvents is how many events one call of Record takes.
const MaxEvents = 10_000

// Limits bounds what one event may hold, so that a value from outside cannot
// exhaust memory or the database. What is beyond them is cut, and the cut is
// marked in the entry.
type Limits struct {
	// Depth is how many levels of nesting a value keeps. Defaults to 32.
	Depth int
	// Nodes is how many values, nested ones included, one side of an event
	// keeps; a struct's own fields of plain types are not counted. A list or
	// map that has more items than are left of them is cut as a whole.
	// Defaults to 10,000.
	Nodes int
	// Bytes is how much JSON the changes of one event keep. Defaults to 256 KiB.
	Bytes int
}

func (l Limits) withDefaults() (Limits, error) {
	for _, limit := range []struct {
		name                string
		value               *int
		preset, least, most int
	}{
		{"Config.Limits.Depth", &l.Depth, 32, 1, 1000},
		{"Config.Limits.Nodes", &l.Nodes, 10_000, 1, 10_000_000},
		{"Config.Limits.Bytes", &l.Bytes, 256 << 10, 1 << 10, 64 << 20},
	} {
		if *limit.value == 0 {
			*limit.value = limit.preset
		}
		if *limit.value < limit.least || *limit.value > limit.most {
			return l, fmt.Errorf("audit: %s is %d: want %d to %d, or 0 for %d", limit.name, *limit.value, limit.least, limit.most, limit.preset)
		}
	}
	return l, nil
}
