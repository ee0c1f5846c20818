#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages as they are installed: mandoc finds nothing wrong with them.

load words

@test "manual: mandoc finds nothing wrong in any page" {
    needs mandoc mandoc
    pages=("$HOLDFAST_BUILD_DIR"/launcher/man/*.[158])
    [ -e "${pages[0]}" ] || skip "the pages were not made (scdoc is not installed, or build all)"
    [ "${#pages[@]}" -eq "$(find "$HOLDFAST_SOURCE_DIR/launcher/man" -name '*.scd' | wc -l)" ]
    for page in "${pages[@]}"; do
        # scdoc itself writes a paragraph macro after each heading and before each indented text.
        run bash -c "mandoc -Tlint -W warning '$page' | grep -v 'skipping paragraph macro'"
        [ -z "$output" ] || { echo "$output" && false; }
    done
}

@test "manual: every page another page of ours refers to is there" {
    texts=$HOLDFAST_SOURCE_DIR/launcher/man
    while IFS='()' read -r name section; do
        [ -e "$texts/$name.$section.scd" ] || { echo "$name($section) is not there" && false; }
    done < <(grep -ohE '\*(holdfast[a-z.-]*|spank_holdfast)\*\([0-9]\)' "$texts"/*.scd | tr -d '*' | sort -u)
}
