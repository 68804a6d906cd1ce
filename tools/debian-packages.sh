#!/usr/bin/env bash
# Make sure of the foreign tools that tests run: curl, openssl, GnuTLS, NSS, nginx, a JDK. Instant when all are there.
#
# What is missing is installed where that is possible (Debian, as root or with sudo that asks no password). Otherwise it is
# named, with the command that brings it, and the tests that need it are skipped by name; under CI=true this fails.
# nginx is only unpacked, into .tools: its package would start a daemon and enable it for every boot.
set -euo pipefail

cd "$(dirname "$0")/.."
tools=$PWD/.tools

have_jdk() {
    command -v keytool >/dev/null || compgen -G '/usr/lib/jvm/*/bin/keytool' >/dev/null
}
have_nginx() {
    command -v nginx >/dev/null || [[ -x $tools/usr/sbin/nginx ]]
}

missing_packages() {
    command -v git >/dev/null || echo git
    command -v curl >/dev/null || echo curl
    command -v strace >/dev/null || echo strace
    command -v setfacl >/dev/null || echo acl
    command -v setfattr >/dev/null || echo attr
    command -v openssl >/dev/null || echo openssl
    command -v certtool >/dev/null && command -v gnutls-serv >/dev/null || echo gnutls-bin
    have_jdk || echo default-jdk-headless
    [[ -e /usr/share/java/bcprov.jar ]] || echo libbcprov-java
    command -v pk12util >/dev/null && command -v certutil >/dev/null || echo libnss3-tools
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo --non-interactive "$@"; fi
}
can_install() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null
}

# A failed step is tried once more with fresh lists: old ones name versions that are gone.
with_fresh_lists() {
    "$@" >"$log" 2>&1 || { can_install && as_root apt-get update >"$log" 2>&1 && "$@" >"$log" 2>&1; }
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get --option DPkg::Lock::Timeout=120 install --yes --quiet \
        --no-install-recommends "$@"
}

apt_download() {
    (cd "$work" && apt-get --option APT::Sandbox::User=root download --quiet "$@")
}

# Unpack nginx, and the libraries it needs that are not installed, then move the whole into place at once.
unpack_nginx() {
    local package tree=$work/tree
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    with_fresh_lists apt_download nginx || return 1
    mkdir -p "$tree"
    dpkg --extract "$work"/nginx_*.deb "$tree"
    if ldd "$tree/usr/sbin/nginx" | grep -q 'not found'; then
        for package in $(apt-cache depends --important nginx | sed -n 's/^  Depends: \(lib[^<]*\)$/\1/p' | grep -v '^libc6$'); do
            with_fresh_lists apt_download "$package" || return 1
        done
        for package in "$work"/lib*.deb; do
            dpkg --extract "$package" "$tree"
        done
        mkdir -p "$tree/usr/libexec"
        mv "$tree/usr/sbin/nginx" "$tree/usr/libexec/nginx"
        # The program's own name stays in front; exec keeps its process id for whoever started it.
        cat >"$tree/usr/sbin/nginx" <<'WRAPPER'
#!/usr/bin/env bash
usr=$(dirname "$(dirname "$(readlink -f "$0")")")
libraries=$(find "$usr/lib" "$usr/../lib" -name '*.so.*' -printf '%h:' 2>/dev/null)
LD_LIBRARY_PATH=$libraries exec "$usr/libexec/nginx" "$@"
WRAPPER
        chmod +x "$tree/usr/sbin/nginx"
    fi
    "$tree/usr/sbin/nginx" -v >"$log" 2>&1 || return 1
    rm -rf "$tools/usr" "$tools/lib"
    mv "$tree"/* "$tools/"
}

mapfile -t packages < <(missing_packages)
if [[ ${#packages[@]} -eq 0 ]] && have_nginx; then
    exit 0
fi

mkdir -p "$tools"
# Two makes in one checkout must not unpack into one directory at the same time.
if command -v flock >/dev/null; then
    exec 9>"$tools/.lock"
    flock 9
fi
work=$(mktemp -d "$tools/work.XXXXXX")
log=$work/log
trap 'rm -rf "$work"' EXIT

mapfile -t packages < <(missing_packages)
if [[ ${#packages[@]} -gt 0 ]] && can_install; then
    echo "debian-packages: installing ${packages[*]}" >&2
    with_fresh_lists apt_install "${packages[@]}" || tail -n 5 "$log" >&2
fi
if ! have_nginx; then
    echo "debian-packages: unpacking nginx into .tools" >&2
    unpack_nginx || { [[ -s $log ]] && tail -n 5 "$log" >&2; }
fi

mapfile -t packages < <(missing_packages)
have_nginx || packages+=(nginx)
if [[ ${#packages[@]} -gt 0 ]]; then
    echo "debian-packages: missing, so tests that need them are skipped: apt-get install ${packages[*]}" >&2
    [[ ${CI:-} != true ]] || exit 1
fi
