#!/usr/bin/env bash
# Runs what takes too long for every change: the tests that ask for
# AUDIT_TEST_LONG=1, some of which open the exports in other programs, and every
# fuzz target for a while.
set -euo pipefail
export AUDIT_TEST_LONG=1
. "$(dirname "$0")/setup.sh"

section "go test -count=1 ./... with AUDIT_TEST_LONG=1"
failed=0
each_module go test -count=1 -timeout 30m ./... || failed=1

scripts/fuzz.sh || failed=1
exit "$failed"
