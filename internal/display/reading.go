package display

import "slices"

// Reading shows parts of a text, such as the items of a list, that is read beside
// another one.
type Reading struct {
	own, other string
	known      bool
	otherWords wordSet
	twins      map[string]string
}

// Beside prepares to show parts of a text beside another one, as [Apart] would.
func Beside(own, other string) *Reading { return &Reading{own: own, other: other} }

// Among prepares to show texts that stand in one list, such as the names of fields.
// It returns nil if none of them can be taken for another.
func Among(texts []string) *Reading {
	if !slices.ContainsFunc(texts, func(text string) bool { return !isPlain(text) }) {
		return nil
	}
	looks, twins := map[string]string{}, map[string]string{}
	for _, text := range texts {
		look := lookOfAll(text)
		if first, ok := looks[look]; !ok {
			looks[look] = text
		} else if first != text {
			twins[text], twins[first] = first, text
		}
	}
	return &Reading{known: true, twins: twins}
}

// Show shows a part.
func (r *Reading) Show(part string) []Segment {
	if r == nil {
		return Visible(part)
	}
	if isPlain(part) {
		return []Segment{{Text: part}}
	}
	if !r.known {
		r.known = true
		r.otherWords = wordsOf(&glyphs{text: r.other})
		r.twins = twinsIn(r.own, false)
	}
	w := wordSet{glyphs: glyphs{text: part}}
	marks := w.marked(r.otherWords, nil)
	if twin, ok := r.twins[part]; ok {
		marks = markWord(0, part, twin, false, marks)
	}
	return render(part, markTwins(part, r.twins, marks, false), false)
}
