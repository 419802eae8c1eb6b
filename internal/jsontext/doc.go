// Package jsontext writes and reads the canonical JSON in which values are
// stored. It also has the marks for what is not kept, and the paths of fields.
package jsontext
