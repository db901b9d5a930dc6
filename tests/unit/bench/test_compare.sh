#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The comparison with peers that are made up: right ones, ones that fail in every way, and builds that are refused.
# Nothing is measured.

set -eu

build=${PLX_BUILD_DIR:-build/release}
compare=$(cd "$build" && pwd)/compare
scaling=$(cd "$build" && pwd)/scaling
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
unset LOAD_CLIENT

fail() {
    echo "$*"
    for file in out errors; do
        echo "---- $file"
        cat "$file"
    done
    exit 1
}

# peer NAME: a program whose benches stand on standard input, in shell: lines of a case.
peer() {
    {
        echo '#!/bin/sh'
        echo 'case $1 in'
        echo 'build) echo release ;;'
        cat
        echo '*) exit 2 ;;'
        echo 'esac'
    } >"$1"
    chmod +x "$1"
}

# run STATUS COMMAND...
run() {
    wanted=$1
    shift
    status=0
    "$@" >out 2>errors || status=$?
    [ "$status" = "$wanted" ] || fail "status $status and not $wanted: $*"
}

says() {
    grep -qE -- "$2" "$1" || fail "$1 does not say: $2"
}

# ---- medians and ratios: ours runs faster each time ---------------------------------------------------------

peer ours <<'END'
spawn_many)
    echo x >>rounds
    case $(wc -l <rounds) in
    1) echo 'a word before'; echo '{"ns_per_op":30}' ;;
    2) echo '{"ns_per_op":90}' ;;
    *) echo '{"ns_per_op":50}' ;;
    esac ;;
yield_many) echo '{"ns_per_op":8}' ;;
timers) echo '{"insert_ns":4,"cancel_ns":2,"cpu_ns_per_op":10}' ;;
trace_ping_pong_off) echo '{"n":100,"ns_total":1000,"cpu_ns_per_op":10}' ;;
trace_ping_pong_on)
    echo '{"n":100,"ns_total":1500,"cpu_ns_per_op":10}'
    echo '{"events":50,"bytes_per_event":90,"cpu_ns_per_event":40,"end_ms":0.0005}' ;;
END
peer tokio <<'END'
spawn_many) echo '{"ns_per_op":100}' ;;
yield_many) echo '{"ns_per_op":9}' ;;
timers) echo '{"insert_ns":5,"cancel_ns":8,"cpu_ns_per_op":20}' ;;
END

run 0 "$compare" -r 3 -b spawn_many -b yield_many -b timers -b trace_ping_pong_on -o o.json -p o.svg -m o.md \
    pollux=ours tokio=tokio
says out '^spawn_many +ns +50\.0 +100\.0 +0\.50 of tokio +0\.50 met +30\.0\.\.90\.0'
says out '^yield_many +ns +8\.0 +9\.0 +0\.89 of tokio +0\.80 missed'
says out '^timers: insert .* 0\.80 of tokio +0\.50 missed'
says out '^timers: CPU .* 0\.50 of tokio +0\.50 met'
says out '^3 of 5 goals are met'
says out '^ping_pong +50 +90\.0 .* 1\.50 +2\.00 met +2\.00 '
says out '^Load of the machine .* before, .* after; meanwhile others used .* processors'
grep -q '^wake_cross' out && fail 'a bench that was not chosen stands in the table'
# Without a terminal: a line a round, and nothing that goes back to a line's beginning.
[ "$(wc -l <errors)" = 3 ] || fail 'not a line a round'
says errors '^round 3 of 3: [0-9]+ s$'
grep -q "$(printf '\r')" errors && fail 'a carriage return in a file'
says o.json '"pollux":.*\[30, 90, 50\]'
says o.md '^\| spawn_many, ns \| 50\.0 \| 100 \| 0\.50 \| 0\.50 \|'
says o.md '^\| yield_many, ns \| 8\.00 \| 9\.00 \| 0\.89 \| 0\.80, missed \|'
says o.svg '</svg>'
if command -v xmllint >/dev/null; then
    xmllint --noout o.svg || fail 'the picture is no XML'
