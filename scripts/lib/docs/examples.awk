# SPDX-License-Identifier: Apache-2.0
#
# examples: writes each example of one Markdown file that is marked to be run into a directory: N.sh holds the commands of
# the fenced block after "<!-- run -->", N.out the block after "<!-- prints -->", N.line where it begins.

BEGIN { number = 0; kind = "" }
/^<!-- run -->$/ { number++; kind = "sh"; print FNR > (into "/" number ".line"); next }
/^<!-- prints -->$/ { kind = "out"; next }
/^```/ && kind != "" {
    if (inside) { close(file); kind = ""; inside = 0 }
    else { inside = 1; file = into "/" number "." kind; printf "" > file }
    next
}
inside { print > file }
