#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tests/run counts what it should: programs are played by scripts that print what a cmocka program would.

set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# program NAME STATUS LINE...
program() {
    name=$1 status=$2
    shift 2
    {
        echo '#!/bin/sh'
        echo "cat <<'END'"
        printf '%s\n' "$@"
        echo END
        echo "exit $status"
    } >"$scratch/$name"
    chmod +x "$scratch/$name"
}

# expect STATUS LAST_LINE PROGRAM...
expect() {
    status=0
    wanted_status=$1 wanted=$2
    shift 2
    tests/run -t 2 -o "$scratch/out" "$@" >"$scratch/said" 2>&1 || status=$?
    if [ "$status" != "$wanted_status" ] || [ "$(tail -n 1 "$scratch/said")" != "$wanted" ]; then
        echo "wanted status $wanted_status and \"$wanted\" for $*, got status $status and:"
        cat "$scratch/said"
        exit 1
    fi
}

running='[==========] Running 3 test(s).'
program good 0 "$running" '[  PASSED  ] 3 test(s).'
program newer 0 '[==========] group: Running 3 test(s).' '[  PASSED  ] 3 test(s).'
program skips 0 "$running" '[  PASSED  ] 2 test(s).' '[  SKIPPED ] 1 test(s), listed below:'
program fails 1 "$running" '[  PASSED  ] 2 test(s).' '[  FAILED  ] 1 test(s), listed below:'
program stops 0 "$running" '[       OK ] first'
program status 66 "$running" '[  PASSED  ] 3 test(s).'
program teardown 0 "$running" '[  FAILED  ] GROUP TEARDOWN' '[  PASSED  ] 3 test(s).'
program silent 0 ''
program two_groups 0 "$running" '[  PASSED  ] 3 test(s).' "$running" '[  PASSED  ] 3 test(s).'
printf '#!/bin/sh\necho "%s"\nsleep 20\n' "$running" >"$scratch/hangs"
printf '#!/bin/sh\nkill -9 $$\n' >"$scratch/killed"
printf '#!/bin/sh\nexit 77\n' >"$scratch/skipped.sh"
printf '#!/bin/sh\nexit 1\n' >"$scratch/failing.sh"
chmod +x "$scratch/hangs" "$scratch/killed" "$scratch"/*.sh

expect 0 '3 passed, 0 failed' "$scratch/good"
expect 0 '3 passed, 0 failed' "$scratch/newer"
expect 0 '6 passed, 0 failed' "$scratch/two_groups"
expect 0 '2 passed, 0 failed, 1 skipped' "$scratch/skips"
expect 0 '0 passed, 0 failed, 1 skipped' "$scratch/skipped.sh"
expect 1 '2 passed, 1 failed' "$scratch/fails"
expect 1 '0 passed, 3 failed' "$scratch/stops"
expect 1 '3 passed, 1 failed' "$scratch/status"
expect 1 '3 passed, 1 failed' "$scratch/teardown"
expect 1 '0 passed, 1 failed' "$scratch/silent"
expect 1 '0 passed, 1 failed' "$scratch/killed"
expect 1 '0 passed, 1 failed' "$scratch/failing.sh"
expect 1 '0 passed, 1 failed' "$scratch/is_not_there"
expect 1 '0 passed, 3 failed' "$scratch/hangs"
expect 1 '6 passed, 1 failed' "$scratch/good" "$scratch/newer" "$scratch/silent"
expect 1 '0 passed, 1 failed' -m nothing_of_this_name "$scratch/good"
