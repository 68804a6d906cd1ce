#!/usr/bin/env bash
# Unpack Wine and a compiler for Windows into .tools/wine, for the tests that ask Windows' own interface. Instant when all is there.
#
# Debian's packages are unpacked, not installed: Wine's would register itself for every Windows program on the machine. About
# 150 MB are loaded and 1.4 GB laid down, so only `make deep` calls this. Linux on x86-64 only.
# Without it the tests that need it are skipped by name; under CI=true this fails.
set -euo pipefail

cd "$(dirname "$0")/.."
wine=$PWD/.tools/wine
packages=(
    wine64 libwine libz-mingw-w64
    gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-x86-64-win32-runtime gcc-mingw-w64-base
    binutils-mingw-w64-x86-64 mingw-w64-x86-64-dev mingw-w64-common
)

have_wine() {
    [[ -x $wine/usr/lib/wine/wine64 && -f $wine/prefix/drive_c/windows/system32/crypt32.dll && -x $wine/usr/bin/x86_64-w64-mingw32-gcc-win32 ]]
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo --non-interactive "$@"; fi
}

download() {
    (cd "$work" && apt-get --option APT::Sandbox::User=root download --quiet "${packages[@]}") >"$log" 2>&1
}

# Old lists name versions that are gone, so a failed download is tried once more with fresh ones.
unpack() {
    local package tree=$work/tree
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    download || { as_root apt-get update >"$log" 2>&1 && download; } || return 1
    mkdir -p "$tree"
    for package in "$work"/*.deb; do
        dpkg --extract "$package" "$tree"
        rm "$package"
    done
    rm -rf "$tree/usr/i686-w64-mingw32" "$tree/usr/share/doc"
    # Debian's wineserver is a script that names /usr.
    ln -sf wineserver64 "$tree/usr/lib/wine/wineserver"
    # The prefix holds absolute paths, so it is made where it stays.
    rm -rf "$wine"
    mv "$tree" "$wine"
    make_prefix >"$log" 2>&1 || { rm -rf "$wine/prefix"; return 1; }
}

# Make Windows' directories and registry as Wine's first start does, without a display. Debian's user32 needs zlib from the start.
make_prefix() {
    local system32=$wine/prefix/drive_c/windows/system32
    export WINEPREFIX=$wine/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='
    unset DISPLAY
    mkdir -p "$system32" &&
        cp "$wine/usr/x86_64-w64-mingw32/lib/zlib1.dll" "$system32/" &&
        timeout --kill-after=5 120 "$wine/usr/lib/wine/wine64" wineboot --init &&
        timeout --kill-after=5 60 "$wine/usr/lib/wine/wineserver" --wait
}

if have_wine; then
    exit 0
fi
if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "wine: unpacked for Linux on x86-64 only; tests that need it are skipped" >&2
    exit 0
fi
mkdir -p .tools
# Two makes in one checkout must not unpack into one directory at the same time.
if command -v flock >/dev/null; then
    exec 9>.tools/.lock
    flock 9
fi
have_wine && exit 0
work=$(mktemp -d "$PWD/.tools/work.XXXXXX")
log=$work/log
trap 'rm -rf "$work"' EXIT
echo "wine: unpacking Wine and MinGW into .tools/wine" >&2
# A process that Wine leaves behind must not hold the lock.
unpack 9>&- || { [[ -s $log ]] && tail -n 5 "$log" >&2; }
if ! have_wine; then
    echo "wine: not to be had, so tests that need it are skipped" >&2
    [[ ${CI:-} != true ]]
fi
