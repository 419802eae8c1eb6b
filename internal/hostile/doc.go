// Package hostile holds only tests: secrets and bad inputs that go through
// recording into both stores, and out again through every page and file.
//
//	AUDIT_TEST_LONG=1  10,000 of each instead of a sample
package hostile
