package httpui

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/parameter"
	"github.com/auditkeep/audit/words"
)

// addable are the filters that can be added to the form.
var addable = names(parameter.Choice, parameter.Text)

// findParam is the form's own parameter for the beginning of a filter's value.
func findParam(name string) string { return "find_" + name }

// fieldAnchor is the element that a parameter's message leads to.
func fieldAnchor(parameter string) string {
	switch {
	case slices.Contains(addable, parameter):
		return "audit-" + parameter
	case slices.Contains(formParams, parameter):
		return "audit-dates"
	default:
		return "audit-form"
	}
}

// filterForm is the left-hand side of the page.
type filterForm struct {
	Hidden []hiddenField
	Dates  dateForm
	Added  []filterField
	// Addable are the filters not in the form yet.
	Addable []string
	Reset   string
	// Draft says that the fields are not what the results show.
	Draft bool
	// Open unfolds the form on narrow screens.
	Open bool
}

// filterField is one added filter.
type filterField struct {
	Key      string
	Problems []string
	// Set if the filter is typed; a line for each value:
	Texts []string
	// Set if the filter is chosen:
	Choice   bool
	Options  []filterOption
	Selected string // "2 of 6"
	Find     bool   // there are more values than the list shows
	FindText string
	FindName string
	Note     string
}

// filterOption is one checkbox.
type filterOption struct {
	Value, Label string // raw
	Checked      bool
}

// filterForm builds the form: fields are its values, applied is what the
// results show.
func (rd *reader) filterForm(r *request, applied, fields url.Values, wrong problems) (filterForm, error) {
	form := filterForm{
		Dates: rd.present.dateForm(fields, wrong, rd.now()),
		Reset: view{params: applied}.reset(),
	}
	applied = only(applied, viewParams)
	form.Hidden = append(form.Dates.hidden(), hiddenField{paramApplied, applied.Encode()})
	for _, name := range addable {
		if !fields.Has(name) && !slices.Contains(fields[paramAdd], name) {
			form.Addable = append(form.Addable, name)
			continue
		}
		param, _ := parameter.Named(name)
		field := filterField{Key: name, Problems: wrong[name], Choice: param.Widget == parameter.Choice}
		if !field.Choice {
			if field.Texts = fields[name]; len(field.Texts) == 0 {
				field.Texts = []string{""}
			}
		} else if err := rd.fillChoice(r, &field, param, fields); err != nil {
			return form, err
		}
		form.Added = append(form.Added, field)
	}
	return form, nil
}

const (
	// listedValues is how many values a filter lists in full; of more, the
	// first ones and a box to find others.
	listedValues = 200
	firstValues  = 50
)

// fillChoice fills in the checkboxes: every value ever recorded, whatever the
// date range, and those chosen, even if unknown.
func (rd *reader) fillChoice(r *request, field *filterField, kind parameter.Parameter, fields url.Values) error {
	s := rd.words
	chosen := fields[kind.Name]
	field.FindName, field.FindText = findParam(kind.Name), fields.Get(findParam(kind.Name))
	values, more, err := rd.values(r, kind, "", listedValues)
	if err != nil {
		return err
	}
	total := len(values)
	if more {
		field.Find = true
		if field.FindText == "" {
			values = values[:firstValues]
		} else if values, more, err = rd.values(r, kind, field.FindText, firstValues); err != nil {
			return err
		}
		if more {
			field.Note = s.Count(s.Form.FirstOnly, firstValues)
		}
	}
	for _, value := range chosen {
		if !slices.Contains(values, value) {
			values = append(values, value)
			if !field.Find {
				total++
			}
		}
	}
	slices.SortStableFunc(values, cmp.Compare)
	values = slices.Compact(values)
	checked := 0
	for _, value := range values {
		option := filterOption{Value: value, Label: rd.present.optionLabel(kind.Name, value), Checked: slices.Contains(chosen, value)}
		if option.Checked {
			checked++
		}
		field.Options = append(field.Options, option)
	}
	field.Selected = words.Fill(s.Form.Selected, "selected", s.Number(checked), "of", s.AtLeast(total, field.Find))
	return nil
}

// values lists what a filter can choose from, in byte order: at most limit, and
// whether there are more. Users may come from the host as well.
func (rd *reader) values(r *request, kind parameter.Parameter, prefix string, limit int) ([]string, bool, error) {
	if kind.Column == "" {
		return slices.Sorted(slices.Values(kind.Fixed)), false, nil
	}
	values, err := rd.trail.Values(r.Context(), kind.Column, prefix, limit+1)
	if err != nil {
		return nil, false, err
	}
	if kind.Column == audit.ByActorEmail && rd.users != nil {
		users, err := rd.users(r.Context())
		if err != nil {
			return nil, false, err
		}
		for _, user := range users {
			if user != "" && strings.HasPrefix(user, prefix) {
				values = append(values, user)
			}
		}
		slices.Sort(values)
		values = slices.Compact(values)
	}
	if len(values) > limit {
		return values[:limit], true, nil
	}
	return values, false, nil
}
