// Package ignored holds the names of fields that are not recorded by default:
// every update changes them, and they say nothing about what was done.
package ignored

import "slices"

// Names are the names, for records and for watched tables alike.
var Names = []string{"updated_at", "lock_version"}

// With returns the built-in names and the further ones, without those in
// record.
func With(further, record []string) []string {
	all := slices.Concat(Names, further)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(name string) bool { return slices.Contains(record, name) })
}
