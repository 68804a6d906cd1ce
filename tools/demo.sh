#!/usr/bin/env bash
# The story of the README on a cloud of our own: look, export, trust, compare, rotate, see what changed. Touches one directory only.
set -euo pipefail

cd "$(dirname "$0")/.."
work=$(mktemp -d)
PATH=$PWD/.venv/bin:$PATH
config=$work/lab/anchorkeep.toml
before=$work/before.json
export COLUMNS=${COLUMNS:-100}

clean_up() {
    anchorkeep lab down --dir "$work/lab" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

step() {
    printf '\n\033[1m== %s\033[0m\n' "$*"
}
# Print a command as the user would type it, run it, and hold its exit code against the one that the story expects.
run() {
    local expected=$1 got=0 line
    shift
    line="$*"
    printf '$ %s\n' "${line//$work\//}"
    "$@" || got=$?
    if [[ $got -ne $expected ]]; then
        printf 'demo: exit code %s, expected %s\n' "$got" "$expected" >&2
        exit 1
    fi
}

step 'A cloud on loopback, with UAT and Production'
run 0 anchorkeep lab up --dir "$work/lab"

step 'What do they present, and where does it lead?'
run 0 anchorkeep show uat production --config "$config"

step 'Export: the leaf of each, and the root they share - three certificates'
run 0 anchorkeep export --env uat --env production --select leaf --select root --format der --out "$work/certificates" --config "$config"
[[ $(find "$work/certificates" -type f | wc -l) -eq 3 ]] || { echo 'demo: expected three files' >&2; exit 1; }

step 'A sheet to lay beside the page of a vendor'
run 0 anchorkeep export --env uat --select root --sheet --dry-run --config "$config" --out "$work/certificates"

step 'A store that Java trusts UAT by, one for Production: decided by a fingerprint, proved before they are written'
export ANCHORKEEP_STATE=$work/state
fingerprint=$(openssl x509 -in "$work/lab/root.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g')
run 1 anchorkeep trust --env uat --store "$work/uat.p12" --config "$config"
[[ ! -e $work/uat.p12 ]] || { echo 'demo: a store was written without a decision' >&2; exit 1; }
run 0 anchorkeep trust --env uat --store "$work/uat.p12" --accept-fingerprint "$fingerprint" --config "$config"
run 0 anchorkeep trust --env production --store "$work/production.p12" --accept-fingerprint "$fingerprint" --config "$config"
anchorkeep trust --env uat --store "$work/uat.p12" --accept-fingerprint "$fingerprint" --config "$config" --json \
    >"$work/again.json" 2>/dev/null
grep -q '"state": "unchanged"' "$work/again.json" || { echo 'demo: the second time changed something' >&2; exit 1; }
if command -v javac >/dev/null; then
    step 'A Java program connects with them'
    # The first service of an environment, and the port where it is.
    service() {
        sed -n "/^\\[environments.$1\\]/,/^]/s/.*target = \"\\([^\"]*\\)\", connect = \"[^\"]*:\\([0-9]*\\)\".*/\\1 \\2/p" "$config" | head -n 1
    }
    for environment in uat production; do
        read -r host port < <(service "$environment")
        said=$(java tests/interop/java/TlsClient.java PKCS12 "$work/$environment.p12" changeit "$host" "$port")
        printf 'Java, %s: %s\n' "$host" "$said"
        [[ $said == trusted* ]] || { echo 'demo: Java did not trust it' >&2; exit 1; }
    done
fi

step 'UAT against Production'
run 0 anchorkeep diff uat production --config "$config"

step 'Keep what was seen, to compare with later'
anchorkeep show uat --config "$config" --save "$before" >/dev/null

step 'The yearly renewal: a new leaf. Harmless for whoever trusts the root'
run 0 anchorkeep lab rotate leaf --env uat --dir "$work/lab"
run 0 anchorkeep diff "$before" uat --config "$config"

step 'A move to a new root: whoever trusts only the old one loses contact'
run 0 anchorkeep lab rotate root --env uat --dir "$work/lab"
run 1 anchorkeep diff "$before" uat --config "$config"
run 0 anchorkeep show uat --config "$config"

step 'A service that forgets its intermediate'
run 0 anchorkeep lab misbehave no-intermediate --env production --dir "$work/lab"
run 1 anchorkeep show production --config "$config"

step 'The end: nothing is left behind'
run 0 anchorkeep lab down --dir "$work/lab"
[[ ! -e $work/lab/private ]] || { echo 'demo: keys were left behind' >&2; exit 1; }
