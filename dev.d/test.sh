# ./dev test [--full] [LABEL…]

# Seconds of test time that each label may use at CI size. Three run side by side, so that all together take a third of the sum.
declare -A budget=(
    [unit]=120
    [golden]=60
    [plaza]=60
    [contract]=180
    [docker]=600
    [process]=60
    [peers]=720
    [faults]=300
    [ledger]=120
    [admin]=240
    [trust]=360
    [limits]=180
    [fuzz]=60
    [load]=60
    [browser]=480
    [bluesky]=300
)

# label_times LOG: ctest's own summary against the budgets.
label_times() {
    local label seconds tests
    sed -n '/^Label Time Summary:/,/^Total Test time/s/^\([a-z]*\) *= *\([0-9.]*\) sec.* (\([0-9]*\) tests*)$/\1 \2 \3/p' "$1" |
        while read -r label seconds tests; do
            printf '%-8s %4d tests %7.1f s of %d s\n' "$label" "$tests" "$seconds" "${budget[$label]:-60}"
        done
}

command_test() {
    local full=OFF selection=() label wanted=all
    for label in "$@"; do
        case "$label" in
        --full) full=ON ;;
        -*)
            echo "./dev test knows --full and names of labels, not $label" >&2
            return 2
            ;;
        *)
            selection+=(-L "^$label\$")
            wanted="$wanted $label"
            ;;
        esac
    done
    # ctest wants every -L to match, so several labels become one expression.
    if [ ${#selection[@]} -gt 2 ]; then
        label=${wanted#all }
        selection=(-L "^(${label// /|})\$")
    fi
    install_build_packages
    [ "$wanted" = "all unit" ] || install_test_peers
    cmake -S . -B build/debug -G Ninja -DCMAKE_BUILD_TYPE=Debug -DDRAWBRIDGE_FULL=$full >/dev/null
    ninja -C build/debug
    # What is measured in full is measured without sanitizers.
    if [ "$full" = ON ] && [[ "$wanted" == all || "$wanted" == *load* || "$wanted" == *ledger* ]]; then
        cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
        ninja -C build/release drawbridge plaza bench_ledger
    fi
    local log=build/debug/ctest.log status=0 total failed
    # Most of a test with servers is waiting: three at a time, the longest first (their COST).
    ctest --test-dir build/debug --output-on-failure --parallel 3 "${selection[@]}" | tee "$log" || status=$?
    label_times "$log"
    total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    failed=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log" | tail -n 1)
    echo "$((${total:-0} - ${failed:-0})) passed, ${failed:-0} failed"
    [ "${total:-0}" -gt 0 ] && [ "$status" -eq 0 ]
}
