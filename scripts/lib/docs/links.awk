# SPDX-License-Identifier: Apache-2.0
#
# links: prints "file:line<TAB>target" for each relative link of Markdown files, and "file:line<TAB>`path`" for each path
# in backquotes that begins with a room of this tree. Fenced blocks are left out.

FNR == 1 { fenced = 0 }
/^```/ { fenced = !fenced; next }
fenced { next }
{
    rest = $0
    while (match(rest, /\]\([^)]+\)/)) {
        target = substr(rest, RSTART + 2, RLENGTH - 3)
        if (target !~ /^[a-z]+:/) print FILENAME ":" FNR "\tlink\t" target
        rest = substr(rest, RSTART + RLENGTH)
    }
    rest = $0
    while (match(rest, /`[^`]+`/)) {
        word = substr(rest, RSTART + 1, RLENGTH - 2)
        if (word ~ /^(scripts|tests|common|affinity|health|launcher|spank)\/[^ ]*$/ && word !~ /[<>…]|NAME/)
            print FILENAME ":" FNR "\tpath\t" word
        rest = substr(rest, RSTART + RLENGTH)
    }
}
