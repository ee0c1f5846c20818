# SPDX-License-Identifier: Apache-2.0
#
# includes: compares the #include lines of C and C++ files with the layer table that table.awk has read.

# Standard headers that touch the world: files, terminals, threads, signals. Rooms of values go without them.
BEGIN {
    n = split("cstdio fstream iostream filesystem thread mutex shared_mutex condition_variable future csignal random", w, " ")
    for (i = 1; i <= n; i++) worldly[w[i]] = 1
}

function folder(file) { sub(/[^\/]*$/, "", file); return file }

function report(what, remedy) { print FILENAME ":" FNR ": " what "; " remedy }

function check_own(name,    file, other) {
    if (name in header_path) file = header_path[name]
    else if ((folder(FILENAME) name) in is_file) file = folder(FILENAME) name
    else if (name in is_file) file = name
    else file = found_in_room(name)
    if (file == "") {
        report("\"" name "\" is no file of this tree", "include outside headers with < >, and generated ones not at all")
        return
    }
    other = room_of(file)
    if (!may_use(here, other))
        report("room " here " includes \"" name "\" of room " other ", and the layer table does not grant it", \
            "move the code to a room that may, or hand the value in as an argument")
}

function found_in_room(name,    file) {
    for (file in is_file)
        if (room_of(file) == here && substr(file, length(file) - length(name)) == "/" name) return file
    return ""
}

function check_outside(name,    kind, refused) {
    refused = "room " here " includes <" name ">, and the layer table does not grant it"
    if (name !~ /[.\/]/) {
        if (((here, "std") in outside) || (((here, "std values") in outside) && !(name in worldly))) return
        report(refused, "deciding code works on values: let its caller touch the world")
        return
    }
    if (((here, "posix") in outside) && name ~ /^((sys|linux|net|netinet|arpa|asm)\/)?[a-z0-9_]+\.h$/ && !is_library(name)) return
    if (matches_grant(name)) return
    report(refused, "use it behind the room that owns it, or add it to the table with the reason in the same commit")
}

# Headers at the top of /usr/include that belong to a library and not to POSIX.
function is_library(name) { return name ~ /^(hwloc|expat|pmix|munge|nvml|nccl|cuda|zlib|libudev|jansson)\.h$/ }

function matches_grant(name,    grants, n, i, grant) {
    n = split(patterns[here], grants, /[`,]/)
    for (i = 1; i <= n; i++) {
        grant = trim(grants[i])
        if (grant == "<" name ">") return 1
        if (grant ~ /\*>$/ && index("<" name, substr(grant, 1, length(grant) - 2)) == 1) return 1
    }
    return 0
}

FILENAME ~ /\.(cpp|hpp|c|h)$/ && FNR == 1 && here == "" {
    print FILENAME ":1: lies in no room of the layer table; add a row to ARCHITECTURE.md or move the file"
}
FILENAME ~ /\.(cpp|hpp|c|h)$/ && here != "" && /^[ \t]*#[ \t]*include[ \t]*["<]/ {
    name = $0
    sub(/^[^"<]*["<]/, "", name)
    sub(/[">].*$/, "", name)
    if ($0 ~ /include[ \t]*"/) check_own(name)
    else check_outside(name)
}
