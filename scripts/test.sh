#!/usr/bin/env bash
# Sets up what is missing, checks formatting and lint, and runs all tests with
# the race detector, in every module of the tree.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

scripts/lint.sh

# The race detector would compile whole frameworks once more for the adapters,
# which share no memory but through the library.
test_module() {
	case $PWD in
	"$root"/contrib/*) go test ./... ;;
	*) go test -race ./... ;;
	esac
}

section "go test -race ./..., without -race in contrib"
each_module test_module
