# Sourced by setup.sh and bench.sh: finds the PostgreSQL programs, and runs a
# server of their own for them, which is gone when the script ends.
# shellcheck shell=bash

least_postgres=14

# How the server is set up beside that. The tests' data is thrown away, so
# nothing needs to survive a crash.
postgres_settings='
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = 4GB
max_connections = 200
max_locks_per_transaction = 256
'

# find_postgres sets postgres_bin to the folder of initdb, pg_ctl and postgres.
find_postgres() {
	local bin
	if [ -n "${AUDIT_TEST_POSTGRES_BIN:-}" ]; then
		[ -x "$AUDIT_TEST_POSTGRES_BIN/initdb" ] || die "AUDIT_TEST_POSTGRES_BIN is \"$AUDIT_TEST_POSTGRES_BIN\", but there is no initdb in it."
		postgres_bin=$AUDIT_TEST_POSTGRES_BIN
	elif bin=$(command -v initdb); then
		postgres_bin=$(dirname "$(readlink -f "$bin")")
	else
		# Debian keeps them off the PATH, one folder for each version.
		bin=$(find /usr/lib/postgresql/*/bin -name initdb 2>/dev/null | sort -V | tail -n 1)
		[ -n "$bin" ] || return 1
		postgres_bin=$(dirname "$bin")
	fi
	postgres_version=$("$postgres_bin/postgres" -V | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
	[ "$postgres_version" -ge "$least_postgres" ] ||
		die "PostgreSQL $postgres_version in $postgres_bin is too old: install $least_postgres or later, or name one in AUDIT_TEST_DATABASE_URL."
}

# as_postgres runs a command as whom the server runs as: it refuses to be root.
as_postgres() (
	cd "$postgres_dir" || exit
	if is_root; then
		runuser -u "$postgres_user" -- "$@"
	else
		"$@"
	fi
)

# start_postgres starts a server with a fresh cluster on 127.0.0.1, and sets
# AUDIT_TEST_DATABASE_URL.
start_postgres() {
	local password locale port
	postgres_dir=$(mktemp -d "${TMPDIR:-/tmp}/audit-postgres.XXXXXX")
	trap stop_postgres EXIT
	# Without these, the signals would end the shell before its EXIT trap.
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	if is_root; then
		postgres_user=postgres
		id "$postgres_user" >/dev/null 2>&1 || postgres_user=nobody
		chown "$postgres_user" "$postgres_dir"
	fi

	# Other users of the machine can reach the port, and a superuser of the
	# database can run commands: so there is a password.
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	# A linguistic order by default, as most hosts have: a comparison that
	# forgets its COLLATE "C" shows.
	locale=(--locale=C)
	[ "$postgres_version" -lt 15 ] || locale+=(--locale-provider=icu --icu-locale=en-US)
	as_postgres tee password <<<"$password" >/dev/null
	if ! as_postgres "$postgres_bin/initdb" -D data -U postgres --auth=password --pwfile=password \
		--encoding=UTF8 "${locale[@]}" --no-sync >"$postgres_dir/initdb.log" 2>&1; then
		cat "$postgres_dir/initdb.log" >&2
		die "initdb of $postgres_bin failed."
	fi
	as_postgres tee -a data/postgresql.conf >/dev/null <<-CONF
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		$postgres_settings
	CONF

	# The server itself finds out whether a port is free. This range is below
	# the one that outgoing connections get theirs from.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		port=$((20000 + RANDOM % 10000))
		if as_postgres "$postgres_bin/pg_ctl" -D data -l server.log -o "-p $port" -w -t 60 start >/dev/null 2>&1; then
			# shellcheck disable=SC2034 # setup.sh exports it
			AUDIT_TEST_DATABASE_URL="postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable"
			note "PostgreSQL: version $postgres_version from $postgres_bin, on port $port"
			return
		fi
		grep -q 'Address already in use' "$postgres_dir/server.log" || break
	done
	cat "$postgres_dir/server.log" >&2
	die "The PostgreSQL server in $postgres_bin did not start."
}

# stop_postgres runs at exit, whatever the reason. If the server is already
# gone, its last words tell why the tests failed.
stop_postgres() {
	local status=$?
	trap - EXIT INT TERM HUP
	if [ -f "$postgres_dir/data/postmaster.pid" ]; then
		as_postgres "$postgres_bin/pg_ctl" -D data -m immediate -w stop >/dev/null 2>&1 || {
			printf '\nThe PostgreSQL server was gone before the end:\n' >&2
			tail -n 20 "$postgres_dir/server.log" >&2
		}
	fi
	rm -rf "$postgres_dir"
	exit "$status"
}
