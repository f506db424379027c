# ./dev bench [NAME…]: each bench is a program build/release/bench/NAME that prints `figure NAME VALUE [UNIT]` lines.

# figures_json NAME LOG
figures_json() {
    awk -v bench="$1" '
        BEGIN { printf "{\"bench\":\"%s\",\"figures\":[", bench }
        $1 == "figure" { printf "%s{\"name\":\"%s\",\"value\":%s,\"unit\":\"%s\"}", comma, $2, $3, $4; comma = "," }
        END { print "]}" }' "$2"
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
    [ $# -gt 0 ] || mapfile -t names < <(find build/release/bench -maxdepth 1 -type f -executable -printf '%f\n' 2>/dev/null | sort)
    for name in "${names[@]}"; do
        [ -x "build/release/bench/$name" ] || {
            echo "There is no bench $name in build/release/bench" >&2
            return 2
        }
        echo "== $name"
        "build/release/bench/$name" | tee "build/bench/$name.log" || status=1
        figures_json "$name" "build/bench/$name.log" >"build/bench/$name.json"
    done
    return $status
}
