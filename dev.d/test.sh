# ./dev test [--full] [LABEL…]

# Seconds of test time that each label may use at CI size; 20 minutes in all.
declare -A budget=([unit]=120 [golden]=30 [peers]=480 [faults]=300 [browser]=120 [contract]=150 [trust]=90)

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
    case "$wanted" in all | *peers* | *contract* | *faults* | *browser*) install_test_peers ;; esac
    cmake -S . -B build/debug -G Ninja -DCMAKE_BUILD_TYPE=Debug -DDRAWBRIDGE_FULL=$full >/dev/null
    ninja -C build/debug
    local log=build/debug/ctest.log status=0 total failed
    ctest --test-dir build/debug --output-on-failure "${selection[@]}" | tee "$log" || status=$?
    label_times "$log"
    total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    failed=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log" | tail -n 1)
    echo "$((${total:-0} - ${failed:-0})) passed, ${failed:-0} failed"
    [ "${total:-0}" -gt 0 ] && [ "$status" -eq 0 ]
}
