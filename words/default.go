package words

import "reflect"

// WithDefaults returns a copy in which words that are left empty are English.
// Maps keep the English words that they do not have. nil is all of English.
func (c *Catalogue) WithDefaults() *Catalogue {
	english := English()
	if c == nil {
		return english
	}
	out := *c
	fillIn(reflect.ValueOf(&out).Elem(), reflect.ValueOf(english).Elem())
	return &out
}

// fillIn sets what is empty. A plural is one word: its forms are not mixed.
func fillIn(given, preset reflect.Value) {
	switch {
	case given.Kind() == reflect.Struct && given.Type() != reflect.TypeFor[Plural]():
		for i := range given.NumField() {
			fillIn(given.Field(i), preset.Field(i))
		}
	case given.Kind() == reflect.Map:
		merged := reflect.MakeMap(given.Type())
		for _, words := range []reflect.Value{preset, given} {
			for _, key := range words.MapKeys() {
				merged.SetMapIndex(key, words.MapIndex(key))
			}
		}
		given.Set(merged)
	case given.IsZero():
		given.Set(preset)
	}
}
