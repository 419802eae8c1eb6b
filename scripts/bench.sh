#!/usr/bin/env bash Runs bench/, with this script's arguments, on its own
# PostgreSQL server, which keeps what it commits as a host's would. Its data
# goes into TMPDIR.
#
#   AUDIT_BENCH_DATABASE_URL  instead: a superuser's URL of a server that has
#                             nothing else to do
#   AUDIT_TEST_POSTGRES_BIN   which of several installed servers
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. scripts/postgres.sh

postgres_settings='
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 1GB
maintenance_work_mem = 512MB
# Checkpoints of the load are not to fall into what is measured.
max_wal_size = 8GB
checkpoint_timeout = 1h
max_connections = 100
max_locks_per_transaction = 256
'

section "Setting up"
if [ -z "${AUDIT_BENCH_DATABASE_URL:-}" ]; then
	if ! find_postgres; then
		if ! is_root || ! command -v apt-get >/dev/null; then
			die "A PostgreSQL server is missing. Install it, or name one in AUDIT_BENCH_DATABASE_URL."
		fi
		note "Installing postgresql"
		apt_get update
		apt_get install --no-install-recommends postgresql
		find_postgres || die "The PostgreSQL server is still missing after its installation."
	fi
	start_postgres "$postgres_bin" "$(usual_locale "$postgres_bin")"
	export AUDIT_BENCH_DATABASE_URL=$postgres_url
else
	note "PostgreSQL: the server of AUDIT_BENCH_DATABASE_URL"
fi
tags=()
if [ "$(go env CGO_ENABLED)" = 1 ] && have_compiler; then
	tags=(-tags csqlite)
else
	note "There is no C compiler: SQLite's C engine is left out."
fi
note "Building"
go -C bench build "${tags[@]}" -o ../bin/bench .
bin/bench "$@"
