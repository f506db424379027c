# Debian packages: what each command needs, and why.

build_packages=(build-essential cmake ninja-build pkg-config libwebsockets-dev libcurl4-openssl-dev libssl-dev libhiredis-dev
    libjansson-dev libyajl-dev libev-dev libgumbo-dev libcbor-dev libutf8proc-dev libidn2-dev uthash-dev libinih-dev libcmocka-dev
    libsqlite3-dev libseccomp-dev libjemalloc-dev)
run_packages=(redis-server)
lint_packages=(clang-format clang-tidy cppcheck git)
fuzz_packages=(clang)
bench_packages=(nginx-light wrk redis-server)

apt_lists_are_fresh=

# install_packages REASON PACKAGE…
install_packages() {
    local reason=$1 missing=() package as_root=()
    shift
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing by apt-get $reason: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "That needs root, and there is no sudo here. As root: apt-get install ${missing[*]}" >&2
            return 1
        }
        as_root=(sudo)
    fi
    if [ -z "$apt_lists_are_fresh" ]; then
        "${as_root[@]}" apt-get update -qq
        apt_lists_are_fresh=yes
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "${missing[@]}" >/dev/null
}

install_build_packages() {
    install_packages "to build drawbridge" "${build_packages[@]}"
    install_packages "to run it (its store)" "${run_packages[@]}"
}
