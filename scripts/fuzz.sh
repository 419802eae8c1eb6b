#!/usr/bin/env bash
# Runs every fuzz target in the tree, one after the other.
#
#   FUZZTIME     how long each runs; default 20s
#   FUZZ_BUDGET  instead: seconds for all of them, shared out evenly
set -euo pipefail
. "$(dirname "$0")/lib.sh"

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# targets prints "folder name" for each.
targets() {
	grep -rEo --include='*_test.go' '^func Fuzz\w*\(\w+ \*testing\.F\)' . |
		sed -E 's|^(.*)/[^/]*:func (\w+)\(.*|\1 \2|' | sort
}

# fuzz runs one target. Its progress is kept back unless it fails.
fuzz() {
	local folder=$1 name=$2
	printf '%-40s %s\n' "$folder" "$name"
	(cd "$folder" && go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 5s .) </dev/null >"$log" 2>&1 && return
	# When the time is up, Go before 1.27 sometimes fails with just these
	# words, and nothing found (https://go.dev/issue/75804).
	if grep -q '^ *context deadline exceeded$' "$log" && ! grep -qE 'Failing input written|panic:|hung or terminated' "$log"; then
		return
	fi
	cat "$log"
	return 1
}

mapfile -t all < <(targets)
[ "${#all[@]}" -gt 0 ] || die "No fuzz target was found."
time=${FUZZTIME:-20s}
if [ -z "${FUZZTIME:-}" ] && [ -n "${FUZZ_BUDGET:-}" ]; then
	time=$((FUZZ_BUDGET / ${#all[@]}))
	[ "$time" -ge 2 ] || time=2
	time=${time}s
fi

section "Fuzzing ${#all[@]} targets for $time each"
failed=()
for target in "${all[@]}"; do
	# shellcheck disable=SC2086 # the two words are two arguments
	fuzz $target || failed+=("$target")
done
[ "${#failed[@]}" -eq 0 ] || die "Fuzzing failed:
$(printf '  %s\n' "${failed[@]}")"
