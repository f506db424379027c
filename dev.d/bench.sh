# ./dev bench [NAME…]: each bench is a program build/release/bench/NAME, or bench/NAME.mjs, that prints
# `figure NAME VALUE [UNIT]` lines; docs/performance.md says how to read them.

# figures_json NAME LOG
figures_json() {
    awk -v bench="$1" '
        BEGIN { printf "{\"bench\":\"%s\",\"figures\":[", bench }
        $1 == "figure" { printf "%s{\"name\":\"%s\",\"value\":%s,\"unit\":\"%s\"}", comma, $2, $3, $4; comma = "," }
        END { print "]}" }' "$2"
}

# run_bench NAME
run_bench() {
    if [ -e "bench/$1.mjs" ]; then
        install_node >&2 && install_packages "to compare with" "${bench_packages[@]}" >&2 || return
        case $1 in
        peers) npm_folder fedify >&2 && install_snac >&2 || return ;;
        bluesky) install_atproto >&2 || return ;;
        esac
        DRAWBRIDGE_BUILD=$PWD/build/release "$peers/bin/node" "bench/$1.mjs"
    elif [ -x "build/release/bench/$1" ]; then
        "build/release/bench/$1"
    else
        echo "There is no bench $1 in bench/ or build/release/bench" >&2
        return 2
    fi
}

command_bench() {
    [ -e bench/CMakeLists.txt ] || {
        echo "There is no bench yet."
        return 0
    }
    install_build_packages
    cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
    ninja -C build/release
    mkdir -p build/bench
    local name names=("$@") status=0
    [ $# -gt 0 ] || mapfile -t names < <({
        find build/release/bench -maxdepth 1 -type f -executable -printf '%f\n'
        find bench -maxdepth 1 -name '*.mjs' -printf '%f\n' | sed 's/\.mjs$//'
    } | sort)
    for name in "${names[@]}"; do
        echo "== $name"
        run_bench "$name" | tee "build/bench/$name.log" || status=1
        figures_json "$name" "build/bench/$name.log" >"build/bench/$name.json"
    done
    return $status
}
