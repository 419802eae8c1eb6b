#!/usr/bin/env bash
# Sets up what is missing, checks formatting and lint, and runs all tests with
# the race detector, in every module of the tree.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

scripts/lint.sh

section "go test -race ./..."
each_module go test -race ./...
