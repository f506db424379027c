# ./dev run [--check]

command_run() {
    case "${1:-}" in
    '' | --check) ;;
    *)
        echo "./dev run knows --check, not $1" >&2
        return 2
        ;;
    esac
    install_build_packages
    install_demo_peers
    echo "Building Release into build/release"
    cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
    ninja -C build/release drawbridge plaza
    DRAWBRIDGE_BUILD=$PWD/build/release exec "$peers/bin/node" tests/peers/demo.mjs "$@"
}
