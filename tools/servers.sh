#!/usr/bin/env bash
# Unpack the servers that the STARTTLS tests speak with into .tools/servers. Instant when all are there.
#
# Nothing is installed: these packages start daemons and enable them for every boot. They are downloaded with the libraries that
# this machine lacks and unpacked; tests/peers/servers.py runs them as processes of the test, on loopback, unprivileged.
# What cannot be had is named, and the tests that need it are skipped by name; under CI=true this fails.
set -euo pipefail

cd "$(dirname "$0")/.."
tools=$PWD/.tools
tree=$tools/servers
# libnss-wrapper lets a server look up the users that its package would have made.
packages=(
    dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-managesieved exim4-daemon-light inn2 inn2-inews
    inspircd libnss-wrapper mariadb-server-core prosody slapd vsftpd xrdp
)

have_postgres() {
    command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}
have_postgres || packages+=(postgresql)

stamp="${packages[*]} $(cksum <"tools/servers.sh")"
have_servers() {
    [[ -f $tree/.packages && $(<"$tree/.packages") == "$stamp" ]]
}
if have_servers; then
    exit 0
fi

missing() {
    echo "servers: $1, so tests that need these are skipped: ${packages[*]}" >&2
    [[ ${CI:-} != true ]] || exit 1
    exit 0
}
command -v apt-get >/dev/null && command -v dpkg >/dev/null || missing "no apt-get here"

mkdir -p "$tools"
# Two makes in one checkout must not unpack into one directory at the same time.
if command -v flock >/dev/null; then
    exec 8>"$tools/.servers.lock"
    flock 8
    ! have_servers || exit 0
fi
work=$(mktemp -d "$tools/work.XXXXXX")
log=$work/log
trap 'rm -rf "$work"' EXIT
# Servers run as nobody where root runs the tests, and mktemp lets only root in.
chmod 755 "$work"

as_root() {
    if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo --non-interactive "$@"; fi
}

# The servers, and of what installing them would add everything but other services and upgrades of what is installed.
wanted_packages() {
    printf '%s\n' "${packages[@]}"
    apt-get --simulate --no-install-recommends install "${packages[@]}" |
        sed -n '/^Inst [^ ]* \[/d; s/^Inst \([^ ]*\) .*/\1/p' | grep -Ev '^(cron|default-mta|ssl-cert|.*-client.*)'
}
download() {
    local -a wanted
    mapfile -t wanted < <(wanted_packages | sort -u)
    (cd "$work" && apt-get --option APT::Sandbox::User=root download --quiet "${wanted[@]}")
}

echo "servers: unpacking ${packages[*]} into .tools/servers" >&2
# A failed step is tried once more with fresh lists: old ones name versions that are gone.
download >"$log" 2>&1 || { as_root apt-get update >"$log" 2>&1 && download >"$log" 2>&1; } || {
    tail -n 5 "$log" >&2
    missing "cannot download"
}
mkdir "$work/tree"
for package in "$work"/*.deb; do
    dpkg --extract "$package" "$work/tree"
done

# A program that changes its user ignores LD_PRELOAD and LD_LIBRARY_PATH, and may be for its own users only.
chmod u-s,g-s "$work"/tree/usr/sbin/exim4
chmod u-s,g-s,a+rx "$work"/tree/usr/lib/news/bin/*
# Dovecot and xrdp know their directories as fixed strings. Each is given one of the same length that is relative to the working
# directory, where the test puts a link.
point_at() {
    local old=$1 name=$2 file
    local new
    new=$(printf '.%*s%s' $((${#old} - ${#name} - 1)) '' "$name" | tr ' ' /)
    shift 2
    while IFS= read -r file; do
        if [[ ! -L $file && $(head -c 4 "$file" | tail -c 3) == ELF ]]; then
            LC_ALL=C sed --in-place "s#$old#$new#g" "$file"
        fi
    done < <(grep --recursive --files-with-matches --binary-files=text --fixed-strings "$old" "$@")
}
cd "$work/tree/usr"
point_at /usr/lib/dovecot dovecot bin/doveconf sbin/dovecot lib/dovecot
point_at /usr/bin/doveconf doveconf bin/doveconf sbin/dovecot lib/dovecot
point_at /etc/xrdp xrdp sbin/xrdp lib/*/xrdp
echo "$stamp" >"$work/tree/.packages"
rm -rf "$work/tree/usr/share/doc" "$work/tree/usr/share/man" "$tree"
mv "$work/tree" "$tree"
