# The real servers of the tests and the demo: Node 20 and Fedify from npm, snac from Debian's backports. Everything goes
# into build/, so that the system keeps its Node and its sources.

peers=build/peers

# npm_folder NAME: installs tests/peers/NAME's lock file into build/peers/NAME, once for each state of that file.
npm_folder() {
    local from=tests/peers/$1 into=$peers/$1 state
    state=$(cat "$from/package.json" "$from/package-lock.json" | sha256sum)
    [ "$(cat "$into/.installed" 2>/dev/null)" != "$state" ] || return 0
    command -v npm >/dev/null || install_packages "for npm, which brings the tests' servers" nodejs npm
    echo "Fetching $1 by npm into $into"
    mkdir -p "$into"
    rm -f "$into/.installed"
    cp "$from/package.json" "$from/package-lock.json" "$into/"
    (cd "$into" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || return
    echo "$state" >"$into/.installed"
}

install_node() {
    npm_folder node
    local node
    node=$(cd "$peers" && echo node/node_modules/node-linux-*/bin/node)
    [ -x "$peers/$node" ] || {
        # npm takes an optional package that it could not fetch for one that is not wanted.
        rm -f "$peers/node/.installed"
        echo "npm brought no Node 20 for this machine ($(uname -m))." >&2
        case $(uname -m) in
        x86_64 | aarch64) echo "Does it reach its registry? Try: npm ping; then the same command again." >&2 ;;
        *) echo "There is one for x86_64 and aarch64 only; the demo and the tests with real servers need it." >&2 ;;
        esac
        return 1
    }
    mkdir -p "$peers/bin"
    ln -sfn "../$node" "$peers/bin/node"
}

# Debian's backports have a newer snac than Debian 12 itself; a later Debian may have it in its own archive.
install_snac() {
    [ ! -x build/snac/usr/bin/snac ] || return 0
    echo "Fetching snac from Debian's backports into build/snac"
    local apt=$PWD/build/apt release mirror
    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
    # shellcheck disable=SC2016 # apt's own placeholders
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk -v release="$release" '$2 == release { print $1; exit }')
    rm -rf "$apt"
    mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial" build/snac
    printf 'Types: deb\nURIs: %s\nSuites: %s %s-backports\nComponents: main\nSigned-By: %s\n' \
        "${mirror:-http://deb.debian.org/debian}" "$release" "$release" \
        /usr/share/keyrings/debian-archive-keyring.gpg >"$apt/sources/backports.sources"
    local options=(-qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$apt/sources"
        -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o "APT::Sandbox::User=$(id -un)"
        -o APT::Update::Post-Invoke= -o Acquire::Languages=none)
    apt-get "${options[@]}" update
    (cd "$apt" && apt-get "${options[@]}" download snac2)
    dpkg-deb -x "$apt"/snac2_*.deb build/snac
    rm -rf "$apt"
}

install_demo_peers() {
    install_node
    install_snac
}

# A PLC directory, a PDS and an AppView, which needs PostgreSQL; one of their packages is compiled here.
install_atproto() {
    npm_folder atproto
    local node
    node=$(cd "$peers" && realpath node/node_modules/node-linux-*)
    # By npm's node-gyp: Debian's own links against the Node of Debian.
    [ -f "$peers/atproto/node_modules/better-sqlite3/build/Release/better_sqlite3.node" ] || {
        command -v python3 >/dev/null || install_packages "for node-gyp" python3
        echo "Compiling better-sqlite3 for the tests' Node"
        (cd "$peers/atproto/node_modules/better-sqlite3" &&
            PATH="$node/bin:$PATH" "$node/bin/node" ../node-gyp/bin/node-gyp.js rebuild --release --nodedir="$node" >../../compile.log 2>&1) || {
            tail -n 20 "$peers/atproto/compile.log" >&2
            return 1
        }
    }
    [ -n "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] ||
        install_packages "for the AppView of the tests (its database)" postgresql
}

install_test_peers() {
    install_demo_peers
    command -v sqlite3 >/dev/null || install_packages "for a test that changes Plaza's database behind its back" sqlite3
    command -v curl >/dev/null || install_packages "for the contract's examples" curl
    npm_folder judges
    npm_folder fedify
    npm_folder conformance
    npm_folder validators
    install_atproto
    npm_folder browser
    command -v chromium >/dev/null || install_packages "to look at the pages as people do" chromium
}
