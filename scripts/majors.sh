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

# What takes longest of all: every type of key, each with a table. test-majors.sh
# runs it on each version, the newest included.
only_in_majors='^TestWatchEveryKey$'

# What takes longest besides. On the oldest version test-majors.sh runs it, and make test
# the rest.
not_on_oldest="$only_in_majors"
not_on_oldest+='|^TestConformance(SQL|OfNewSQL|InMonths|WithSchema)$|^TestConformance$/^(cache_describe|describe_exec|exec)$'
not_on_oldest+='|InEveryMode$|^Fuzz|^TestPagesOfSearches$|^TestPagesDoNotReadTheHistory$|^TestPlansOfReads$'
not_on_oldest+='|^TestCheckFindsTamperings$|^TestCheckIsSilentAboutALogInUse$|^TestWatch(EveryType|Values|RunsNobodysFunctions|OddTables)$|^TestMonthsBesideRewriting$|^TestQueueOfManyLargeEntries$|^TestExpireGivesUp$'

# What ran on which server, for the end.
ran=()

# start_major starts a server of a major version, in a locale. It sets major_dir,
# by which stop_postgres stops it, and major_url. Without a server of that version
# it says so, and is false.
start_major() {
	local major=$1 locale=$2
	section "PostgreSQL $major, $(locale_name "$locale"): migrations, conformance, plans, capture"
	if ! fetch_server "$major"; then
		note "Not run: there is no server of version $major for this machine, no npm, or no network."
		return 1
	fi
	start_postgres "$server_bin" "$locale"
	major_dir=$postgres_dir major_url=$postgres_url
	ran+=("$major, $(locale_name "$locale"): migrations, conformance, plans, capture")
}

# run_short_set runs the short set on the server of start_major, without the
# tests that its argument is a pattern of.
run_short_set() {
	local skip=${1:-} module package pattern failed=0
	while read -r module package pattern; do
		[ -n "$module" ] || continue
		# Without -race: goroutines do not depend on the server's version.
		(cd "$module" && AUDIT_TEST_DATABASE_URL=$major_url run_tests -run "$pattern" ${skip:+-skip "$skip"} "$package") </dev/null || failed=1
	done <<<"$short_set"
	return "$failed"
}

# test_major runs the short set on a major version, in a locale.
test_major() {
	local failed=0
	start_major "$1" "$2" || return 0
	echo "server on $1" >>"$tests_log"
	run_short_set || failed=1
	stop_postgres "$major_dir"
	return "$failed"
}

# report_majors prints what ran on which server.
report_majors() {
	section "PostgreSQL"
	printf '%s\n' "${ran[@]:-none}"
}
