#!/usr/bin/env bash
# Unpack the proxies that tests go through, tinyproxy and microsocks, into .tools/proxies. Instant when both are there.
#
# Nothing is installed: tinyproxy's package starts a daemon and enables it for every boot. tests/peers/proxies.py runs them as
# processes of the test, on loopback. What cannot be had is named, and the tests that need it are skipped by name; under CI=true
# this fails.
set -euo pipefail

cd "$(dirname "$0")/.."
tools=$PWD/.tools
tree=$tools/proxies
packages=(tinyproxy-bin microsocks)

have_proxies() {
    local name
    for name in tinyproxy microsocks; do
        command -v "$name" >/dev/null || [[ -x $tree/usr/bin/$name ]] || return 1
    done
}
if have_proxies; then
    exit 0
fi

missing() {
    echo "proxies: $1, so tests that need these are skipped: ${packages[*]}" >&2
    [[ ${CI:-} != true ]] || exit 1
    exit 0
}
command -v apt-get >/dev/null && command -v dpkg >/dev/null || missing "no apt-get here"

mkdir -p "$tools"
# Two makes in one checkout must not unpack into one directory at the same time.
if command -v flock >/dev/null; then
    exec 7>"$tools/.proxies.lock"
    flock 7
    ! have_proxies || exit 0
fi
work=$(mktemp -d "$tools/work.XXXXXX")
log=$work/log
trap 'rm -rf "$work"' EXIT

as_root() {
    if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo --non-interactive "$@"; fi
}
download() {
    (cd "$work" && apt-get --option APT::Sandbox::User=root download --quiet "${packages[@]}")
}

echo "proxies: unpacking ${packages[*]} into .tools/proxies" >&2
# A failed step is tried once more with fresh lists: old ones name versions that are gone.
download >"$log" 2>&1 || { as_root apt-get update >"$log" 2>&1 && download >"$log" 2>&1; } || {
    tail -n 5 "$log" >&2
    missing "cannot download"
}
mkdir "$work/tree"
for package in "$work"/*.deb; do
    dpkg --extract "$package" "$work/tree"
done
"$work/tree/usr/bin/tinyproxy" -v >"$log" 2>&1 || missing "tinyproxy does not run"
rm -rf "$tree"
mv "$work/tree" "$tree"
