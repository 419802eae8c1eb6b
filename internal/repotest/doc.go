// Package repotest has the tests about the repository itself. The documents
// agree with the code, and their programs and snippets compile. Packages import
// each other in one direction only. Texts are in plain English, and every
// module's licence is known.
package repotest
