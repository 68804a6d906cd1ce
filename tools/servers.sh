#!/usr/bin/env bash
# Unpack the servers that the STARTTLS tests speak with into .tools/servers, with the libraries that this machine lacks. Instant
# when all are there. tests/peers/servers.py runs them as processes of the test, on loopback, unprivileged.
set -euo pipefail

cd "$(dirname "$0")/.."
source tools/unpack.sh

name=servers
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
have() {
    [[ -f $tools/servers/.packages && $(<"$tools/servers/.packages") == "$stamp" ]]
}

# The servers, and of what installing them would add everything but other services and upgrades of what is installed.
wanted_packages() {
    printf '%s\n' "${packages[@]}"
    apt-get --simulate --no-install-recommends install "${packages[@]}" |
        sed -n '/^Inst [^ ]* \[/d; s/^Inst \([^ ]*\) .*/\1/p' | grep -Ev '^(cron|default-mta|ssl-cert|.*-client.*)'
}

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

begin
# Servers run as nobody where root runs the tests, and mktemp lets only root in.
chmod 755 "$work"
fetch wanted_packages
# A program that changes its user ignores LD_PRELOAD and LD_LIBRARY_PATH, and may be for its own users only.
chmod u-s,g-s "$work"/tree/usr/sbin/exim4
chmod u-s,g-s,a+rx "$work"/tree/usr/lib/news/bin/*
cd "$work/tree/usr"
point_at /usr/lib/dovecot dovecot bin/doveconf sbin/dovecot lib/dovecot
point_at /usr/bin/doveconf doveconf bin/doveconf sbin/dovecot lib/dovecot
point_at /etc/xrdp xrdp sbin/xrdp lib/*/xrdp
rm -rf "$work/tree/usr/share/doc" "$work/tree/usr/share/man"
echo "$stamp" >"$work/tree/.packages"
place
