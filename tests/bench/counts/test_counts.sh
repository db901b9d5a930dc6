#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The hot paths take as many instructions as were recorded, within 5 %: a regression is seen on any machine, however
# busy. Skipped where valgrind, or a record for this compiler and processor, is missing, and in other builds than release.

set -eu

build=${PLX_BUILD_DIR:-build/release}
folder=tests/bench/counts
"$folder/count" -o "$build" || exit $?

# The comparison can fail: a record that is 6 % off is told, and named.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
awk '/^spawn / { $3 = $3 * 1.06 } { print }' "$folder/instructions" >"$scratch/off"
if "$folder/count" -o "$build" -f "$scratch/off" >"$scratch/said"; then
    echo 'A count that is 6 % off was not noticed.'
    exit 1
fi
grep -q '^spawn .*more than 5 % off' "$scratch/said"
[ "$(grep -c 'more than' "$scratch/said")" = 1 ]
