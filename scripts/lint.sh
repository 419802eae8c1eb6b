#!/usr/bin/env bash
# Checks what needs no test to run: the formatting, go vet and staticcheck.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

check_format() {
	local unformatted
	unformatted=$(tool gofumpt -l .)
	[ -z "$unformatted" ] || die "Not formatted as gofumpt does it:

$unformatted

Run make fmt."
}

section "gofumpt"
check_format
section "go vet"
each_module go vet ./...
section "staticcheck"
each_module tool staticcheck ./...
