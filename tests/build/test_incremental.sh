#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The Makefile, in a small tree of its own: it makes again what a change reaches, and nothing else.

set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset BUILD TRACE OUT CFLAGS
cp Makefile "$scratch"
cp -r .ci "$scratch"
cd "$scratch"

mkdir -p lib/part viz/command lessons/01-one tests/unit
echo 'int plx_one(void);' >lib/part/one.h
printf '#include "lib/part/one.h"\nint plx_one(void)\n{\n    return 1;\n}\n' >lib/part/one.c
printf 'int plx_two(void);\nint plx_two(void)\n{\n    return 2;\n}\n' >lib/part/two.c
sed 's/two/three/' lib/part/two.c >viz/three.c
printf '#include "lib/part/one.h"\nint main(void)\n{\n    return plx_one() - 1;\n}\n' >viz/command/main.c
cp viz/command/main.c lessons/01-one/demo.c
cp viz/command/main.c lessons/01-one/wrong_one.c

# expect WHAT LINES [VARIABLE=VALUE...]: make with the variables prints these lines, in any order
expect() {
    what=$1 wanted=$2
    shift 2
    if ! make CC="${CC:-cc}" "$@" >made 2>&1; then
        echo "$what: make failed"
        cat made
        exit 1
    fi
    made=$(sed -n 's/^  \([A-Z]*\) *\(build[^ ]*\/\)\{0,1\}/\1 /p' made | sort | tr '\n' ';')
    if [ "$made" != "$wanted" ]; then
        echo "$what: wanted $wanted"
        echo "$what: made   $made"
        exit 1
    fi
}

# gcc optimises a release's library as a whole; the archive of its parts is made besides.
case $(${CC:-cc} --version) in
*clang*) parts='' whole='' archive=libpollux.a ;;
*) parts='AR libparts.a;' whole='LTO libpollux.o;' archive=libparts.a ;;
esac
programs='LD demo;LD pollux;'
one='AR libpollux.a;CC lessons/01-one/demo.c;CC lib/part/one.c;CC viz/command/main.c;'$programs
all='AR libpollux.a;AR libpolluxviz.a;CC lessons/01-one/demo.c;CC lib/part/one.c;CC lib/part/two.c;'
all=$all'CC viz/command/main.c;CC viz/three.c;'$programs
debug=$all
one=$parts$one$whole
all=$parts$all$whole

expect 'a new tree' "$all"
[ "$(readlink pollux)" = build/release/pollux ]
expect 'nothing changed' ''
sleep 1
touch lib/part/one.h
expect 'a header changed' "$one"
expect 'another flag' "$all" CFLAGS=-DCHANGED
expect 'the same flag' '' CFLAGS=-DCHANGED
expect 'another kind of build' "$debug" BUILD=debug
[ "$(readlink pollux)" = build/debug/pollux ]
expect 'back at the first, without the flag' "$all"
rm lib/part/two.c
expect 'a source removed' "${parts}AR libpollux.a;$programs$whole"
[ "$(ar t build/release/$archive)" = one.o ]

# What an included makefile may not do: install, or make anything, when it is only asked.
rm -rf build
make -n CC="${CC:-cc}" >/dev/null
make -q CC="${CC:-cc}" >/dev/null || true
[ ! -e build ]

for wrong in BUILD=fast TRACE=maybe; do
    if make $wrong 2>made || ! grep -q "$wrong is not known" made; then
        echo "make $wrong was not refused"
        exit 1
    fi
done
