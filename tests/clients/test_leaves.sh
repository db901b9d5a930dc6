#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Leaves that are what the deck's first picture of a future shows: database queries and remote procedure calls. What was
# not built, because its library is not here, is left out; when nothing was, this is skipped.

. tests/clients/lib.sh

leaves=$PLX_BUILD_DIR/lessons/03-real-leaves
tested=0

# run PROGRAM ARGS…: what it says goes to $scratch/said; its trace is whole
run() {
    local name=$1
    shift
    POLLUX_TRACE=$scratch/$name.jsonl timeout 60 "$leaves/$name" "$@" >"$scratch/said" 2>"$scratch/$name.err" ||
        fail "$name: status $?"
    [ ! -s "$scratch/$name.err" ] || fail "$name complained"
    check_trace "$scratch/$name.jsonl"
    tested=$((tested + 1))
}

# wants TEXT: that is what was said
wants() {
    printf "$1" | diff - "$scratch/said" || fail "something else was said (above)"
}

# ---- SQLite, in a blocking section -------------------------------------------------------------------------

if [ -x "$leaves/sqlite" ]; then
    run sqlite
    wants 'Pollux | 2\nCastor | 1\nfailed: no such column: wings\n'
    run sqlite "$scratch/twins.db"
    wants 'Pollux | 2\nCastor | 1\nfailed: no such column: wings\n'
    grep -q '"kind":"blocking"' "$scratch/sqlite.jsonl" || fail "no blocking section in the trace"
    grep -q '"value":"2 rows"' "$scratch/sqlite.jsonl" || fail "no rows in the trace"
fi

# ---- PostgreSQL, in a temporary folder, at a socket in it --------------------------------------------------

postgres_bin=$(find /usr/lib/postgresql /usr/local/pgsql /opt -maxdepth 3 -name pg_ctl 2>/dev/null | sort -V | tail -n 1) || true
postgres_bin=${postgres_bin%/pg_ctl}
[ -n "$postgres_bin" ] || postgres_bin=$(dirname "$(command -v pg_ctl || echo /nowhere/pg_ctl)")
data=

# The server refuses to be run by root.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        "$@"
    fi
}

at_end() {
    [ -z "$data" ] || as_user "$postgres_bin/pg_ctl" -D "$data/db" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$data"
}

start_postgres() {
    data=$(mktemp -d /tmp/plxpg.XXXXXX) # short: the path of a socket has 107 bytes at most
    [ "$(id -u)" != 0 ] || chown postgres "$data"
    (
        cd "$data"
        as_user "$postgres_bin/initdb" -D "$data/db" -A trust -U pollux --no-sync --no-locale -E UTF8
        as_user "$postgres_bin/pg_ctl" -D "$data/db" -w -l "$data/log" -o "-F -k $data -c listen_addresses=''" start
    ) >"$scratch/postgres.log" 2>&1 </dev/null || fail "PostgreSQL does not start: $(cat "$scratch/postgres.log" "$data/log")"
}

if [ -x "$leaves/postgres" ] && [ -x "$postgres_bin/initdb" ] && { [ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1; }; then
    start_postgres
    run postgres "host=$data user=pollux dbname=postgres"
    sort "$scratch/said" >"$scratch/sorted"
    mv "$scratch/sorted" "$scratch/said"
    wants 'Castor | 1\nCastor | 1\nPollux | 2\nPollux | 2\nfailed: ERROR:  column "wings" does not exist
failed: ERROR:  column "wings" does not exist\nfirst: 1 row, 100000 numbers, sum 5000050000
second: 1 row, 100000 numbers, sum 5000050000\n'
    # Both queries were under way at the same time: the second was asked before the first had answered.
    grep -n -e '"what":"postgres"' -e '"value":"1 row"' "$scratch/postgres.jsonl" | sed 's/.*"ev":"\([a-z_]*\)".*/\1/' |
        uniq | tr '\n' ' ' >"$scratch/order"
    [ "$(cut -d' ' -f1-2 "$scratch/order")" = 'register ready' ] || fail "the queries came one after the other: $(cat "$scratch/order")"
    ! timeout 20 "$leaves/postgres" "host=$scratch user=pollux" >"$scratch/said" 2>&1 || fail "there is no server there"
    grep -q 'Connection refused' "$scratch/said" || fail "other words were expected: $(cat "$scratch/said")"
else
    echo "PostgreSQL is left out: its server or libpq is not here"
fi

# ---- JSON-RPC: replies out of order, an error, a timeout; and the server to nc -----------------------------

if [ -x "$leaves/rpc" ]; then
    run rpc
    wants 'add: 5\nsleep: "quick"\nsleep: "slow"\ndivide: error "there is no such method"
sleep: Connection timed out\nadd: 42\n'
    need nc netcat-openbsd
    "$leaves/rpc" serve 0 >"$scratch/rpc.out" 2>"$scratch/rpc.err" &
    server=$!
    until port=$(sed -n 's/.* listens at .*:\([0-9]*\)$/\1/p' "$scratch/rpc.out") && [ -n "$port" ]; do sleep 0.02; done
    {
        echo '{"jsonrpc":"2.0","id":"a","method":"sleep","params":[200,"last"]}'
        echo '{"jsonrpc":"2.0","id":1,"method":"add","params":[1,2,3.5]}'
        echo '{"jsonrpc":"2.0","method":"add","params":[1,2]}' # a notification
        echo '{"jsonrpc":"2.0","id":2,"method":"add","params":["x"]}'
        echo '{"jsonrpc":"2.0","id":3,"nothing":1}'
        echo 'no json'
    } | timeout 20 nc -N 127.0.0.1 "$port" >"$scratch/all"
    [ "$(tail -n 1 "$scratch/all")" = '{"jsonrpc":"2.0","id":"a","result":"last"}' ] || fail "the slow one is not the last: $(cat "$scratch/all")"
    sort "$scratch/all" >"$scratch/said"
    wants '{"jsonrpc":"2.0","id":"a","result":"last"}
{"jsonrpc":"2.0","id":1,"result":6.5}
{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"other parameters are needed"}}
{"jsonrpc":"2.0","id":3,"error":{"code":-32600,"message":"this is no request"}}
{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"this is no JSON"}}\n'
fi

if [ "$tested" = 0 ]; then
    echo "skipped: none of the libraries is here"
    exit 77
fi
