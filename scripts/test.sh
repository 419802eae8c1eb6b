#!/usr/bin/env bash
# Sets up what is missing, checks formatting and lint, and runs all tests in
# every module of the tree, on the newest PostgreSQL; what depends on its version
# also on the oldest.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
. scripts/majors.sh

only=
! is_given || only=1
start_main

scripts/lint.sh

# The packages with goroutines of their own, or that goroutines of hosts share.
# Elsewhere the race detector would only cost time, and compile all that the
# packages need once more.
raced=(. ./audittest ./export/... ./httpui/... ./internal/faults ./middleware ./postgres/... ./sqlite/...)
# SQLite's engine, translated from C, is left out: with it, the tests on SQLite
# took more than four times the CPU time. Its driver is raced.
race=(-race '-gcflags=modernc.org/sqlite/lib=-race=false' '-gcflags=modernc.org/libc/...=-race=false')

test_module() {
	local others failed=0
	if [ "$PWD" != "$root" ]; then
		run_tests ./...
		return
	fi
	run_tests "${race[@]}" "${raced[@]}" || failed=1
	mapfile -t others < <(comm -13 <(go list "${raced[@]}" | sort) <(go list ./... | sort))
	run_tests "${others[@]}" || failed=1
	return "$failed"
}

failed=0
section "go test, with -race where there are goroutines"
each_module test_module || failed=1
section "The same in ./tools"
(cd tools && run_tests ./...) </dev/null || failed=1
ran+=("$main_server: all tests")
[ -n "$only" ] || test_major "$oldest_major" c || failed=1
report_slowest
report_majors
exit "$failed"
