#!/usr/bin/env bash
# Runs the short set of scripts/majors.sh on the major versions of PostgreSQL,
# and in the locales, that its arguments name (15/icu); by default what make test
# leaves out. With the argument "given" it runs on the server of
# AUDIT_TEST_DATABASE_URL.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
. scripts/majors.sh

if [ "${1:-}" = given ]; then
	[ -n "${AUDIT_TEST_DATABASE_URL:-}" ] || die "Name a server in AUDIT_TEST_DATABASE_URL."
	major_url=$AUDIT_TEST_DATABASE_URL
	run_short_set
	exit
fi
if is_given; then
	note "Not run: AUDIT_TEST_DATABASE_URL or AUDIT_TEST_POSTGRES_BIN names the only server to use."
	exit 0
fi
failed=0
if [ "$#" -eq 0 ]; then
	set -- 15/icu 16/c 17/icu 18/c
	if start_major "$oldest_major" c; then
		AUDIT_TEST_DATABASE_URL=$major_url run_tests -run "$not_on_oldest" ./postgres || failed=1
		stop_postgres "$major_dir"
	fi
fi
for each; do
	test_major "${each%/*}" "${each#*/}" || failed=1
done
report_slowest
report_majors
exit "$failed"
