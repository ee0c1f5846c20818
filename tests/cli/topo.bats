#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # words.bash sets holdfast, machines, output, talk
#
# holdfast topo: on every machine of tests/machines, on files that are no machine, and two nodes compared.

load words

setup() {
    [ -e "$machines/hgx-h100.xml" ] || skip "the build has not written the machines; build all"
}

@test "topo: this machine is drawn" {
    told topo
    ends 0
    [[ $output == "this machine: "* ]]
    [[ $output == *"PUs "* ]]
}

@test "topo: every recorded machine is drawn, and its lines fit 120 columns" {
    for file in "$machines"/*.xml; do
        told topo --topology "$file"
        ends 0
        [ -z "$(tail -n +2 <<<"$output" | awk 'length > 120')" ] || { echo "$file: $output" && false; }
    done
}

@test "topo: the JSON of every machine is read back without loss" {
    for file in "$machines"/*.xml; do
        "$holdfast" topo --topology "$file" --json >"$BATS_TEST_TMPDIR/once.json"
        "$holdfast" topo --topology "$BATS_TEST_TMPDIR/once.json" --json >"$BATS_TEST_TMPDIR/twice.json"
        sed -i 's/"origin":"[^"]*"//' "$BATS_TEST_TMPDIR/once.json" "$BATS_TEST_TMPDIR/twice.json"
        cmp "$BATS_TEST_TMPDIR/once.json" "$BATS_TEST_TMPDIR/twice.json"
    done
}

@test "topo: the JSON is JSON" {
    needs jq jq
    told topo --topology "$machines/hgx-h100.xml" --json
    [ "$(jq '.gpus | length' <<<"$output")" -eq 8 ]
}

@test "topo: every drawing is well-formed XML" {
    needs xmllint libxml2-utils
    for file in "$machines"/*.xml; do
        told topo --topology "$file" --svg "$BATS_TEST_TMPDIR/drawing.svg"
        ends 0
        [ -z "$output" ]
        xmllint --noout --nonet "$BATS_TEST_TMPDIR/drawing.svg"
    done
}

@test "topo: --svg - draws on standard output" {
    told topo --topology "$machines/hgx-h100.xml" --svg -
    ends 0
    [[ $output == "<?xml"*"</svg>" ]]
}

@test "topo: a drawing that cannot be written is one sentence" {
    told topo --topology "$machines/hgx-h100.xml" --svg /nonexistent/x.svg
    ends 2 "holdfast: topo: /nonexistent/x.svg cannot be written (No such file or directory)"
    told topo --topology "$machines/hgx-h100.xml" --svg /dev/full
    ends 125 "holdfast: topo: /dev/full cannot be written (No space left on device)"
}

@test "topo: a file that is missing, unreadable or no machine is one sentence" {
    told topo --topology /nonexistent/x.xml
    [ "$status" -eq 2 ] && [[ $talk == "holdfast: topo: "*"/nonexistent/x.xml"* ]]
    told topo --topology /
    [ "$status" -ne 0 ] && [ "$(wc -l <<<"$talk")" -eq 1 ]
    echo 'not a machine' >"$BATS_TEST_TMPDIR/text"
    told topo --topology "$BATS_TEST_TMPDIR/text"
    [ "$status" -ne 0 ] && [ "$(wc -l <<<"$talk")" -eq 1 ]
    : >"$BATS_TEST_TMPDIR/empty"
    told topo --topology "$BATS_TEST_TMPDIR/empty"
    [ "$status" -ne 0 ] && [ "$(wc -l <<<"$talk")" -eq 1 ]
    head -c 65536 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
    told topo --topology "$BATS_TEST_TMPDIR/noise"
    [ "$status" -ne 0 ] && [ "$(wc -l <<<"$talk")" -eq 1 ]
}

@test "topo: a hostile file is one sentence, soon" {
    bomb=$BATS_TEST_TMPDIR/bomb.xml
    printf '<!DOCTYPE topology [<!ENTITY a "%s"><!ENTITY b "&a;&a;&a;&a;">]><topology>&b;</topology>' xxxxxxxx >"$bomb"
    deep=$BATS_TEST_TMPDIR/deep.xml
    { echo '<topology version="2.0">' && yes '<object type="Group">' | head -n 100000; } >"$deep"
    { printf '{"holdfast_topology":1,"packages":' && yes '[' | head -n 100000 | tr -d '\n'; } >"$BATS_TEST_TMPDIR/deep.json"
    for file in "$bomb" "$deep" "$BATS_TEST_TMPDIR/deep.json"; do
        status=0
        said=$(timeout 10 "$holdfast" topo --topology "$file" 2>&1 >/dev/null) || status=$?
        [ "$status" -eq 2 ] || [ "$status" -eq 125 ] || { echo "$file: $status $said" && false; }
        [ "$(wc -l <<<"$said")" -eq 1 ]
        [[ $said == "holdfast: topo: "* ]]
    done
}

@test "topo: options that exclude each other are told" {
    told topo --json --svg x.svg
    ends 2 "holdfast: topo: --json and --svg exclude each other; ask for one of them"
    told topo --strict-ids
    ends 2 "holdfast: topo: --strict-ids belongs to --diff; add --diff or leave it out"
    told topo --diff
    ends 2 "holdfast: topo: --diff needs the nodes to compare; write --diff A B"
    told topo node.xml
    ends 2 'holdfast: topo: "node.xml" is one word too many; a recorded machine is named by --topology FILE'
}

@test "topo: --diff of a node and itself ends 0" {
    told topo --diff "$machines/hgx-h100.xml" "$machines/hgx-h100.xml"
    ends 0
    [ "$output" = "$machines/hgx-h100.xml and $machines/hgx-h100.xml are alike" ]
}

@test "topo: --diff names the port that is down and the GPU that fell off, and ends 1" {
    cd "$machines"
    told topo --diff hgx-h100.xml hgx-h100-nic-down.xml
    ends 1
    [[ $output == *"NIC mlx5_2 is "*"active in hgx-h100.xml and "*"down in hgx-h100-nic-down.xml"* ]]
    told topo --diff hgx-h100.xml hgx-h100-fallen-gpu.xml
    ends 1
    [[ $output == *"hgx-h100-fallen-gpu.xml has no GPU at "* ]]
}

@test "topo: --diff --json holds the same in a form for scripts" {
    needs jq jq
    cd "$machines"
    told topo --diff hgx-h100.xml hgx-h100-nic-down.xml --json
    ends 1
    [ "$(jq -r '.same' <<<"$output")" = false ]
    [ "$(jq -r '.differences[0].kind' <<<"$output")" = nic_port ]
}

@test "topo: --diff of one file compares with this machine" {
    "$holdfast" topo --json >"$BATS_TEST_TMPDIR/me.json"
    told topo --diff "$BATS_TEST_TMPDIR/me.json"
    ends 0
    told topo --diff "$machines/hgx-h100.xml"
    ends 1
    [[ $output == *"this node has"* ]]
}

@test "topo: a node map is written for root to read, and the folder is nobody else's" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    map=$BATS_TEST_TMPDIR/map/node.json
    told topo --write-node-map --node-map "$map"
    ends 0
    [ "$(stat -c '%a %u' "$map")" = "644 0" ]
    [ "$(stat -c '%a %u' "$BATS_TEST_TMPDIR/map")" = "755 0" ]
}

@test "topo: --config reads these settings, and goes with nothing that steps rely on" {
    printf '[machine]\ntopology = "%s"\n' "$machines/dgx-a100-nps4.xml" >"$BATS_TEST_TMPDIR/site.toml"
    told topo --config "$BATS_TEST_TMPDIR/site.toml"
    ends 0
    [[ $output == *dgx-a100-nps4.xml* ]]
    told topo --config "$BATS_TEST_TMPDIR/site.toml" --write-node-map
    [ "$status" -eq 2 ]
    [[ $talk == *"--write-node-map and --config exclude each other"* ]]
    told topo --config /nonexistent.toml
    ends 2 "holdfast: topo: --config: the file /nonexistent.toml is not there; name one that is, or leave it out"
    printf '[machine]\ntopologie = "x"\n' >"$BATS_TEST_TMPDIR/wrong.toml"
    told topo --config "$BATS_TEST_TMPDIR/wrong.toml"
    [ "$status" -eq 2 ]
    [[ $talk == *"did you mean machine.topology?"* ]]
}

# A site whose machine is the recorded hgx-h100, and a user's file that puts its first GPU to the far package.
site_and_users_file() {
    printf '[machine]\ntopology = "%s"\n' "$machines/hgx-h100.xml" >"$BATS_TEST_TMPDIR/site.toml"
    first=$("$holdfast" topo --topology "$machines/hgx-h100.xml" --json | jq -r '.gpus[0].id')
    printf '<system version="1"><cpu numaid="1"><pci busid="%s" class="0x030200"/></cpu></system>\n' "$first" \
        >"$BATS_TEST_TMPDIR/own.xml"
    site=(--config "$BATS_TEST_TMPDIR/site.toml")
}

@test "topo: NCCL_TOPO_FILE moves the devices it names, in plan too, but in no recorded machine and no comparison" {
    needs jq jq
    site_and_users_file
    export NCCL_TOPO_FILE=$BATS_TEST_TMPDIR/own.xml
    told topo "${site[@]}" --json
    ends 0
    [ "$(jq -c '[.gpus[].near.numa]' <<<"$output")" = "[1,0,0,0,1,1,1,1]" ]
    [[ $(jq -r .origin <<<"$output") == *"NCCL_TOPO_FILE=$NCCL_TOPO_FILE says what 1 of "*" GPUs and NICs are near" ]]
    told plan "${site[@]}" --ranks 8 --explain
    ends 0
    [[ $output == *"note: NCCL_TOPO_FILE=$NCCL_TOPO_FILE says what 1 of "* ]]
    told topo --topology "$machines/hgx-h100.xml" --json
    [ "$(jq -c '[.gpus[].near.numa]' <<<"$output")" = "[0,0,0,0,1,1,1,1]" ]
    told topo "${site[@]}" --diff "$machines/hgx-h100.xml"
    [[ $output == *"are alike"* ]]
}

@test "topo: a torn or absent NCCL_TOPO_FILE is one warning, and the machine is taken as it is" {
    needs jq jq
    site_and_users_file
    "$holdfast" topo "${site[@]}" --json >"$BATS_TEST_TMPDIR/machine.json"
    printf '<system><cpu numaid="1">' >"$BATS_TEST_TMPDIR/torn.xml"
    for file in torn.xml absent.xml; do
        NCCL_TOPO_FILE=$BATS_TEST_TMPDIR/$file told topo "${site[@]}" --json
        [ "$status" -eq 0 ]
        cmp "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/machine.json"
        [ "$(wc -l <<<"$talk")" -eq 1 ]
        [[ $talk == *"NCCL_TOPO_FILE is not used for placing ranks: "*"$file"* ]]
        NCCL_TOPO_FILE=$BATS_TEST_TMPDIR/$file told exec "${site[@]}" -- echo ran
        [ "$status" -eq 0 ]
        [ "$output" = ran ]
        [[ $talk == *"NCCL_TOPO_FILE is not used"* ]]
    done
}
