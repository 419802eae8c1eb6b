# Sourced by test.sh and test-long.sh: sets up what the tests need beside Go,
# starts a PostgreSQL server of their own, and exports where to find it all:
#
#   AUDIT_TEST_DATABASE_URL  a superuser's URL; given from outside, it is used as it is
#   AUDIT_TEST_CHROMIUM      the browser; likewise
#   AUDIT_TEST_REQUIRE=1     a missing part is a failure, not a skipped test
#
# AUDIT_TEST_POSTGRES_BIN chooses one of several installed servers by the
# folder of its initdb.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. scripts/postgres.sh

find_chromium() {
	local name
	[ -n "${AUDIT_TEST_CHROMIUM:-}" ] && return
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		AUDIT_TEST_CHROMIUM=$(command -v "$name") && return
	done
	return 1
}

# install_missing installs what is missing as Debian packages, or says which.
install_missing() {
	local packages=() missing=()
	have_compiler || { missing+=("a C compiler, for go test -race"); packages+=(gcc libc6-dev); }
	[ -n "${AUDIT_TEST_DATABASE_URL:-}" ] || find_postgres || { missing+=("a PostgreSQL server"); packages+=(postgresql); }
	command -v psql >/dev/null || { missing+=("psql, PostgreSQL's client"); packages+=(postgresql-client); }
	find_chromium || { missing+=("Chromium"); packages+=(chromium fonts-liberation); }
	if [ "${AUDIT_TEST_LONG:-}" = 1 ]; then # what opens the exports
		command -v soffice >/dev/null || { missing+=("LibreOffice Calc"); packages+=(libreoffice-calc); }
		command -v pdftotext >/dev/null || { missing+=("poppler's tools"); packages+=(poppler-utils); }
		command -v python3 >/dev/null || { missing+=("Python"); packages+=(python3); }
	fi
	[ "${#packages[@]}" -gt 0 ] || return 0

	printf 'Missing: %s\n' "${missing[@]}"
	if ! is_root || ! command -v apt-get >/dev/null; then
		die "Install it, on Debian and Ubuntu with:

    apt-get install ${packages[*]}

or run this as root there, and it is done for you. Instead of a PostgreSQL
server of your own, AUDIT_TEST_DATABASE_URL may name one that the tests can
have to themselves (as a superuser); AUDIT_TEST_CHROMIUM may name any Chrome."
	fi
	note "Installing ${packages[*]}"
	apt_get update
	apt_get install --no-install-recommends "${packages[@]}"
}

section "Setting up"
install_missing
find_chromium || die "Chromium is still missing after its installation."
if [ -z "${AUDIT_TEST_DATABASE_URL:-}" ]; then
	find_postgres || die "The PostgreSQL server is still missing after its installation."
	start_postgres
else
	note "PostgreSQL: the server of AUDIT_TEST_DATABASE_URL"
fi
note "Browser:    $AUDIT_TEST_CHROMIUM"
note "Go:         $(go version)"
export AUDIT_TEST_DATABASE_URL AUDIT_TEST_CHROMIUM AUDIT_TEST_REQUIRE=1
