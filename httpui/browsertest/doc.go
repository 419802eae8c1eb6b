// Package browsertest drives the page in a real browser. It is a separate
// module, so that no importer of the library ever sees the driver.
package browsertest
