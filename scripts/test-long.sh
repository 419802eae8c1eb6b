#!/usr/bin/env bash
# Runs what takes too long for every change: the tests that ask for
# AUDIT_TEST_LONG=1, some of which open the exports in other programs, and every
# fuzz target for a while.
set -euo pipefail
export AUDIT_TEST_LONG=1
. "$(dirname "$0")/setup.sh"
start_main

# The packages with such tests, each in its module.
test_module() {
	local folder packages=()
	for folder in $(go list -f '{{.Dir}}' ./...); do
		if grep -qs AUDIT_TEST_LONG "$folder"/*_test.go; then packages+=("$folder"); fi
	done
	[ "${#packages[@]}" -eq 0 ] || run_tests -count=1 "${packages[@]}"
}

section "go test with AUDIT_TEST_LONG=1"
failed=0
each_module test_module || failed=1
report_slowest

scripts/fuzz.sh || failed=1
exit "$failed"
