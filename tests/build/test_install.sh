#!/bin/sh
# SPDX-License-Identifier: MIT
#
# An installed Pollux can be used: a program is built with pkg-config's flags alone, the installed viewer runs, and
# uninstall leaves nothing behind.

set -eu

root=$(pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/usr

make -s OUT="$PLX_BUILD_DIR" install PREFIX="$prefix"
test -x "$prefix/bin/pollux"
"$prefix/bin/pollux" --help >"$scratch/help"

cat >"$scratch/program.c" <<'END'
#include <pollux.h>
int main(void)
{
    return 0;
}
END
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
sanitize=
case ${BUILD:-} in
asan) sanitize=-fsanitize=address,undefined ;;
tsan) sanitize=-fsanitize=thread ;;
esac
# No -std and no -D: the headers must stand on their own in whatever a program is built with.
(cd "$scratch" &&
    ${CC:-cc} $sanitize -Wall -Werror program.c $(pkg-config --cflags --libs pollux) -o program &&
    ./program)

# Every lesson's program builds where it was installed.
for source in "$prefix"/share/pollux/lessons/*/demo.c; do
    [ -e "$source" ] || continue
    (cd "$(dirname "$source")" &&
        ${CC:-cc} $sanitize demo.c $(pkg-config --cflags --libs pollux) -o "$scratch/demo")
done

# The same through DESTDIR: nothing may point into it.
make -s OUT="$PLX_BUILD_DIR" install PREFIX=/usr DESTDIR="$scratch/staged"
if grep -r "$scratch" "$scratch/staged/usr/lib/pkgconfig"; then
    echo "pollux.pc names the staging folder"
    exit 1
fi

make -s OUT="$PLX_BUILD_DIR" uninstall PREFIX="$prefix" >/dev/null
left=$(find "$prefix" ! -type d)
if [ -n "$left" ]; then
    echo "uninstall left: $left"
    exit 1
fi
cd "$root"
