# SPDX-License-Identifier: Apache-2.0
#
# table: reads the layer table of ARCHITECTURE.md (the first file given) between its two marks and answers questions
# about it. A row is: | `room` | `path`, … | rooms it may use | headers from outside | libraries it may link |
# The files to check follow as arguments; their names are read here, so that a header is found by its include path.

function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }

function break_table(why) {
    print "ARCHITECTURE.md:" FNR ": " why
    broken = 1
    exit 2
}

# Keeps "room word" for each word of a cell; "—" is an empty cell.
function keep_words(kept, room, cell,    words, n, i) {
    gsub(/`/, "", cell)
    n = split(cell, words, /,/)
    for (i = 1; i <= n; i++) {
        words[i] = trim(words[i])
        if (words[i] != "" && words[i] != "—") kept[room, words[i]] = 1
    }
}

function read_row(line,    cells, n, room, places, count, i) {
    n = split(line, cells, /\|/)
    if (n != 7) break_table("a row of the layer table has " n - 2 " cells, and it takes 5")
    room = trim(cells[2])
    gsub(/`/, "", room)
    rooms[room] = 1
    gsub(/`/, "", cells[3])
    count = split(cells[3], places, /,/)
    for (i = 1; i <= count; i++) place_room[trim(places[i])] = room
    keep_words(uses, room, cells[4])
    keep_words(outside, room, cells[5])
    keep_words(links, room, cells[6])
    patterns[room] = cells[5]
}

# The room of a file is that of the longest path in the table that its name begins with.
function room_of(file,    place, best, length_of_best) {
    length_of_best = 0
    for (place in place_room)
        if (index(file, place) == 1 && length(place) > length_of_best) {
            best = place_room[place]
            length_of_best = length(place)
        }
    return best
}

function may_use(room, other) { return room == other || ((room, other) in uses) || ((room, "all") in uses) }

function find_headers(    i, at) {
    for (i = 2; i < ARGC; i++) {
        is_file[ARGV[i]] = 1
        at = index(ARGV[i], "/holdfast/")
        if (at > 0) header_path[substr(ARGV[i], at + 1)] = ARGV[i]
    }
}

BEGIN { find_headers() }

FILENAME == ARGV[1] && /^<!-- layers -->/ { in_table = 1; next }
FILENAME == ARGV[1] && /^<!-- \/layers -->/ { in_table = 0; next }
FILENAME == ARGV[1] && in_table && /^\| `/ { read_row($0) }
FILENAME == ARGV[1] { next }
FNR == 1 {
    if (!("common" in rooms)) break_table("no layer table between <!-- layers --> and <!-- /layers -->")
    here = room_of(FILENAME)
}
