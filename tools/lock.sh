#!/usr/bin/env bash
# Lock requirements/base.txt (what the wheel runs with) and requirements/dev.txt (what the checkout is worked on with).
#
# The files must install anywhere, so they name no registry, no machine's path, and carry the hashes of every
# file that the public registry holds for a version: settings of this machine that add other sources are not read.
# Pass uv's own options through, for example `tools/lock.sh --upgrade`.
set -euo pipefail

cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}

unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL UV_FIND_LINKS UV_EXTRA_INDEX_URL UV_INDEX
lock() {
    local output=$1
    shift
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --output-file "$output" "$@" pyproject.toml
    sed -i "1i # Made by \`make lock\` from pyproject.toml: change that, not this." "$output"
}

# The lines made by the last run are taken as preferences, so a plain run changes only what pyproject.toml asks for.
lock requirements/base.txt
# One version of each package in both files: what the tests saw is what the wheel runs with.
lock requirements/dev.txt --extra dev --constraint requirements/base.txt
