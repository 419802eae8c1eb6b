package diff

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// fieldTag has what a struct field's tags say.
type fieldTag struct {
	name   string // "" if no tag names the field
	audit  bool   // an audit tag is there
	column bool   // an audit or db tag is there, so the field is not an association
	skip   bool   // audit:"-"
	id     bool   // audit:",id"
	redact bool   // audit:",redact"
	plain  bool   // audit:",plain": recorded although its name looks like a secret

	immutable bool // audit:",immutable": both sides may share it

	parent     bool   // audit:",parent": it holds the ID of the object's parent
	parentType string // audit:",parent=order": of that type; "" if its name says so
}

// parseTag reads the tag audit:"name,option,…" in the manner of encoding/json
// (the tag "-" leaves the field out, and "-," names it "-"). If it has no name, the
// db tag gives the name.
func parseTag(tag reflect.StructTag) (fieldTag, error) {
	text, ok := tag.Lookup("audit")
	db, _, _ := strings.Cut(tag.Get("db"), ",")
	if db == "-" {
		db = ""
	}
	if !ok {
		return fieldTag{name: db, column: db != ""}, nil
	}
	if text == "-" {
		return fieldTag{skip: true}, nil
	}
	name, options, _ := strings.Cut(text, ",")
	t := fieldTag{name: name, audit: true, column: true}
	if name == "" {
		t.name = db
	}
	if problem := stored.Problem(name, jsontext.MaxPath); problem != "" {
		return fieldTag{}, fmt.Errorf("the name in audit:%q is %s", text, problem)
	}
	for option := range strings.SplitSeq(options, ",") {
		option, given, hasValue := strings.Cut(option, "=")
		if hasValue && option != "parent" {
			option += "=" + given // unknown
		}
		switch option {
		case "id":
			t.id = true
		case "redact":
			t.redact = true
		case "plain":
			t.plain = true
		case "immutable":
			t.immutable = true
		case "parent":
			if err := t.setParent(given, hasValue); err != nil {
				return fieldTag{}, fmt.Errorf("audit:%q %w", text, err)
			}
		case "":
		default:
			return fieldTag{}, fmt.Errorf("audit:%q has the unknown option %q; the options are id, redact, plain, immutable, parent and parent=TYPE", text, option)
		}
	}
	if t.redact && t.plain {
		return fieldTag{}, fmt.Errorf("audit:%q is both redact and plain; choose one", text)
	}
	return t, nil
}
