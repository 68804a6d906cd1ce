# shellcheck shell=bash
# What tools/proxies.sh and tools/servers.sh share; to be sourced at the top of the checkout, after `set -euo pipefail`.
#
# Debian's packages are unpacked below .tools, not installed: theirs start daemons and enable them for every boot. What cannot be
# had is named, and the tests that need it are skipped by name; under CI=true this fails.
#
# Whoever sources it sets: name, for what is said; packages, what is wanted; have, a function that says whether all is there.
tools=$PWD/.tools

missing() {
    echo "$name: $1, so tests that need these are skipped: ${packages[*]}" >&2
    [[ ${CI:-} != true ]] || exit 1
    exit 0
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo --non-interactive "$@"; fi
}

# End here where all is there; else wait for who is at it already, and make the working directory $work.
begin() {
    ! have || exit 0
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || missing "no apt-get here"
    mkdir -p "$tools"
    # Two makes in one checkout must not unpack into one directory at the same time.
    if command -v flock >/dev/null; then
        exec 8>"$tools/.$name.lock"
        flock 8
        ! have || exit 0
    fi
    work=$(mktemp -d "$tools/work.XXXXXX")
    log=$work/log
    trap 'rm -rf "$work"' EXIT
}

# Download the packages that a command prints, and unpack them into $work/tree.
fetch() {
    echo "$name: unpacking ${packages[*]} into .tools/$name" >&2
    # A failed step is tried once more with fresh lists: old ones name versions that are gone.
    download "$@" >"$log" 2>&1 || { as_root apt-get update >"$log" 2>&1 && download "$@" >"$log" 2>&1; } || {
        tail -n 5 "$log" >&2
        missing "cannot download"
    }
    mkdir "$work/tree"
    local package
    for package in "$work"/*.deb; do
        dpkg --extract "$package" "$work/tree"
    done
}

download() {
    local -a wanted
    mapfile -t wanted < <("$@" | sort -u)
    (cd "$work" && apt-get --option APT::Sandbox::User=root download --quiet "${wanted[@]}")
}

# Put the tree where it is looked for.
place() {
    rm -rf "${tools:?}/$name"
    mv "$work/tree" "$tools/$name"
}
