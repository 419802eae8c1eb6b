#!/usr/bin/env bash
# Runs the short set of scripts/majors.sh on the major versions of PostgreSQL,
# and in the locales, that its arguments name (15/icu); by default on all those
# but 18 in ICU, on which make test runs everything.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
. scripts/majors.sh

if is_given; then
	note "Not run: AUDIT_TEST_DATABASE_URL or AUDIT_TEST_POSTGRES_BIN names the only server to use."
	exit 0
fi
[ "$#" -gt 0 ] || set -- 14/c 15/icu 16/c 17/icu 18/c
failed=0
for each; do
	test_major "${each%/*}" "${each#*/}" || failed=1
done
report_slowest
report_majors
exit "$failed"
