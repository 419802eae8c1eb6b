# Sourced by the other scripts: what all of them share.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# A fresh machine has Go where its installer puts it, and root's tools outside
# of the PATH that "su" gives.
PATH=$PATH:/usr/local/go/bin:/usr/sbin:/sbin

# Tests need no version control stamp, and stamping fails where the checkout
# belongs to another user.
export GOFLAGS="${GOFLAGS:-} -buildvcs=false"

section() { printf '\n== %s ==\n' "$*"; }

note() { printf '%s\n' "$*"; }

die() {
	printf '\n%s\n' "$*" >&2
	exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# tool runs one of the pinned tools of tools/go.mod.
tool() { go tool -modfile="$root/tools/go.mod" "$@"; }

# Cgo, which the race detector needs, takes a compiler and libc's headers.
have_compiler() { echo '#include <stdlib.h>' | "$(go env CC)" -E - >/dev/null 2>&1; }

# apt_get runs apt-get, quietly unless it fails. On a machine that has just been
# started, unattended upgrades may hold the lock for a while.
apt_get() {
	local log
	log=$(mktemp)
	if ! DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		die "apt-get $1 failed."
	fi
	rm -f "$log"
}

# modules prints the folder of every module in the tree, the library's first. It
# leaves out tools/.
modules() {
	find . -name go.mod -not -path './tools/*' -not -path '*/testdata/*' -not -path '*/node_modules/*' -printf '%h\n' | sort
}

# each_module runs a command in every module; it fails if one of them failed,
# but only after all of them have run.
each_module() {
	local module failed=0
	while read -r module; do
		[ "$module" = . ] || section "The same in $module"
		(cd "$module" && "$@") </dev/null || failed=1
	done < <(modules)
	return "$failed"
}

# run_tests runs go test, and keeps what it prints for report_slowest. lint.sh
# runs go vet.
run_tests() { go test -vet=off -timeout 30m "$@" | tee -a "$tests_log"; }

# report_slowest prints the ten packages that took longest. Several run at a
# time, so the sum is more than the whole.
report_slowest() {
	section "The slowest packages"
	awk -F '\t' '
		/^server / { server = substr($0, 7) }
		/^(ok  |FAIL)\t/ && $3 ~ /^[0-9.]+s$/ { printf "%8.1f s  %s%s\n", $3, $2, server }
	' "$tests_log" | sort -rn | head -n 10
}

command -v go >/dev/null || die "Go is missing. Install it from https://go.dev/dl/ (the version is in go.mod)."
