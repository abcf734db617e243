# What the suites share. Each sources this first; it is no suite itself.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# stop SENTENCE: ends the suite as failed. The sentence says what is missing and how to get it.
stop() {
    echo "$(basename "$0") cannot run: $*" >&2
    exit 1
}

# need COMMAND PACKAGE...: makes sure of a command, installing the Debian packages that bring it where it is missing.
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null && return
    command -v apt-get >/dev/null ||
        stop "\`$command\` is missing, and only Debian's apt-get is known here. Install what brings it ($*), then run this again."

    echo "installing $* for \`$command\`"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
    command -v "$command" >/dev/null || stop "apt-get installed $*, and \`$command\` is still missing from the PATH."
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        stop "\`$*\` must be run by root, and there is no sudo. Run it as root, then run this again."
    fi
}

# scratch: a folder for this suite alone, gone when it ends, in $scratch.
scratch() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
}

# All that is tested is built as one: `--tests` beside `--bins`, and the same features everywhere, because cargo would
# otherwise choose other features for the crates below and compile them all once more. The clock of waybill-proxy can
# be set only in such a build; the suite `gap` looks at the one that ships.
tested=(--locked --workspace --features waybill-proxy/test-clock)

# build_programs: the two programs that process tests drive, in $WAYBILL_BIN and $WAYBILL_PROXY_BIN.
build_programs() {
    cargo build "${tested[@]}" --bins --tests
    export WAYBILL_BIN=$target/debug/waybill WAYBILL_PROXY_BIN=$target/debug/waybill-proxy
}

# run_tests NAME: the integration tests of that name, wherever they lie.
run_tests() {
    cargo test "${tested[@]}" --no-fail-fast --test "$1"
}

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

command -v cargo >/dev/null || stop "cargo is missing. Install Rust with rustup; rust-toolchain.toml names the version."
need cc gcc libc6-dev # SQLite is C, and is built with the rest.
