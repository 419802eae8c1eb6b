// Package browsertest drives the page in a real browser. It is a module of its
// own, so that no importer of the library ever sees the driver.
package browsertest
