#!/usr/bin/env bash
# Sets up what is missing, checks formatting and lint, and runs all tests with
# the race detector, in every module of the tree, on the newest PostgreSQL; what
# depends on its version also on the oldest.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
. scripts/majors.sh

given=0
! is_given || given=1
start_main

scripts/lint.sh

# The race detector would compile whole frameworks once more for the adapters,
# which share no memory but through the library.
test_module() {
	case $PWD in
	"$root"/contrib/*) go test ./... ;;
	*) go test -race ./... ;;
	esac
}

failed=0
section "go test -race ./..., without -race in contrib"
each_module test_module || failed=1
ran+=("$main_server: all tests")
if [ "$given" = 0 ]; then
	test_major "$oldest_major" c || failed=1
fi
report_majors
exit "$failed"
