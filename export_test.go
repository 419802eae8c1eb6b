package audit

// Diff returns the changes of an event, as Prepare works them out, in the room
// given where they fit.
func (l *Log) Diff(e *Event, room Changes) (Changes, error) {
	_, _, changes, err := l.diff(e, room)
	return changes, err
}

// CanonicalValue takes text that is canonical JSON as a value.
func CanonicalValue(text string) Value { return Value{json: text} }