fi

# ---- peers that fail: each is named, and the rest goes on ---------------------------------------------------

peer broken <<'END'
spawn_many) exit 3 ;;
yield_many) echo 'Segmentation fault? {"ns_per_op":'; echo '[1]'; echo '"text"' ;;
timers) kill -SEGV $$ ;;
wake_cross) echo '{"ns_per_op":"fast"}' ;;
mpsc) echo '{"ns_per_op":1e999}' ;;
ping_pong) echo '{"ns_per_op":-5}' ;;
chained_spawn) echo '{"ns_per_op":5}'; exit 1 ;;
END
peer fine <<'END'
spawn_many | yield_many | wake_cross | mpsc | ping_pong | chained_spawn) echo '{"ns_per_op":10}' ;;
timers) echo '{"insert_ns":5,"cancel_ns":8,"cpu_ns_per_op":20}' ;;
END
run 0 "$compare" -r 1 pollux=fine tokio=broken
says errors 'tokio, spawn_many: failed with status 3'
says errors 'tokio, yield_many: printed no line of JSON'
says errors 'tokio, timers: ended by signal 11'
says errors 'tokio, chained_spawn: failed with status 1'
for bench in spawn_many yield_many chained_spawn; do
    says out "^$bench +ns +10\.0 +failed"
done
for bench in wake_cross 'mpsc, to Go.s' ping_pong; do
    says out "^$bench +ns +10\.0 +- "
done
grep -q 'nan\|inf' out && fail 'a figure that is none'

# When it is ours that fails, the status tells.
run 1 "$compare" -r 1 -b spawn_many pollux=broken tokio=fine
says out '^spawn_many +ns +failed +10\.0'

# ---- what is refused ----------------------------------------------------------------------------------------

peer debug </dev/null
sed -i 's/^build.*/build) echo "built with a sanitizer"; exit 1 ;;/' debug
run 2 "$compare" pollux=debug tokio=fine
says errors 'no release build, and is not compared: built with a sanitizer'
printf '#!/bin/sh\n' >mute
chmod +x mute
run 2 "$compare" -b no_such_bench pollux=fine
says errors 'there is no bench no_such_bench'
run 2 "$compare" pollux=not-there
says errors 'pollux=not-there: No such file'
run 2 "$compare"
run 2 "$compare" -r 0 pollux=fine
run 1 "$compare" -r 1 -b mpsc -o /nowhere/at/all pollux=fine
says errors 'cannot write: No such file'

# ---- curves -------------------------------------------------------------------------------------------------

peer grows <<'END'
spawn_many) echo '{"ns_per_op":'"${BENCH_WORKERS:-0}"'}' ;;
spawn_n) echo '{"ns_per_op":'"$2"'}' ;;
END
run 0 "$scaling" -r 2 -b spawn_many -b spawn_n -o s.json -p s.svg pollux=grows tokio=broken
says out '^spawn_many, ns a task +1 +2 +4 +8 '
says out '^  pollux +1\.0 +2\.0 +4\.0 +8\.0 +4\.00$'
says out '^  pollux +10\.0 +100\.0 .* 1000000\.0$'
says s.json '"over":.*"workers"'
says s.svg '</svg>'
grep -q 'nan\|inf' s.svg && fail 'a place that is none'
run 2 "$scaling" -b no_such_bench pollux=grows
run 0 "$scaling" -r 1 -b mpsc -p s.svg pollux=grows # nothing to draw

# ---- the viewer's trace is a valid one ----------------------------------------------------------------------

cd - >/dev/null
for bench in load_1m load_1m_cjson load_1m_line_ends seek step; do
    TMPDIR=$scratch "$build/pollux-replay-bench" $bench 3000 >"$scratch/out" 2>"$scratch/errors" ||
        { cd "$scratch" && fail "pollux-replay-bench $bench"; }
done
cd "$scratch"
[ -z "$(ls "$scratch"/pollux-* 2>/dev/null)" ] || fail 'a trace was left behind'
