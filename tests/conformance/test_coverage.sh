#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The table in README.md says where each promised behaviour is tested: here it is held to that. Every number
# of the list is in the table, and for each
#
#     one of the files that its row names carries it (`conformance 46`, `real bugs 5`),
#     or its row gives a reason: it names no file, or says "does not apply", "not built" or the like;
#
# and every file that is named is there. A folder, `unit/net/`, stands for all files in it; a name without
# one is in the folder that was named last.
#
# usage: test_coverage.sh [README]

set -eu
cd "$(dirname "$0")/.."
readme=${1:-conformance/README.md}

# What the tests carry, a line each: kind, number, file. Lists may go over the end of a line, and have ranges.
carried() {
    find . -name 'test_*' -type f | sed 's|^\./||' | while read -r file; do
        sed -e 's/–/-/g' -e 's/^ \*//' -e 's/^# *//' "$file" | tr '\n' ' ' | tr -s ' ' |
            grep -oE '(conformance|real bugs?) [0-9][0-9, -]*( and [0-9]+)?' | sed "s|\$| $file|" || :
    done | awk '{
        kind = $1 == "conformance" ? "" : "bug "
        file = $NF
        for (i = kind == "" ? 2 : 3; i < NF; i++) {
            count = split($i, ends, /[^0-9]+/)
            last = count > 1 && ends[2] != "" ? ends[2] : ends[1]
            for (n = ends[1]; ends[1] != "" && n <= last; n++)
                print kind n "\t" file
        }
    }'
}

carried | sed 's/–/-/g' | awk -F '\t' -v readme="$readme" '
    { carries[$1, $2] = 1; files[$2] = 1 }

    BEGIN {
        reasons = "(do|does) not apply|not built|comes? with|cannot be|not an error|not offered|there is none"
    }

    # The files that a backquoted name stands for, into `named`.
    function name_files(word,    file, found, path) {
        if (word ~ /\/$/ || word ~ /\//) {
            folder = word
            sub(/[^\/]*$/, "", folder)
            path = word
        } else if (word ~ /^test_/)
            path = folder word
        else
            return
        if (path !~ /^(unit|stress|faults|build|bench|clients|golden|conformance|fuzz)\//)
            return
        gsub(/\./, "[.]", path)
        gsub(/\*/, ".*", path)
        for (file in files)
            if (file ~ "^" path) {
                named[file] = 1
                found = 1
            }
        names++
        if (!found && word !~ /\*/ && system("ls " word " " folder word " 2>/dev/null | grep -q ."))
            complain("names " word ", which is not there")
    }

    function complain(what) {
        print readme ": the row \"" row "\" " what
        wrong++
    }

    function left_out(kind, n) {
        return kind == "" ? n % 10 == 7 : n % 3 == 0
    }

    function hold(kind, n, reason,    file) {
        if (left_out(kind, n))
            return
        listed[kind n] = 1
        for (file in named)
            if ((kind n, file) in carries)
                kept[kind n] = 1
        if (reason)
            kept[kind n] = 1
        else if (!(kind n in where))
            where[kind n] = row
    }

    END {
        while ((getline line <readme) > 0) {
            if (line !~ /^\| (bugs? )?[0-9]/)
                continue
            gsub(/–/, "-", line)
            split(line, cells, / *\| */)
            row = cells[2]
            kind = row ~ /^bug/ ? "bug " : ""
            split("", named)
            names = 0
            folder = ""
            count = split(cells[4], parts, "`")
            for (i = 2; i <= count; i += 2)
                name_files(parts[i])
            reason = names == 0 || cells[4] ~ reasons
            list = row
            gsub(/bugs? |,/, " ", list)
            count = split(list, items, / +/)
            for (i = 1; i <= count; i++) {
                if (items[i] == "")
                    continue
                split(items[i] "-", ends, "-")
                for (n = ends[1] + 0; n <= (ends[2] == "" ? ends[1] : ends[2]) + 0; n++)
                    hold(kind, n, reason)
            }
        }
        for (n = 1; n <= 365; n++)
            check("", n)
        for (n = 1; n <= 80; n++)
            check("bug ", n)
        exit wrong > 0
    }

    function check(kind, n) {
        if (left_out(kind, n) || kind n in kept)
            return
        wrong++
        if (!(kind n in listed))
            print readme ": " kind n " is not in the table"
        else
            print readme ": " kind n " stands in no file that the row \"" where[kind n] "\" names"
    }'
