package httpui

import (
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff/lcs"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

const (
	// maxListed is how many items a list may have to be compared.
	maxListed = 500
	// maxItems is how many of those that were added, removed or moved a row
	// names, and itemRunes how many characters of each it shows.
	maxItems  = 6
	itemRunes = 60
)

// listDiff is what became of a list.
type listDiff struct {
	Added, Removed, Moved []value
	// MoreAdded and so on are how many are not named.
	MoreAdded, MoreRemoved, MoreMoved int
}

// identities are the keys by which the items of a list may be distinguished, the
// first one that does it.
var identities = []string{"id", "ID", "Id", "uuid", "key", "Key", "name", "Name", "code", "slug", "email"}

// listDiff compares two lists. Items that are objects are matched by what
// identifies them, if something does, and those that changed are shown by their
// fields; other items are compared as a whole. It returns nil for lists too
// large to be compared.
func (p *presenter) listDiff(before, after audit.Value) (diff *listDiff, within []audit.Change) {
	old, ok := itemsOf(before)
	if !ok || len(old) > maxListed {
		return nil, nil
	}
	now, ok := itemsOf(after)
	if !ok || len(now) > maxListed {
		return nil, nil
	}
	oldKeys, newKeys, named := keysOf(old, now)
	removed, added, kept := map[string][]int{}, []int{}, [][2]int{}
	var removedOrder []int
	at, shift := 0, 0
	for _, d := range append(lcs.DiffLines(oldKeys, newKeys), lcs.Diff{Start: len(old), End: len(old)}) {
		for ; at < d.Start; at++ {
			kept = append(kept, [2]int{at, at + shift})
		}
		for ; at < d.End; at++ {
			removed[oldKeys[at]] = append(removed[oldKeys[at]], at)
			removedOrder = append(removedOrder, at)
		}
		for i := d.ReplStart; i < d.ReplEnd; i++ {
			added = append(added, i)
		}
		shift = d.ReplEnd - d.End
	}
	diff = &listDiff{}
	newItem := display.Beside(after.JSON(), before.JSON()) // no longer than maxStructure
	oldItem := display.Beside(before.JSON(), after.JSON())
	moved := map[int]bool{} // of the old list
	for _, i := range added {
		if from := removed[newKeys[i]]; len(from) > 0 {
			moved[from[0]] = true
			removed[newKeys[i]] = from[1:]
			kept = append(kept, [2]int{from[0], i})
			p.addItem(&diff.Moved, &diff.MoreMoved, nameOf(now[i], newKeys[i], named), newItem)
			continue
		}
		p.addItem(&diff.Added, &diff.MoreAdded, now[i], newItem)
	}
	for _, i := range removedOrder {
		if !moved[i] {
			p.addItem(&diff.Removed, &diff.MoreRemoved, old[i], oldItem)
		}
	}
	if named == "" {
		return diff, nil
	}
	slices.SortFunc(kept, func(a, b [2]int) int { return a[1] - b[1] })
	for _, pair := range kept {
		i := pair[1]
		name := fieldSegment(nameOf(now[i], newKeys[i], named).Text())
		within = append(within, fieldChanges(name, old[pair[0]], now[i])...)
	}
	return diff, within
}

// nameOf is what identifies an item, which may be the whole of it.
func nameOf(item audit.Value, key, named string) audit.Value {
	if named == "" {
		return item
	}
	name, _ := audit.ParseValue(key) // it was a value's JSON
	return name
}

func (p *presenter) addItem(items *[]value, more *int, v audit.Value, reading *display.Reading) {
	if len(*items) == maxItems {
		*more++
		return
	}
	*items = append(*items, p.item(v, reading))
}

// item shows an item of a list.
func (p *presenter) item(v audit.Value, reading *display.Reading) value {
	w := valueWriter{words: p.words, room: itemRunes, reading: reading}
	if v.Kind() == audit.KindString {
		w.text(quoteIfNeeded(v.Text()))
		if len(w.pieces) > 0 {
			w.pieces[0].Shown = reading.Show(w.pieces[0].Text)
		}
	} else {
		w.node(v, 0)
	}
	return w.finish()
}

// keysOf returns the texts by which the items of two lists are matched, and
// the field that identifies them, "" where they are compared as a whole.
func keysOf(old, now []audit.Value) (oldKeys, newKeys []string, named string) {
	oldFields, newFields := namesOf(old), namesOf(now)
	if oldFields != nil && newFields != nil {
		for _, name := range identities {
			var okOld, okNew bool
			if oldKeys, okOld = identify(oldFields, name); !okOld {
				continue
			}
			if newKeys, okNew = identify(newFields, name); okNew && share(oldKeys, newKeys) {
				return oldKeys, newKeys, name
			}
		}
	}
	whole := func(items []audit.Value) []string {
		keys := make([]string, len(items))
		for i, item := range items {
			keys[i] = item.JSON()
		}
		return keys
	}
	return whole(old), whole(now), ""
}

// namesOf takes apart the items of a list of objects only.
func namesOf(items []audit.Value) []map[string]audit.Value {
	if len(items) == 0 || slices.ContainsFunc(items, func(v audit.Value) bool { return v.Kind() != audit.KindMap }) {
		return nil
	}
	all := make([]map[string]audit.Value, len(items))
	for i, item := range items {
		if item.Decode(&all[i]) != nil {
			return nil
		}
	}
	return all
}

// identify returns the items' values under a name, if every item has one and
// no two have the same.
func identify(items []map[string]audit.Value, name string) (keys []string, ok bool) {
	seen := map[string]bool{}
	for _, item := range items {
		id := item[name]
		if id.Kind() != audit.KindString && id.Kind() != audit.KindNumber || seen[id.JSON()] {
			return nil, false
		}
		seen[id.JSON()] = true
		keys = append(keys, id.JSON())
	}
	return keys, true
}

func share(a, b []string) bool {
	in := map[string]bool{}
	for _, key := range a {
		in[key] = true
	}
	return slices.ContainsFunc(b, func(key string) bool { return in[key] })
}

// fieldChanges are the fields in which two objects differ, by their paths.
func fieldChanges(prefix string, before, after audit.Value) []audit.Change {
	if before == after {
		return nil
	}
	old, okOld := fieldsOf(before, 0)
	now, okNew := fieldsOf(after, 0)
	if !okOld || !okNew {
		return []audit.Change{{Field: prefix, Old: before, New: after}}
	}
	byPath := func(a, b pathValue) int { return strings.Compare(a.path, b.path) }
	slices.SortFunc(old, byPath)
	slices.SortFunc(now, byPath)
	var changes []audit.Change
	i, j := 0, 0
	for i < len(old) || j < len(now) {
		c := audit.Change{}
		order := 0
		switch {
		case i == len(old):
			order = 1
		case j == len(now):
			order = -1
		default:
			order = strings.Compare(old[i].path, now[j].path)
		}
		if order <= 0 {
			c.Field, c.Old = old[i].path, old[i].value
			i++
		}
		if order >= 0 {
			c.Field, c.New = now[j].path, now[j].value
			j++
		}
		if prefix != "" {
			c.Field = prefix + "." + c.Field
		}
		if c.Old != c.New {
			changes = append(changes, c)
		}
	}
	return changes
}
