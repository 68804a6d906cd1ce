#!/usr/bin/env bash
# Prove the wheel alone: installed with requirements/base.txt in a fresh environment, without anything of the checkout,
# the command line runs. Takes the wheel in dist, or builds it.
set -euo pipefail

cd "$(dirname "$0")/.."
root=$PWD
compgen -G 'dist/*.whl' >/dev/null || make wheel
wheels=(dist/*.whl)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

.venv/bin/python -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --requirement requirements/base.txt
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-index "$root/${wheels[0]}"
"$work/venv/bin/python" -m pip check

# Run a command from an empty directory, so that nothing is found by chance in the checkout, with a home of its own.
run() {
    echo "+ $*" >&2
    (cd "$work/empty" && env -u PYTHONPATH -u VIRTUAL_ENV HOME="$work/home" PATH="$work/venv/bin:$PATH" "$@")
}
mkdir "$work/empty" "$work/home"

run anchorkeep --version
run anchorkeep --help >/dev/null
run python -W error -c 'import anchorkeep, pathlib, sys; assert pathlib.Path(anchorkeep.__file__).is_relative_to(sys.prefix)'

# The main job, from the wheel: a cloud, what it presents, its certificates.
run anchorkeep lab up --dir lab
trap '(cd "$work/empty" && HOME="$work/home" "$work/venv/bin/anchorkeep" lab down --dir lab) >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
run anchorkeep show uat production --config lab/anchorkeep.toml >/dev/null
run anchorkeep export --env uat --env production --select leaf --select root --format der --out out --config lab/anchorkeep.toml
[[ $(find "$work/empty/out" -name '*.cer' | wc -l) -eq 3 ]]
# The proof by a JVM is made with a program that is in the wheel.
run anchorkeep export --env uat --select root --format der --out root --config lab/anchorkeep.toml
accepted=$(sha256sum "$work"/empty/root/*.cer | cut -d ' ' -f 1)
run anchorkeep trust --env uat --store uat.p12 --accept-fingerprint "$accepted" --config lab/anchorkeep.toml >"$work/trust.out"
if command -v javac >/dev/null; then
    grep -q 'Java opened the store and connected' <(tr '\n' ' ' <"$work/trust.out")
fi
run anchorkeep lab down --dir lab
[[ ! -e $work/empty/lab ]]
