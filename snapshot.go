package audit

import "github.com/auditkeep/audit/internal/diff"

// Snapshot returns a copy of x to keep as the before of an [Updated]. The copy
// shares no memory with x that a program can write through: pointers, maps,
// lists and bytes are copied, however deeply they lie, up to a thousand levels.
//
// Some memory stays shared, and Updated does not object: fields with the tag
// audit:",immutable", the keys of maps, time zones, and what lies behind
// unexported fields of types that never write there, such as decimal.Decimal.
// What such types write in place is copied. Unexported structs that are
// embedded, by pointer too, count as exported. Values of package sync are copied
// as Go assigns them.
func Snapshot[T any](x T) T { return diff.Snapshot(x) }
