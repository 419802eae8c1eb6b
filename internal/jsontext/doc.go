// Package jsontext writes and reads the canonical JSON in which values are
// stored, the marks that stand for what is not kept, and the paths of fields.
package jsontext
