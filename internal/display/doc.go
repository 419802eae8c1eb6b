// Package display holds what the page and the exports share about showing
// entries to people.
package display
