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

# The packages that start goroutines, or that goroutines of hosts share. In
# other packages the race detector would only cost time, and compile all
# dependencies once more.
raced=(./internal/faults ./middleware)
# The packages with many tests, few of which have goroutines. All of their tests
# run without the detector, which takes five to ten times the CPU time, and those
# that have goroutines with it.
raced_in_part=(. ./audittest ./httpui ./postgres ./sqlite)
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
		name != "" && /go func|\.Go\(|sync\.|atomic\.|errgroup|NewServer|newWire|NewBuffer/ { print name }
	' "$1"/*_test.go | sort -u | paste -s -d '|' | sed 's,.*,^(&)$|^TestConformance$/^Concurrency$|^TestConformance$/^cache_statement$/^Concurrency$,'
}

# Tests wait for the database much of the time, so more of them run at once than
# there are processors.
at_once=(-parallel "$((2 * $(nproc)))")

test_raced() {
	local package pattern failed=0
	run_tests "${race[@]}" "${at_once[@]}" "${raced[@]}" || failed=1
	pattern=$(for package in "${raced_in_part[@]}"; do tests_with_goroutines "$package"; done | paste -s -d '|')
	run_tests "${race[@]}" "${at_once[@]}" -run "$pattern" "${raced_in_part[@]}" || failed=1
	return "$failed"
}

lint() { scripts/lint.sh | tee -a "$tests_log"; }

# The root's other tests have run by then.
test_module() { [ "$PWD" = "$root" ] || run_tests ./...; }

# beside runs a command beside what follows, under a title, until await is called
# for it. Compilers, servers and the browser keep each other waiting, so that three
# things at once take two thirds of the time.
declare -A beside_logs=()
beside() {
	local title=$1 log
	shift
	log=$(mktemp)
	(tests_log=$log && "$@") >/dev/null 2>>"$log" &
	beside_logs[$!]="$log $title"
}

# await waits for all that beside runs, and prints it.
await() {
	local job log title failed=0
	for job in "${!beside_logs[@]}"; do
		read -r log title <<<"${beside_logs[$job]}"
		wait "$job" || failed=1
		section "$title"
		cat "$log"
		{ echo "server $title" && cat "$log" && echo "server "; } >>"$tests_log"
		rm "$log"
	done
	beside_logs=()
	return "$failed"
}

failed=0
beside "lint" lint
section "go test"
mapfile -t others < <(comm -13 <(go list "${raced[@]}" | sort) <(go list ./... | sort))
run_tests "${at_once[@]}" -skip "$only_in_majors" "${others[@]}" || failed=1
await || failed=1

beside "with -race" test_raced
if [ -z "$only" ] && start_major "$oldest_major" c; then
	beside "on $oldest_major" run_short_set "$not_on_oldest"
fi
each_module test_module || failed=1
section "The same in ./tools"
(cd tools && run_tests ./...) </dev/null || failed=1
await || failed=1
[ -z "${major_dir:-}" ] || stop_postgres "$major_dir"
ran=("$main_server: all tests" "${ran[@]}")
report_slowest
report_majors
exit "$failed"
