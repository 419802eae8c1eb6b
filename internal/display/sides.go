package display

import "github.com/auditkeep/audit"

// ShowsBothSides reports whether an entry has what was and what is: an
// update does, and any action of the host's that has both.
func ShowsBothSides(e audit.Entry) bool {
	if e.Action == audit.ActionUpdate {
		return true
	}
	for _, c := range e.Changes {
		if !c.Old.IsAbsent() && !c.New.IsAbsent() {
			return true
		}
	}
	return false
}
