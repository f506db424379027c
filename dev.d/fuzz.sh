# ./dev fuzz [TARGET] [SECONDS]: each target is a libFuzzer program build/fuzz/fuzz/fuzz_TARGET. It begins with the kept
# inputs of fuzz/corpus/TARGET; what it adds is in build/fuzz/corpus/TARGET, and what it finds in build/fuzz/TARGET-*.

# keep_inputs TARGET: the fewest inputs that reach every branch that fuzzing has reached so far, kept under their digests.
keep_inputs() {
    local target=$1 found=build/fuzz/corpus/$1 least=build/fuzz/least/$1
    [ -d "$found" ] || return 0
    rm -rf "$least"
    mkdir -p "$least"
    "build/fuzz/fuzz/fuzz_$target" -set_cover_merge=1 -use_counters=0 "$least" "fuzz/corpus/$target" "$found" 2>"$least.log"
    find "$least" -type f -exec cp -n -t "fuzz/corpus/$target" {} +
    echo "$target: $(find "fuzz/corpus/$target" -type f | wc -l) inputs, $(du -sb "fuzz/corpus/$target" | cut -f 1) bytes"
}

command_fuzz() {
    local keep=
    [ "${1:-}" != --keep ] || {
        keep=yes
        shift
    }
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
        if [ "$keep" ]; then
            keep_inputs "$target" || status=1
            continue
        fi
        local corpus=build/fuzz/corpus/$target dictionary=()
        mkdir -p "$corpus"
        [ ! -e "fuzz/dictionaries/$target.dict" ] || dictionary=("-dict=fuzz/dictionaries/$target.dict")
        echo "== $target, $seconds s"
        "build/fuzz/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="build/fuzz/$target-" "${dictionary[@]}" "$corpus" "fuzz/corpus/$target" || status=1
    done
    return $status
}
