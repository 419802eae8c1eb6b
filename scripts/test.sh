#!/usr/bin/env bash
# Sets up what is missing, checks formatting and lint, and runs all tests in
# every module of the tree, on the newest PostgreSQL; most of what depends on its
# version also on the oldest.
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
raced=(. ./audittest ./internal/faults ./middleware ./sqlite/...)
# The packages with many tests, few of which have goroutines. All of their tests
# run without the detector, which takes five to ten times the CPU time, and those
# that have goroutines with it.
raced_in_part=(./httpui ./postgres)
# SQLite's engine, translated from C, is left out: with it, the tests on SQLite
# took more than four times the CPU time. Its driver is raced.
race=(-race '-gcflags=modernc.org/sqlite/lib=-race=false' '-gcflags=modernc.org/libc/...=-race=false')

# tests_with_goroutines prints a pattern for the tests in a folder that start
# goroutines, use what is for them or serve over a socket, and the part of the
# conformance tests that does.
tests_with_goroutines() {
	awk '
		/^func (Test|Fuzz)[A-Za-z0-9_]*\(/ { name = $2; sub(/\(.*/, "", name) }
		/^}/ { name = "" }
		name != "" && /go func|\.Go\(|sync\.|atomic\.|errgroup|NewServer|newWire/ { print name }
	' "$1"/*_test.go | sort -u | paste -s -d '|' | sed 's,.*,^(&)$|^TestConformance$/^cache_statement$/^Concurrency$,'
}

test_root() {
	local package others failed=0
	mapfile -t others < <(comm -13 <(go list "${raced[@]}" | sort) <(go list ./... | sort))
	run_tests "${others[@]}" || failed=1
	run_tests "${race[@]}" "${raced[@]}" || failed=1
	for package in "${raced_in_part[@]}"; do
		run_tests "${race[@]}" -run "$(tests_with_goroutines "$package")" "$package" || failed=1
	done
	return "$failed"
}

test_module() { [ "$PWD" = "$root" ] || run_tests ./...; }

failed=0
section "go test, with -race where there are goroutines"
test_root || failed=1

# The other modules wait for the browser and the compiler much of the time, so
# the oldest version has the rest of it.
oldest=
if [ -z "$only" ] && start_major "$oldest_major" c; then
	oldest_log=$(mktemp)
	(tests_log=$oldest_log && run_short_set "$not_on_oldest") >/dev/null 2>>"$oldest_log" &
	oldest=$!
fi
each_module test_module || failed=1
section "The same in ./tools"
(cd tools && run_tests ./...) </dev/null || failed=1
ran=("$main_server: all tests" "${ran[@]}")
if [ -n "$oldest" ]; then
	section "The same on PostgreSQL $oldest_major"
	wait "$oldest" || failed=1
	cat "$oldest_log"
	{ echo "server on $oldest_major" && cat "$oldest_log"; } >>"$tests_log"
	rm "$oldest_log"
	stop_postgres "$major_dir"
fi
report_slowest
report_majors
exit "$failed"
