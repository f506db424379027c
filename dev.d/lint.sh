# ./dev lint [--all]

# C files that differ from main (or all of them), headers too.
lint_files() {
    local base
    if [ "${1:-}" = --all ] || ! base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null); then
        git ls-files '*.c' '*.h'
    else
        { git diff --name-only --diff-filter=d "$base" -- '*.c' '*.h'; git ls-files --others --exclude-standard '*.c' '*.h'; }
    fi | sort -u
}

command_lint() {
    install_build_packages
    install_packages "to check the code" "${lint_packages[@]}"
    local files sources status=0
    mapfile -t files < <(lint_files "${1:-}")
    [ ${#files[@]} -gt 0 ] || {
        echo "No C file differs from main; ./dev lint --all checks everything."
        return 0
    }
    cmake -S . -B build/debug -G Ninja -DCMAKE_BUILD_TYPE=Debug >/dev/null
    # The fuzz targets are built by clang alone, into a folder of their own.
    mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep '\.c$' | grep -v '^fuzz/')
    echo "clang-format: ${#files[@]} files"
    clang-format --dry-run -Werror "${files[@]}" || status=1
    [ ${#sources[@]} -gt 0 ] || return $status
    echo "clang-tidy: ${#sources[@]} files"
    nice clang-tidy --quiet -p build/debug "${sources[@]}" 2>build/debug/clang-tidy.log || status=1
    grep -v 'warnings\? generated' build/debug/clang-tidy.log >&2 || true
    echo "cppcheck: ${#sources[@]} files"
    nice cppcheck --quiet --enable=warning,performance,portability --inline-suppr --library=dev.d/cppcheck.cfg --std=c11 --error-exitcode=1 -I. \
        --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches "${sources[@]}" || status=1
    return $status
}
