# Sourced by setup.sh and bench.sh: finds PostgreSQL's programs, and runs
# servers that are gone when the script ends.
# shellcheck shell=bash

least_postgres=14

# How a server is set up, beside its address. The tests' data is thrown away, so
# nothing needs to survive a crash.
postgres_settings='
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = 4GB
max_connections = 200
max_locks_per_transaction = 256
'

# The data folders of the servers that run, each with the folder of its
# programs.
declare -A running_postgres=()

# find_postgres sets postgres_bin to the folder of initdb, pg_ctl and postgres.
find_postgres() {
	local bin version
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
	version=$(postgres_major "$postgres_bin")
	[ "$version" -ge "$least_postgres" ] ||
		die "PostgreSQL $version in $postgres_bin is too old: install $least_postgres or later, or name one in AUDIT_TEST_DATABASE_URL."
}

# postgres_major prints the major version of the programs in a folder.
postgres_major() { "$1/postgres" -V | sed -E 's/^[^0-9]*([0-9]+).*/\1/'; }

# usual_locale prints the locale that the programs in a folder run the tests
# with: a linguistic order, as most hosts have, so that a comparison that forgets
# its COLLATE "C" shows. Version 14 has none that is on every machine.
usual_locale() {
	if [ "$(postgres_major "$1")" -lt 15 ]; then echo c; else echo icu; fi
}

locale_name() { if [ "$1" = c ]; then echo "locale C"; else echo ICU; fi; }

# as_postgres runs a command in a server's folder, as whom the server runs as:
# it refuses to be root.
as_postgres() (
	cd "$1" || exit
	shift
	if is_root; then
		runuser -u "$(postgres_user)" -- "$@"
	else
		"$@"
	fi
)

postgres_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

# start_postgres starts a server of the programs in a folder, with a fresh
# cluster, on 127.0.0.1. Its locale is c or icu. It sets postgres_dir, by which
# stop_postgres stops it, and postgres_url.
start_postgres() {
	local bin=$1 locale=$2 dir password options port
	dir=$(mktemp -d "${TMPDIR:-/tmp}/audit-postgres.XXXXXX")
	running_postgres[$dir]=$bin
	! is_root || chown "$(postgres_user)" "$dir"

	# Other users of the machine can reach the port, and a superuser of the
	# database can run commands: so there is a password.
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	options=(--locale=C)
	[ "$locale" = c ] || options+=(--locale-provider=icu --icu-locale=en-US)
	as_postgres "$dir" tee password <<<"$password" >/dev/null
	if ! as_postgres "$dir" "$bin/initdb" -D data -U postgres --auth=password --pwfile=password \
		--encoding=UTF8 "${options[@]}" --no-sync >"$dir/initdb.log" 2>&1; then
		cat "$dir/initdb.log" >&2
		die "initdb of $bin failed."
	fi
	as_postgres "$dir" tee -a data/postgresql.conf >/dev/null <<-CONF
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		$postgres_settings
	CONF

	# The server itself finds out whether a port is free. This range is below
	# the one that outgoing connections get theirs from.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		port=$((20000 + RANDOM % 10000))
		if as_postgres "$dir" "$bin/pg_ctl" -D data -l server.log -o "-p $port" -w -t 60 start >/dev/null 2>&1; then
			# shellcheck disable=SC2034 # for the caller
			postgres_dir=$dir postgres_url="postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable"
			note "PostgreSQL: version $("$bin/postgres" -V | sed -E 's/^[^0-9]*([0-9.]+).*/\1/'), $(locale_name "$locale"), from $bin, on port $port"
			return
		fi
		grep -q 'Address already in use' "$dir/server.log" || break
	done
	cat "$dir/server.log" >&2
	die "The PostgreSQL server in $bin did not start."
}

# stop_postgres stops a server. If it is already gone, its last words say why
# the tests failed.
stop_postgres() {
	local dir=$1
	if [ -f "$dir/data/postmaster.pid" ]; then
		as_postgres "$dir" "${running_postgres[$dir]}/pg_ctl" -D data -m immediate -w stop >/dev/null 2>&1 || {
			printf '\nThe PostgreSQL server was gone before the end:\n' >&2
			tail -n 20 "$dir/server.log" >&2
		}
	fi
	rm -rf "$dir"
	unset "running_postgres[$dir]"
}

# clean_up runs at exit, whatever the reason.
clean_up() {
	local status=$? dir
	trap - EXIT INT TERM HUP
	for dir in "${!running_postgres[@]}"; do stop_postgres "$dir"; done
	rm -rf "${unpacking:-}" "${tests_log:-}"
	exit "$status"
}
trap clean_up EXIT
# Without these, the signals would end the shell before its EXIT trap.
trap 'exit 130' INT
trap 'exit 143' TERM HUP
