// Package kinds has the Go types of the example's fields.
package kinds

import (
	"database/sql/driver"
	"fmt"
)

// Item is a value within a JSON column. That it has an ID makes it no record.
type Item struct {
	ID  int `json:"id"`
	Qty int `json:"qty"`
}

// Size has no ID.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height,omitempty"`
}

// Profile has a field that is redacted by its tag.
type Profile struct {
	City string `json:"city"`
	SSN  string `json:"ssn" audit:",redact"`
}

// Level is stored as a text.
type Level int

// Levels.
const (
	Low Level = iota
	High
)

// Values implements field.EnumValues.
func (Level) Values() []string { return []string{"LOW", "HIGH"} }

// String returns the text that is stored.
func (l Level) String() string { return Level(0).Values()[l] }

// Value implements driver.Valuer.
func (l Level) Value() (driver.Value, error) { return l.String(), nil }

// Scan implements sql.Scanner.
func (l *Level) Scan(v any) error {
	if v == nil {
		return nil
	}
	text := fmt.Sprint(v)
	if b, ok := v.([]byte); ok {
		text = string(b)
	}
	for i, known := range l.Values() {
		if text == known {
			*l = Level(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a level", text)
}

// Rot13 is how the example encrypts.
func Rot13(text string) string {
	b := []byte(text)
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			b[i] = 'a' + (c-'a'+13)%26
		case c >= 'A' && c <= 'Z':
			b[i] = 'A' + (c-'A'+13)%26
		}
	}
	return string(b)
}
