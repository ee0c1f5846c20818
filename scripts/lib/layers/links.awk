# SPDX-License-Identifier: Apache-2.0
#
# links: compares holdfast_library(… USES … HIDDEN …) and target_link_libraries(…) of each room's CMakeLists.txt with the
# layer table that table.awk has read.

# Words of the two calls that name no library.
BEGIN {
    n = split("PUBLIC PRIVATE INTERFACE holdfast_flags", w, " ")
    for (i = 1; i <= n; i++) silent[w[i]] = 1
}

function room_of_target(target) {
    sub(/^holdfast_/, "", target)
    if (target in rooms) return target
    return room_of(FILENAME)
}

function check_link(room, library,    other) {
    if (library in silent || library ~ /^-/) return
    other = library
    if (sub(/^holdfast(::|_)/, "", other) && other in rooms) {
        if (!may_use(room, other))
            print FILENAME ":" FNR ": room " room " links " library ", and the layer table does not grant it; " \
                "move the code to a room that may"
        return
    }
    if (!((room, library) in links))
        print FILENAME ":" FNR ": room " room " links " library ", and the layer table does not grant it; " \
            "use it behind the room that owns it, or add it to the table with the reason in the same commit"
}

function check_word(word) {
    if (word == "") return
    if (target == "") {
        target = word
        linking = call == "target_link_libraries"
        return
    }
    if (word ~ /^(SOURCES|USES|HIDDEN)$/) {
        linking = word != "SOURCES"
        return
    }
    if (linking) check_link(room_of_target(target), word)
}

FILENAME ~ /CMakeLists\.txt$/ {
    line = $0
    sub(/#.*/, "", line)
    if (line ~ /^[ \t]*(holdfast_library|target_link_libraries)\(/) {
        call = line
        sub(/\(.*/, "", call)
        call = trim(call)
        sub(/^[^(]*\(/, "", line)
        target = ""
        inside = 1
    }
    if (!inside) next
    closing = index(line, ")") > 0
    sub(/\).*/, "", line)
    count = split(line, words, /[ \t]+/)
    for (i = 1; i <= count; i++) check_word(words[i])
    if (closing) inside = 0
}
