#!/usr/bin/env bash
# Looks in Go's vulnerability database for what the library's dependencies are
# known for, in every module. It needs the network, so it is no part of make
# test; where the database cannot be reached it says so, and fails only with
# AUDIT_TEST_REQUIRE=1.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# 3 is what govulncheck ends with where it has found something.
check() {
	local status=0
	tool govulncheck -test ./... >"$log" 2>&1 || status=$?
	case $status in
	0) cat "$log" ;;
	3) cat "$log"; return 1 ;;
	*)
		cat "$log" >&2
		grep -q 'fetching vulnerabilities' "$log" || return 1
		note "Not checked: the vulnerability database cannot be reached."
		[ "${AUDIT_TEST_REQUIRE:-}" != 1 ]
		;;
	esac
}

section "govulncheck"
each_module check
