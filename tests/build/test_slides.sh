#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The slides build into one file that needs nothing else: no network, no font, no picture beside it. Every figure is drawn from a
# trace, every slide has notes and minutes, and README.md tells how long a segment takes.

set -eu

command -v cmark >/dev/null 2>&1 || {
    echo "cmark is not here: make slides installs it"
    exit 77
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

POLLUX=$PLX_BUILD_DIR/pollux SLIDES_OUT=$scratch slides/build >"$scratch/log"
page=$scratch/futures-and-chains.html

# Nothing is fetched: the only address is the name of SVG.
if grep -Eo '(src|href|@import|url)[=( ]+[^ >]*' "$page" || grep -o 'https\?://[^" ]*' "$page" | grep -v w3.org/2000/svg; then
    echo "the slides look outside"
    exit 1
fi
if grep -n 'FIGURE [0-9]' "$page"; then
    echo "a figure was not put in"
    exit 1
fi

slides=$(grep -c '<section class="slide"' "$page")
notes=$(awk '/<aside>/ { on = 1; n = 0; next } /<\/aside>/ { if (n > 0) all++; on = 0 } on && /<p>/ { n++ } END { print all + 0 }' "$page")
figures=$(grep -c '^<figure>' "$page")
test "$slides" -ge 12
test "$notes" -eq "$slides" || { echo "$slides slides, $notes with notes"; exit 1; }
test "$figures" -ge 20
test "$figures" -eq "$(grep -c '^<svg ' "$page")"

minutes=$(sed -n 's/.*data-minutes="\([0-9]*\)".*/\1/p' "$page" | awk '{ sum += $1 } END { print sum }')
grep -q "futures-and-chains.md) | $minutes, " slides/README.md || {
    echo "slides/README.md does not say $minutes minutes"
    exit 1
}

# What cannot be drawn, or is not there to be shown, ends the build.
mkdir "$scratch/tree"
cp -r slides traces lessons "$scratch/tree"
sed -i 's/^poll task=1 future=1$/poll task=77/' "$scratch/tree/slides/futures-and-chains.md"
if POLLUX=$(realpath "$PLX_BUILD_DIR/pollux") SLIDES_OUT=$scratch/out "$scratch/tree/slides/build" >"$scratch/log" 2>&1; then
    echo "a figure of an event that is not there was built"
    exit 1
fi
grep -q 'no event is like this' "$scratch/log"
