#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The compiled poll of the five-step client, with tracing built out, holds no call through a pointer: the chain
# has become one function, from which only the leafs are called. Looked for in the machine code, also of all
# functions that it calls.
#
# The walk ends at the leafs (what they do, system calls and wakers, is their own affair), at libc, and at the
# report of a broken contract. That it would find a call through a pointer is shown by a chain with a box in it.

set -eu

build=${PLX_BUILD_DIR:-build/release}
compiler=${CC:-cc}
[ "${BUILD:-release}" = release ] || { echo 'Only the release build is looked at.'; exit 77; }
command -v objdump >/dev/null || { echo 'No objdump here.'; exit 77; }
library=$build-notrace/libpollux.a
[ -e "$library" ] || library=$build/libpollux.a

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A switch's jump table is a jump through a pointer as well; without tables whatever is left is a call.
"$compiler" -std=gnu11 -D_GNU_SOURCE -O2 -g -fno-jump-tables -DPLX_TRACE=0 -DBOXED -pthread -I. -Ilib \
    -o "$scratch/program" tests/programs/chain_poll.c "$library"
objdump -d --no-show-raw-insn "$scratch/program" >"$scratch/code"

# walk FUNCTION: prints what it has found; status 1 if there was a call through a pointer.
walk() {
    awk -v begin="$1" '
        BEGIN {
            split("plx_tcp_connect_poll plx_tcp_connect_drop plx_write_all_poll plx_write_all_drop " \
                  "plx_read_exact_poll plx_read_exact_drop plx_tcp_stream_drop plx_contract_broken", names, " ")
            for (i in names)
                leaf[names[i]] = 1
        }
        /^[0-9a-f]+ <.*>:$/ {
            name = $2
            gsub(/[<>:]/, "", name)
            known[name] = 1
            next
        }
        # x86: call or jmp *…; ARM: blr, br
        /[ \t](call|jmp)q? +\*/ || /\t(blr|br)[ \t]/ {
            indirect[name] = indirect[name] "    " name ": " $0 "\n"
        }
        # a call, or a jump into another function (or into the cold part of this one)
        /[ \t](callq?|j[a-z]+|bl?|b\.[a-z]+|cbn?z|tbn?z)[ \t].*<[^>]*>$/ {
            target = $NF
            gsub(/[<>]/, "", target)
            sub(/\+0x[0-9a-f]+$/, "", target)
            if (target != name)
                calls[name] = calls[name] " " target
        }
        NF > 1 { size[name]++ }
        END {
            if (!(begin in known)) {
                print "There is no function " begin "."
                exit 1
            }
            todo[1] = begin
            seen[begin] = 1
            for (next_one = last = 1; next_one <= last; next_one++) {
                at = todo[next_one]
                reached = reached " " at " (" size[at] ")"
                found = found indirect[at]
                n = split(calls[at], targets, " ")
                for (i = 1; i <= n; i++) {
                    target = targets[i]
                    if (target in seen)
                        continue
                    seen[target] = 1
                    if (target in leaf || target ~ /@plt$|\*ABS\*/)
                        ends = ends " " target
                    else
                        todo[++last] = target
                }
            }
            print "functions (instructions):" reached
            print "leafs:" ends
            if (found != "") {
                printf "calls through a pointer:\n%s", found
                exit 1
            }
        }' "$scratch/code"
}

failed=0
for function in poll_chain poll_async; do
    if ! walk "$function"; then
        echo "$function: there is a call through a pointer."
        failed=1
    fi
done

# The chain has become one function (and its cold part).
one='^functions (instructions): poll_chain ([0-9]*)\( poll_chain\.cold[^ ]* ([0-9]*)\)*$'
walk poll_chain | grep -q "$one" || { echo 'poll_chain is not one function.'; failed=1; }

# The leafs are there: it was the chain that was looked at.
for leaf in plx_tcp_connect_poll plx_write_all_poll plx_read_exact_poll; do
    walk poll_chain | grep -q "^leafs:.* $leaf" || { echo "poll_chain does not call $leaf."; failed=1; }
done

if walk poll_boxed >"$scratch/said"; then
    cat "$scratch/said"
    echo 'poll_boxed: the call through the pointer in the box was not found.'
    failed=1
fi
grep -q '^    poll_boxed: ' "$scratch/said" || {
    cat "$scratch/said"
    echo 'poll_boxed: the call through a pointer is not where it should be.'
    failed=1
}
exit "$failed"
