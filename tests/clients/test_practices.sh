#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The best practices of lessons/12 to 14: each program runs to its end, says what it should, and its trace is whole.

. tests/clients/lib.sh

lessons=$PLX_BUILD_DIR/lessons

# says PROGRAM [sorted]: its output, line by line, is what comes on standard input. With `sorted` the order is free.
says() {
    local order=cat name
    [ "${2:-}" != sorted ] || order=sort
    name=$(basename "$1")
    $order >"$scratch/wanted"
    POLLUX_TRACE=$scratch/$name.jsonl timeout 60 "$lessons/$1" >"$scratch/said" 2>"$scratch/$name.err" ||
        fail "$1: status $?"
    $order "$scratch/said" | diff "$scratch/wanted" - || fail "$1 said something else (above)"
    [ ! -s "$scratch/$name.err" ] || fail "$1 complained"
    check_trace "$scratch/$name.jsonl"
}

# has PROGRAM COUNT PATTERN: so many lines of its trace match
has() {
    local found
    found=$(grep -c "$3" "$scratch/$1.jsonl") || true
    [ "$found" = "$2" ] || fail "$1's trace has $found lines with $3, not $2"
}

says 12-two-runtimes/two_runtimes sorted <<'END'
customer 1 has a receipt
customer 2 has a receipt
customer 3 has a receipt
the audit is over
the bank has 60
the shop's clock has ticked 5 times, while the bank stood still
END
has two_runtimes 2 '"ev":"runtime_start"'

says 13-executors/spawn sorted <<'END'
after the end: Cannot send after transport endpoint shutdown
spawned by a task, with the default executor
spawned by a thread that has a clone of the executor
spawned by main, which has entered the runtime
spawned by main, which has the runtime
END
has spawn 6 '"ev":"spawn"'
has spawn 1 '"how":"cancelled"' # the one that came too late

says 14-actors/actor <<'END'
balance: 250
take out 1000: there is not enough
take out 200: 50
END

says 14-actors/supervisor sorted <<'END'
100 / 0: Operation canceled
100 / 0: Operation canceled
100 / 0: Operation canceled
100 / 10 = 10
100 / 20: Broken pipe
100 / 4 = 25
100 / 5 = 20
a task ends: nothing can be divided by 0
a task ends: nothing can be divided by 0
a task ends: nothing can be divided by 0
supervisor: gives up
supervisor: the divider has ended (State not recoverable): start 2
supervisor: the divider has ended (State not recoverable): start 3
the supervisor has ended: Host is down
END
