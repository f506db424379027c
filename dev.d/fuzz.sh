# ./dev fuzz [TARGET] [SECONDS]: each target is a libFuzzer program build/fuzz/fuzz/fuzz_TARGET. It begins with the kept
# inputs of fuzz/corpus/TARGET; what it adds is in build/fuzz/corpus/TARGET, and what it finds in build/fuzz/TARGET-*.

command_fuzz() {
    local target=${1:-} seconds=${2:-60} targets status=0
    [[ $target =~ ^[0-9]+$ ]] && seconds=$target target=
    [ -e fuzz/CMakeLists.txt ] || {
        echo "There is no fuzz target yet."
        return 0
    }
    install_build_packages
    install_packages "for the fuzzer" "${fuzz_packages[@]}"
    cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=clang -DDRAWBRIDGE_FUZZ=ON >/dev/null
    ninja -C build/fuzz
    mapfile -t targets < <(find build/fuzz/fuzz -maxdepth 1 -type f -executable -name "fuzz_${target:-*}" -printf '%f\n' | sort)
    [ ${#targets[@]} -gt 0 ] || {
        echo "There is no fuzz target $target; there are: $(find fuzz/corpus -mindepth 1 -printf '%f ' -prune)" >&2
        return 2
    }
    for target in "${targets[@]#fuzz_}"; do
        local corpus=build/fuzz/corpus/$target dictionary=()
        mkdir -p "$corpus"
        [ ! -e "fuzz/dictionaries/$target.dict" ] || dictionary=("-dict=fuzz/dictionaries/$target.dict")
        echo "== $target, $seconds s"
        "build/fuzz/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="build/fuzz/$target-" "${dictionary[@]}" "$corpus" "fuzz/corpus/$target" || status=1
    done
    return $status
}
