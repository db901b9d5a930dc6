#!/bin/sh
# SPDX-License-Identifier: MIT
#
# .ci/deps on a machine that lacks everything, and may not install: it names what is missing, prints a command for
# each system, and exits 2. On this machine it finds everything, and writes the flags.

set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "$1"
    cat "$scratch/said"
    exit 1
}

mkdir "$scratch/bin"
for tool in sh awk tr head find id cat mkdir dirname mv; do
    ln -s "$(command -v $tool)" "$scratch/bin/$tool"
done

status=0
PATH=$scratch/bin CC=cc sh .ci/deps "$scratch/deps.mk" ncursesw libcjson 2>"$scratch/said" || status=$?
[ "$status" = 2 ] || fail "status $status, not 2"
[ ! -e "$scratch/deps.mk" ] || fail "flags were written all the same"
for words in 'cc pkg-config ncursesw libcjson' 'apt-get install gcc libc6-dev pkg-config libncurses-dev libcjson-dev' \
    'dnf install gcc' 'pacman -S gcc' 'brew install gcc'; do
    grep -q -e "$words" "$scratch/said" || fail "not said: $words"
done

CC=${CC:-cc} sh .ci/deps "$scratch/deps.mk" ncursesw libcjson 2>"$scratch/said" || fail "status $?"
grep -q '^LIBS_ncursesw := .*-lncursesw' "$scratch/deps.mk" || fail "no flags of ncursesw"
grep -q '^/.*ncursesw.pc:$' "$scratch/deps.mk" || fail "no rule for a library that goes away"
