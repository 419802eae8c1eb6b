// Package parameter is the one table of a filter's fields as people meet them:
// the name in an address, the widget in the page's form, and how the values are
// read from texts and written as texts. Package httpui reads addresses and
// builds its form from it, package export names the filters of a file by it.
//
// A new field of [audit.Filter] is one line in [All], one line in the words'
// Parameters, and one in the root's conditions.
package parameter

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/stored"
)

// Widget is how the page's form asks for a parameter's values.
type Widget int

const (
	// Nothing: scripts and programs may give the parameter, the page does not.
	Nothing Widget = iota
	// Chip: the page shows it as an applied filter, but has no field for it.
	Chip
	// Choice is a list of checkboxes. The empty value means "none recorded".
	Choice
	// Text is a line for each value.
	Text
)

// Parameter is one field of a filter.
type Parameter struct {
	// Name is the parameter in an address.
	Name string
	// Field is the field of [audit.Filter], as the root's errors name it.
	Field string
	// Widget is how the form asks for values.
	Widget Widget
	// Column holds the values to choose from; Fixed are the values of a Choice
	// that the log has no list of.
	Column audit.Column
	Fixed  []string
	// Blank reports whether blanks around a value are left out.
	Blank bool

	// Read sets the filter's field from texts. It returns the first text that is
	// not a value, with the reason.
	Read func(f *audit.Filter, texts []string) error
	// Write returns the field's values as texts, none if it is not set.
	Write func(f *audit.Filter) []string
}

// Error says which text is not a value of a parameter.
type Error struct {
	Value, Problem, Remedy string
}

// Error implements error.
func (e *Error) Error() string { return e.Problem }

// All returns every parameter of a filter but the range of time and asof, in
// the order of the form.
func All() []Parameter { return all }

var all = []Parameter{
	list("action", "Actions", Choice, 0, func(f *audit.Filter) *[]audit.Action { return &f.Actions }).of(audit.ByAction),
	list("object_type", "ObjectTypes", Choice, 0, func(f *audit.Filter) *[]string { return &f.ObjectTypes }).of(audit.ByObjectType),
	list("user", "ActorEmails", Choice, stored.Email, func(f *audit.Filter) *[]string { return &f.ActorEmails }).of(audit.ByActorEmail),
	list("record_id", "ObjectIDs", Text, stored.ObjectID, func(f *audit.Filter) *[]string { return &f.ObjectIDs }),
	addresses("ip", "IPs", Text, func(f *audit.Filter) *[]netip.Prefix { return &f.IPs }),
	list("actor_id", "ActorIDs", Text, stored.ActorID, func(f *audit.Filter) *[]string { return &f.ActorIDs }),
	list("actor_kind", "ActorKinds", Choice, 0, func(f *audit.Filter) *[]audit.ActorKind { return &f.ActorKinds }).
		from(string(audit.ActorUser), string(audit.ActorAPIKey), string(audit.ActorSystem), string(audit.ActorDatabaseRole), string(audit.ActorUnknown)),
	list("source", "Sources", Choice, 0, func(f *audit.Filter) *[]audit.Source { return &f.Sources }).
		from(string(audit.SourceApp), string(audit.SourceTrigger), string(audit.SourceImport)),
	single("request", "RequestID", Chip, stored.RequestID, func(f *audit.Filter) *string { return &f.RequestID }),
	single("parent_type", "Parent.Type", Nothing, 0, func(f *audit.Filter) *string { return &f.Parent.Type }),
	single("parent_id", "Parent.ID", Nothing, stored.ObjectID, func(f *audit.Filter) *string { return &f.Parent.ID }),
	list("not_action", "NotActions", Chip, 0, func(f *audit.Filter) *[]audit.Action { return &f.NotActions }),
	list("not_object_type", "NotObjectTypes", Chip, 0, func(f *audit.Filter) *[]string { return &f.NotObjectTypes }),
	list("not_user", "NotActorEmails", Chip, stored.Email, func(f *audit.Filter) *[]string { return &f.NotActorEmails }),
	addresses("not_ip", "NotIPs", Chip, func(f *audit.Filter) *[]netip.Prefix { return &f.NotIPs }),
}

