// Package repotest holds the tests about the repository itself: that the
// documents agree with the code, that the programs and snippets they show
// compile, that the packages import each other in one direction only, and that
// every module's licence is known. It has only tests.
package repotest
