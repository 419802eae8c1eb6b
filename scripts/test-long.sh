#!/usr/bin/env bash
# Runs what takes too long for every change: the tests that ask for
# AUDIT_TEST_LONG=1, some of which open the exports in other programs, and every
# fuzz target for a while.
set -euo pipefail
export AUDIT_TEST_LONG=1
. "$(dirname "$0")/setup.sh"
start_main

mapfile -t packages < <(grep -rl --include='*_test.go' AUDIT_TEST_LONG . | xargs dirname | sort -u)
section "go test with AUDIT_TEST_LONG=1 in ${packages[*]}"
failed=0
go test -count=1 -timeout 30m "${packages[@]}" || failed=1

scripts/fuzz.sh || failed=1
exit "$failed"