// Named returns the parameter of a name.
func Named(name string) (Parameter, bool) {
	i := slices.IndexFunc(all, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return Parameter{}, false
	}
	return all[i], true
}

// Positive returns the name without "not_", and whether it had that.
func Positive(name string) (base string, not bool) { return strings.CutPrefix(name, "not_") }

// Given reports whether a text is a value of the parameter: a line of the form
// that is left empty is not.
func (p Parameter) Given(text string) bool {
	if p.Blank {
		text = strings.TrimSpace(text)
	}
	return text != ""
}

func (p Parameter) of(column audit.Column) Parameter {
	p.Column = column
	return p
}

func (p Parameter) from(values ...string) Parameter {
	p.Fixed = values
	return p
}

// list is a field that holds texts. If bytes is not 0, the values are keys of
// any length, of which the stored form is looked up.
func list[S ~string](name, field string, widget Widget, bytes int, at func(*audit.Filter) *[]S) Parameter {
	return Parameter{
		Name: name, Field: field, Widget: widget,
		Read: func(f *audit.Filter, texts []string) error {
			var values []S
			for _, text := range texts {
				if widget == Text && text == "" {
					continue // a form sends empty fields too
				}
				if err := checkKey(text, bytes); err != nil {
					return err
				}
				values = append(values, S(text))
			}
			*at(f) = values
			return nil
		},
		Write: func(f *audit.Filter) []string {
			var texts []string
			for _, value := range *at(f) {
				texts = append(texts, keyText(string(value), bytes))
			}
			return texts
		},
	}
}

// single is a field that holds one text; the empty one is none.
func single(name, field string, widget Widget, bytes int, at func(*audit.Filter) *string) Parameter {
	return Parameter{
		Name: name, Field: field, Widget: widget,
		Read: func(f *audit.Filter, texts []string) error {
			if len(texts) > 1 {
				return &Error{texts[1], "given more than once", "give one value"}
			}
			*at(f) = ""
			for _, text := range texts {
				if err := checkKey(text, bytes); err != nil {
					return err
				}
				*at(f) = text
			}
			return nil
		},
		Write: func(f *audit.Filter) []string {
			if *at(f) == "" {
				return nil
			}
			return []string{keyText(*at(f), bytes)}
		},
	}
}

// checkKey refuses a key that is not a text. Other values have limits, which
// [audit.Filter.Validate] checks.
func checkKey(text string, bytes int) error {
	if bytes == 0 || stored.Fits(text, len(text)) {
		return nil
	}
	problem := "not valid UTF-8"
	if strings.ContainsRune(text, 0) {
		problem = "holds a NUL character"
	}
	return &Error{text, problem, "copy the value from an entry"}
}

// keyText returns a key as an address can hold it: whole, unless it is not a
// text.
func keyText(value string, bytes int) string {
	if bytes > 0 && !stored.Fits(value, len(value)) {
		return stored.Key(value, bytes)
	}
	return value
}

const addressRemedy = "write an address such as 203.0.113.24 or 2001:db8::42, or a range such as 203.0.113.0/24"

// addresses is a field that holds addresses and ranges of them.
func addresses(name, field string, widget Widget, at func(*audit.Filter) *[]netip.Prefix) Parameter {
	return Parameter{
		Name: name, Field: field, Widget: widget, Blank: true,
		Read: func(f *audit.Filter, texts []string) error {
			var values []netip.Prefix
			var errs []error
			for _, text := range texts {
				if text = strings.TrimSpace(text); text == "" {
					continue
				}
				prefix, err := parseAddress(text)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				values = append(values, prefix)
			}
			*at(f) = values
			return errors.Join(errs...)
		},
		Write: func(f *audit.Filter) []string {
			var texts []string
			for _, prefix := range *at(f) {
				texts = append(texts, formatAddress(prefix))
			}
			return texts
		},
	}
}

// parseAddress reads an address or a range; a range's host bits are cleared.
func parseAddress(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, &Error{text, "not an IP address or range", addressRemedy}
	}
	return plainPrefix(prefix), nil
}

func formatAddress(p netip.Prefix) string {
	p = plainPrefix(p)
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// plainPrefix returns the range in the form that entries' addresses have: a
// range of IPv4 addresses mapped into IPv6 is one of IPv4.
func plainPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}
