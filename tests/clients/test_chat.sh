#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The chat, with 500 ncs at once: everybody reads every line of everybody else, once and in order. Then one who does
# not read: the others do not notice, and he is told how much he has missed.

. tests/clients/lib.sh
need nc netcat-openbsd
ulimit -n 4096 2>/dev/null || true

clients=()
inputs=()
close_clients() {
    [ ${#clients[@]} = 0 ] || kill "${clients[@]}" 2>/dev/null || true
    wait "${clients[@]}" 2>/dev/null || true
    for input in "${inputs[@]}"; do
        exec {input}>&-
    done
    clients=() inputs=()
}
at_end() {
    close_clients
}

# join NUMBER: an nc whose input we hold, and whose output goes to out.NUMBER
join() {
    local input
    mkfifo "$scratch/in.$1"
    exec {input}<>"$scratch/in.$1"
    nc 127.0.0.1 "$port" <"$scratch/in.$1" >"$scratch/out.$1" &
    clients[$1]=$!
    inputs[$1]=$input
    echo "client$1" >&"$input"
}

say() {
    local input=${inputs[$1]}
    shift
    printf '%s\n' "$@" >&"$input"
}

# How many lines that match are in all outputs together.
heard() {
    cat "$scratch"/out.* | grep -c "$1" || true
}

# until_heard COUNT PATTERN
until_heard() {
    local tries=0
    until [ "$(heard "$2")" -ge "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "of $1 lines with \"$2\" only $(heard "$2") have come"
        sleep 0.05
    done
    [ "$(heard "$2")" = "$1" ] || fail "$(heard "$2") lines with \"$2\", not $1"
}

# ---- everybody hears everybody -----------------------------------------------------------------------------

people=$(count 500 100)
start_server chat_server 0
for ((i = 1; i <= people; i++)); do
    join "$i"
done
until_heard "$people" '^\* welcome, client'
until_heard $((people * (people - 1) / 2)) '^\* client[0-9]* joins$'

for ((i = 1; i <= people; i++)); do
    say "$i" "hello from $i"
done
until_heard $((people * (people - 1))) ': hello from '
awk -v people="$people" '
    / hello from / {
        if ($1 != "client" $4 ":") { print "changed: " $0; wrong = 1 }
        if (seen[FILENAME, $4]++) { print FILENAME ": twice: " $0; wrong = 1 }
        lines[FILENAME]++
    }
    END {
        for (name in lines)
            if (lines[name] != people - 1) { print name ": " lines[name] " lines"; wrong = 1 }
        exit wrong
    }' "$scratch"/out.* || fail "not everybody has heard everybody (above)"

# Forty lines of one, in order, for all the others.
say 1 $(seq -f 'number-%g' 40)
until_heard $((40 * (people - 1))) ': number-'
for ((i = 2; i <= people; i += 50)); do
    grep -o 'number-.*' "$scratch/out.$i" | diff -q - <(seq -f 'number-%g' 40) >"$scratch/diff" || fail "out of order at $i"
done

kill "${clients[people]}"
wait "${clients[people]}" 2>/dev/null || true
until_heard $((people - 1)) "^\* client$people leaves\$"
[ "$(heard 'left out')" = 0 ] || fail "lines were left out, although everybody reads"
echo "$people clients, $(cat "$scratch"/out.* | wc -l) lines"
close_clients
stop_server

# ---- who does not read holds up nobody ---------------------------------------------------------------------

rm -f "$scratch"/out.* "$scratch"/in.*
start_server chat_server 0
join 1
join 2
until_heard 2 '^\* welcome'
exec {slow}<>"/dev/tcp/127.0.0.1/$port"
echo slow >&"$slow"
until_heard 2 '^\* slow joins$'

for ((i = 0; i < 100; i++)); do
    head -c 4000 /dev/zero | tr '\0' x
    echo
done >"$scratch/block"
rounds=45
for ((round = 1; round <= rounds; round++)); do
    cat "$scratch/block" >&"${inputs[1]}"
    until [ "$(stat -c %s "$scratch/out.2")" -ge $((round * 100 * 4010)) ]; do sleep 0.01; done
done
until_heard $((rounds * 100)) 'client1: x'

cat <&"$slow" >"$scratch/slow" & # now he reads
clients[3]=$!
tries=0
until grep -q 'left out: you read too slowly' "$scratch/slow"; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || fail "who reads too slowly is not told: $(wc -l <"$scratch/slow") lines"
    say 1 'still there?'
    sleep 0.02
done
said=$(grep -c '^client1: ' "$scratch/out.2")
until [ "$(awk '/^client1: / { n++ } / left out/ { n += $2 } END { print n + 0 }' "$scratch/slow")" -ge "$said" ]; do
    said=$(grep -c '^client1: ' "$scratch/out.2")
    sleep 0.02
done
[ "$(heard 'left out')" = 0 ] || fail "others have missed something too"
grep 'left out' "$scratch/slow"

# ---- what is typed cannot steer others' terminals; names, and lines that are too long ----------------------

say 1 $'\033[2Jcleared\a'
until_heard 1 'client1: ?\[2Jcleared?$'
printf '%s\n%s\n' client1 "$(head -c 25 /dev/zero | tr '\0' n)" | timeout 20 nc -N 127.0.0.1 "$port" >"$scratch/said"
printf '* %s\n' 'your name?' 'client1 is taken; another name?' 'a name has 1 to 24 bytes; your name?' |
    diff - "$scratch/said" || fail "names: other words were expected"
{
    echo long
    head -c 5000 /dev/zero | tr '\0' y
    echo
    echo shorter
} | timeout 20 nc -N 127.0.0.1 "$port" >"$scratch/said"
grep -q 'a line has at most' "$scratch/said" || fail "a line that is too long is not answered"
until_heard 2 '^long: shorter$'
! grep -q yyyy "$scratch/out.1" || fail "a line that is too long went through"
close_clients
exec {slow}>&-
stop_server

# ---- the same with a trace ---------------------------------------------------------------------------------

rm -f "$scratch"/out.* "$scratch"/in.*
export POLLUX_TRACE=$scratch/chat.jsonl
start_server chat_server 0
for ((i = 1; i <= 5; i++)); do
    join "$i"
done
until_heard 10 ' joins$'
say 3 'hello'
until_heard 4 'client3: hello'
close_clients
stop_server
unset POLLUX_TRACE
check_trace "$scratch/chat.jsonl"
