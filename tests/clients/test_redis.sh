#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The key-value server, looked at by Redis' own clients: redis-cli and redis-benchmark.

. tests/clients/lib.sh
need redis-cli redis-tools
need redis-benchmark redis-tools

cli() {
    redis-cli -p "$port" "$@"
}

# ---- every command, by what redis-cli shows ----------------------------------------------------------------

# Lines "COMMAND => what redis-cli says, its lines with | between them".
check_answers() {
    sed 's/ => .*//' "$scratch/wanted" | cli --no-raw >"$scratch/said"
    awk '{ sub(/^.* => /, ""); gsub(/\|/, "\n"); print }' "$scratch/wanted" | diff - "$scratch/said" ||
        fail "redis-cli was told something else (above: > is what it was told)"
}

start_server kv_server 0
cat >"$scratch/wanted" <<'END'
ping => PONG
ping "hello world" => "hello world"
echo hi => "hi"
set name Emma => OK
get name => "Emma"
get nobody => (nil)
set name Noah nx => (nil)
set other Noah xx => (nil)
get name => "Emma"
exists name nobody name => (integer) 2
type name => string
strlen name => (integer) 4
set binary "a\x00b\r\nc" => OK
get binary => "a\x00b\r\nc"
set empty "" => OK
get empty => ""
incr n => (integer) 1
incr n => (integer) 2
decr n => (integer) 1
incrby n 41 => (integer) 42
incrby n -50 => (integer) -8
incr name => (error) ERR the key holds no whole number
set top 9223372036854775807 => OK
incr top => (error) ERR the sum would not fit into 64 bits
incrby n x => (error) ERR a whole number of at most 64 bits is needed here
lpush list c b a => (integer) 3
rpush list d e => (integer) 5
llen list => (integer) 5
lrange list 0 -1 => 1) "a"|2) "b"|3) "c"|4) "d"|5) "e"
lrange list 1 2 => 1) "b"|2) "c"
lrange list -2 100 => 1) "d"|2) "e"
lrange list 3 1 => (empty array)
lrange list -100 -99 => (empty array)
lpop list => "a"
rpop list => "e"
type list => list
get list => (error) WRONGTYPE the key holds a list
lpush name x => (error) WRONGTYPE the key holds a text, not a list
llen nobody => (integer) 0
lpop nobody => (nil)
mset a 1 b 2 c 3 => OK
mset a 1 b => (error) ERR this command does not go like this
mget a b nobody list c => 1) "1"|2) "2"|3) (nil)|4) (nil)|5) "3"
del a b nobody => (integer) 2
ttl c => (integer) -1
ttl nobody => (integer) -2
expire c 100 => (integer) 1
ttl c => (integer) 100
persist c => (integer) 1
ttl c => (integer) -1
expire nobody 100 => (integer) 0
expire c 0 => (integer) 1
exists c => (integer) 0
set c 3 ex 100 => OK
ttl c => (integer) 100
incr c => (integer) 4
ttl c => (integer) 100
set c 3 => OK
ttl c => (integer) -1
set c 3 ex 0 => (error) ERR this is no time for a key to live
keys [bx]i*y => 1) "binary"
dbsize => (integer) 7
select 0 => OK
select 1 => (error) ERR there is only database 0
client setname test => OK
config get save => 1) "save"|2) ""
config get whatever => (empty array)
get => (error) ERR 'get' has another number of words
get a b => (error) ERR 'get' has another number of words
nonsense 1 => (error) ERR there is no command 'nonsense'
flushall => OK
dbsize => (integer) 0
END
check_answers

# ---- a key's life ends -------------------------------------------------------------------------------------

cli set short 1 px 30 >"$scratch/said"
until [ "$(cli exists short)" = 0 ]; do sleep 0.01; done
[ "$(cli ttl short)" = -2 ] || fail "a key whose time is over is still there"

# ---- a big value, and a command that comes byte by byte ----------------------------------------------------

head -c 20000000 /dev/urandom >"$scratch/big"
cli -x set big <"$scratch/big" >"$scratch/said"
cli get big >"$scratch/said"
echo | cat "$scratch/big" - | cmp - "$scratch/said" || fail "a value of 20 MB came back different"

exec {socket}<>"/dev/tcp/127.0.0.1/$port"
for piece in $'*' $'3' $'\r' $'\n$' $'3\r\nS' ET $'\r\n$6\r' $'\nslow' $'er\r\n$' $'2\r\nhi' $'\r' $'\n' 'get s' lower $'\n'; do
    printf '%s' "$piece" >&"$socket"
    sleep 0.002
done
printf 'quit\r\n' >&"$socket"
cat <&"$socket" >"$scratch/said"
exec {socket}>&-
printf '+OK\r\n$2\r\nhi\r\n+OK\r\n' | cmp - "$scratch/said" || fail "a command in pieces was not understood"

# ---- what is no RESP is refused, and the next client is served ---------------------------------------------

for wrong in '*1\r\n!4\r\nPING\r\n' '*9999999999\r\n' '*1\r\n$-5\r\n' '*1\r\n$99999999999\r\n' '*1\r\n$4\r\nPINGPONG\r\n' \
    '*x\r\n' "$(head -c 65536 /dev/zero | tr '\0' x)"; do
    exec {socket}<>"/dev/tcp/127.0.0.1/$port"
    # shellcheck disable=SC2059
    printf "$wrong" >&"$socket"
    head -n 1 <&"$socket" | grep -q '^-ERR protocol: ' || fail "not refused: ${wrong:0:40}"
    exec {socket}>&-
done
[ "$(cli ping)" = PONG ] || fail "the server does not answer any more"
cli flushall >"$scratch/said"

# ---- redis-benchmark: figures, no errors, and as many increments as were asked for -------------------------

requests=$(count 10000 2000)
redis-benchmark -p "$port" -t ping,set,get,incr,lpush,lrange,mset -P 16 -n "$requests" --csv \
    >"$scratch/csv" 2>"$scratch/err" || fail "redis-benchmark: $(cat "$scratch/err")"
cat "$scratch/csv"
[ ! -s "$scratch/err" ] || fail "redis-benchmark: $(cat "$scratch/err")"
! grep -i error "$scratch/csv" || fail "redis-benchmark was told an error"
tests=$(awk -F '"' 'NR > 1 && $4 > 0 { tests++ } END { print tests + 0 }' "$scratch/csv")
[ "$tests" = 12 ] || fail "12 figures were expected, not $tests"
[ "$(cli get counter:__rand_int__)" = "$requests" ] || fail "increments were lost: $(cli get counter:__rand_int__)"
[ "$(cli llen mylist)" = $((2 * requests)) ] || fail "pushes were lost: $(cli llen mylist)"

# The same key from many connections, long enough for both workers to be at it.
cli set counter:__rand_int__ 0 >"$scratch/said"
requests=$((10 * requests))
redis-benchmark -p "$port" -t incr -P 50 -c 200 -n "$requests" --csv >"$scratch/csv"
[ "$(cli get counter:__rand_int__)" = "$requests" ] || fail "increments were lost: $(cli get counter:__rand_int__)"
stop_server

# ---- the same with a trace ---------------------------------------------------------------------------------

export POLLUX_TRACE=$scratch/kv.jsonl
start_server kv_server 0
redis-benchmark -p "$port" -t set,incr,lpush -P 16 -n 320 -c 10 --csv >"$scratch/csv"
[ "$(cli get counter:__rand_int__)" = 320 ] || fail "increments were lost under the trace"
stop_server
unset POLLUX_TRACE
check_trace "$scratch/kv.jsonl"
