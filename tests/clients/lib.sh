# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the scripts of this folder share: they start a server of tests/programs, let real clients loose on it, and
# stop it in order. Sourced by bash; `set -euo pipefail` holds from here on.
#
#     need COMMAND PACKAGE       installs a client; 77 (skipped) when that cannot be done
#     start_server NAME [ARG…]   sets $server (its process) and $port; what it says goes to $scratch/NAME.{out,err}
#     stop_server                SIGTERM; it must end by itself, with status 0 and without a word of complaint
#     fail WORDS…
#     count NORMAL SLOW          the number for this build: sanitizers are slow

set -euo pipefail

scratch=$(mktemp -d)
programs=$PLX_BUILD_DIR/tests/programs
server=
port=

at_end() { # a script may have more to do
    :
}
clean_up() {
    local status=$?
    at_end
    if [ -n "$server" ]; then
        kill -KILL "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    if [ $status != 0 ] && [ $status != 77 ]; then
        cat "$scratch"/*.err 2>/dev/null || true # what the servers had to say
    fi
    rm -rf "$scratch"
    exit $status
}
trap clean_up EXIT

fail() {
    printf '%s\n' "$*"
    exit 1
}

need() {
    command -v "$1" >/dev/null || .ci/tools "$2" || true
    if ! command -v "$1" >/dev/null; then
        echo "skipped: $1 (package $2) is not here and cannot be installed"
        exit 77
    fi
}

count() {
    case ${BUILD:-} in
    asan | tsan) echo "$2" ;;
    *) echo "$1" ;;
    esac
}

start_server() {
    server_name=$1
    shift
    rm -f "$scratch/$server_name.out" # with another port in it, when this is the second one
    touch "$scratch/$server_name.out"
    "$programs/$server_name" "$@" >"$scratch/$server_name.out" 2>"$scratch/$server_name.err" &
    server=$!
    until port=$(sed -n 's/.* listens at .*:\([0-9]*\)$/\1/p' "$scratch/$server_name.out") && [ -n "$port" ]; do
        kill -0 "$server" 2>/dev/null || fail "$server_name did not start: $(cat "$scratch/$server_name.err")"
        sleep 0.02
    done
}

stop_server() {
    local status=0
    kill -TERM "$server"
    wait "$server" || status=$?
    server=
    [ "$status" = 0 ] || fail "$server_name ended with status $status: $(cat "$scratch/$server_name.err")"
    [ ! -s "$scratch/$server_name.err" ] || fail "$server_name complained: $(cat "$scratch/$server_name.err")"
}

# A trace in which nothing is missing: the viewer reads it, nothing was lost, and it goes to the runtime's end.
check_trace() {
    "$PLX_BUILD_DIR/pollux" view "$1" --at 1 --plain >"$scratch/frame" || fail "the viewer does not read $1"
    ! grep -m 1 '"ev":"lost"' "$1" || fail "events were lost"
    tail -n 20 "$1" | grep -q '"ev":"runtime_stop"' || fail "the trace ends before its runtime"
}
