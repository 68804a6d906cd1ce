#!/usr/bin/env bash
# Unpack the proxies that tests go through, tinyproxy and microsocks, into .tools/proxies. Instant when both are there.
# tests/peers/proxies.py runs them as processes of the test, on loopback.
set -euo pipefail

cd "$(dirname "$0")/.."
source tools/unpack.sh

name=proxies
packages=(tinyproxy-bin microsocks)

have() {
    local program
    for program in tinyproxy microsocks; do
        command -v "$program" >/dev/null || [[ -x $tools/proxies/usr/bin/$program ]] || return 1
    done
}

begin
fetch printf '%s\n' "${packages[@]}"
"$work/tree/usr/bin/tinyproxy" -v >"$log" 2>&1 || missing "tinyproxy does not run"
place
