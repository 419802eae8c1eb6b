package httpui

import (
	"fmt"

	"github.com/auditkeep/audit"
)

// folded is a state, and how it came about.
type folded struct {
	audit.State
	entry   audit.Entry // the one that the state is as of
	tooLong bool
}

// notes say how far a state can be trusted.
func (p *presenter) notes(f folded, v view) []string {
	s := p.words
	at := func(id audit.ID) string { return newMoment(id.Time(), v.zone).Text }
	switch {
	case f.tooLong:
		return []string{s.History.TooLong}
	case f.Presence == audit.ObjectDestroyed:
		return []string{fmt.Sprintf(s.History.Destroyed, at(f.Last))}
	case f.Presence == audit.ObjectUnknown:
		return []string{s.History.NoState}
	case !f.Created:
		return []string{fmt.Sprintf(s.History.UnknownBefore, at(f.First))}
	case !f.Complete:
		return []string{s.History.LeftOutBefore}
	}
	return nil
}

// sideOf shows a field in a state: where the state is not complete, a field
// that it does not have is not absent, but unknown.
func (p *presenter) sideOf(f folded, v audit.Value) whole {
	if v.IsAbsent() && !f.Complete {
		return whole{Mark: p.words.History.Unknown}
	}
	return p.whole(v)
}
