package audit

import (
	"maps"
	"slices"

	"github.com/auditkeep/audit/internal/diff"
	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// An entry's metadata is the host's, and the library adds two keys:
// "ip_note", and "$audit" with what a column could not hold as it was given:
//
//	{"$audit":{"object_id":"the whole of a long ID","comment":{"$audit":"cut","bytes":9000}}}
//
// A host's key $audit is kept as $$audit, as in values.

// ipNoteKey is the metadata's key for Request.IPNote.
const ipNoteKey = "ip_note"

// baseMetadata returns the metadata of an event that has none.
func baseMetadata(ipNote string, altered []alteration) Value {
	altered = fitText(altered, ipNoteKey, &ipNote, stored.UserAgent)
	if ipNote == "" && len(altered) == 0 {
		return Value{}
	}
	m := metadata{}
	if ipNote != "" {
		m[ipNoteKey] = Value{json: string(jsontext.AppendText(nil, ipNote))}
	}
	return m.value(altered)
}

// metadata returns the host's metadata, merged over what the request brought.
// It is bounded like the changes: beyond the limit, values are cut, and then
// keys are only counted.
func (l *Log) metadata(base Value, altered []alteration, more map[string]any) (Value, error) {
	m := metadata{}
	if err := base.Decode(&m); err != nil {
		return Value{}, err
	}
	altered = append(m[jsontext.MarkKey].alterations(), altered...)
	fields, omitted, err := l.engine.Fields(more)
	if err != nil {
		return Value{}, invalidEvent("Metadata", "", err.Error(), "mend the value's methods")
	}
	for _, f := range fields {
		m[f.Key] = Value{json: f.JSON}
	}
	if omitted > 0 {
		key := diff.Omitted
		for _, taken := m[key]; taken; _, taken = m[key] {
			key += diff.Omitted
		}
		m[key] = Value{json: string(jsontext.AppendCut(nil, "items", omitted, "", 0))}
	}
	return m.value(altered), nil
}

// metadata is an entry's metadata, by key.
type metadata map[string]Value

// value returns it in canonical JSON.
func (m metadata) value(altered []alteration) Value {
	delete(m, jsontext.MarkKey)
	if len(altered) > 0 {
		columns := metadata{}
		for _, a := range altered {
			columns[a.column] = a.kept
		}
		m[jsontext.MarkKey] = columns.value(nil)
	}
	buf := []byte{'{'}
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(jsontext.AppendString(buf, key), ':')
		buf = append(buf, m[key].json...)
	}
	return Value{json: string(append(buf, '}'))}
}

// alterations reads what the metadata holds under $audit.
func (v Value) alterations() (altered []alteration) {
	var columns metadata
	if v.Kind() != KindMap || v.Decode(&columns) != nil {
		return nil
	}
	for column, kept := range columns {
		altered = append(altered, alteration{column, kept})
	}
	return altered
}
