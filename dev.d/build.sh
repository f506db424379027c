# ./dev build

command_build() {
    [ $# -eq 0 ] || {
        echo "./dev build takes no more words, not $1" >&2
        return 2
    }
    install_build_packages
    cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
    ninja -C build/release drawbridge plaza
    echo "build/release/drawbridge and build/release/bin/plaza are there"
}
