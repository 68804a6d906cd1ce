#!/usr/bin/env bash
# Make .venv: a Python of 3.11 or later, everything in requirements/dev.txt with its hashes checked, and this checkout, editable.
#
# PYTHON=... names the interpreter; without it the first suitable one on PATH is taken.
# Called by make when requirements/dev.txt or pyproject.toml is newer than the stamp .venv/.ready.
set -euo pipefail

cd "$(dirname "$0")/.."

# Two makes in one checkout must not write into one environment at the same time.
mkdir -p .venv
if command -v flock >/dev/null; then
    exec 9>.venv/.lock
    flock 9
fi

suits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}
identity() {
    "$1" -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null
}
# The environment works, and is of the interpreter that was asked for, if one was.
is_right() {
    suits .venv/bin/python && [[ -z ${PYTHON:-} || $(identity "$PYTHON") == "$(identity .venv/bin/python)" ]]
}
is_fresh() {
    [[ .venv/.ready -nt requirements/dev.txt && .venv/.ready -nt pyproject.toml ]]
}

find_python() {
    local candidate
    if [[ -n ${PYTHON:-} ]]; then
        suits "$PYTHON" && { echo "$PYTHON"; return; }
        echo "setup: PYTHON=$PYTHON is not a Python of 3.11 or later with venv" >&2
        return 1
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        suits "$candidate" && { echo "$candidate"; return; }
    done
    echo "setup: no Python of 3.11 or later with venv found; on Debian: apt-get install python3-venv; or name one with PYTHON=..." >&2
    return 1
}

if ! is_right; then
    python=$(find_python)
    "$python" -m venv --clear .venv
elif is_fresh; then
    exit 0
fi

# The file lists every package there is to be. Without --no-deps pip before 24 looks past it for what is required with an extra, as
# coverage[toml] is, finds the newest there is and refuses it for want of a hash.
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --requirement requirements/dev.txt
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
missing=$(.venv/bin/python -m pip --disable-pip-version-check check) || { echo "setup: $missing" >&2; exit 1; }
# An editable install is not compiled by pip, and by Python not where PYTHONDONTWRITEBYTECODE is set; each start would compile anew.
.venv/bin/python -m compileall -q src
touch .venv/.ready
