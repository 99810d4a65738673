#!/bin/sh
# The verbs matrix and baseline: on a run made by hand, where every outcome is known, and on one of their own.
. tests/tap.sh

paths=path,cell,caller,callee,caller_kind,callee_kind,transport,profile,class,via,local,remote,cause,started_ns,time_ns,packets,bytes,sent,received,silence_ns,sent_after,received_after,drop_cause,drop_box,relay
# fixture DIR: public and port-restricted ends over UDP, all as they should be.
fixture() {
    mkdir -p "$1/p0000/r00"
    cat >"$1/kinds.csv" <<'KINDS'
kind,layer,knob,value
public,place,share,none
port-restricted,home,mapping,endpoint-independent
port-restricted,home,filtering,address-and-port-dependent
port-restricted,home,ports,preserve
KINDS
    printf 'point,case\n0,cross\n' >"$1/points.csv"
    printf 't_ns,host,name,labels,value,unit\n' >"$1/p0000/r00/series.csv"
    printf 'point,replication,name,labels,value,unit\n' >"$1/p0000/r00/scalars.csv"
    rest=public,host,host,,90000000000,400000000,30,2400,100,100,45000000000,50,50,filtered,home-2,
    {
        echo "$paths"
        echo "1,1,a-1,b-1,public,public,udp,ours,direct-udp,$rest"
        echo "2,2,a-2,b-2,public,port-restricted,udp,ours,reversed-udp,$rest"
        echo "3,3,a-3,b-3,port-restricted,public,udp,ours,direct-udp,$rest"
        echo "4,4,a-4,b-4,port-restricted,port-restricted,udp,ours,punched-udp,$rest"
    } >"$1/p0000/r00/paths.csv"
}
# ends NAME CODE COMMAND…: stdout in $work/out.
ends() {
    name=$1
    wanted=$2
    shift 2
    "$@" >"$work/out" 2>"$work/log"
    code=$?
    cat "$work/out" >>"$work/log"
    [ $code -eq "$wanted" ]
    verdict "/cli/matrix/$name" $? "$work/log"
}
has() { # NAME PATTERN [FILE]
    grep -Eq -e "$2" "${3:-$work/out}"
    verdict "/cli/matrix/$1" $? "${3:-$work/out}"
}

fixture "$work/good"
ends good-run 0 "$program" matrix "$work/good"
has good-run-table '^  1 public +D  R $'
has good-run-tally '^4 cells judged: 4 as they should be, 0 wrong'
for file in matrix.csv matrix.json junit.xml figures/matrix.html; do
    [ -s "$work/good/$file" ]
    verdict "/cli/matrix/writes-$file" $?
done
ends json 0 "$program" matrix --json "$work/good"
has json-object '"schema":1,.*"verdict":"held"'

fixture "$work/bad"
sed -i '5s/punched-udp/relayed-udp/' "$work/bad/p0000/r00/paths.csv"
ends red-run 1 "$program" matrix "$work/bad"
has red-names-the-cell '✗ ours/udp/cross/port-restricted/port-restricted'
has red-says-what 'relayed-udp, punched is expected: both show everyone one port'
has red-tells-the-last-drop 'last drop:  filtered at home-2'

# A run knows its scenario by its manifest: a red cell has the command that runs it again.
printf '{"scenario": "m", "scenario_file": "m.yaml", "seed": 7, "status": "complete"}\n' >"$work/bad/manifest.json"
ends red-run-with-manifest 1 "$program" matrix "$work/bad"
has red-can-be-run-again 'again: +partyline matrix m.yaml --seed 7 --cell port-restricted,port-restricted,udp,cross'

# Baselines.
baseline=$work/nat.json
ends update-wants-a-reason 2 "$program" baseline update "$work/good" --baseline "$baseline"
[ ! -e "$baseline" ]
verdict /cli/matrix/no-reason-no-file $?
ends update 0 "$program" baseline update "$work/good" --baseline "$baseline" --reason 'the first'
ends check-same 0 "$program" baseline check "$work/good" --baseline "$baseline"
has check-same-says '^No cell moved: 4 are what they were'
ends check-moved 1 "$program" baseline check "$work/bad" --baseline "$baseline"
has check-moved-says '▼ ours/udp/cross/port-restricted/port-restricted   punched-udp via public → relayed-udp'
ends matrix-against-baseline 1 "$program" matrix "$work/bad" --baseline "$baseline"
! grep -q 'caller . callee' "$work/out"
verdict /cli/matrix/only-what-moved $? "$work/out"
ends update-again 0 "$program" baseline update "$work/bad" --baseline "$baseline" --reason 'relays are nearer'
ends expected-failure 0 "$program" matrix "$work/bad" --baseline "$baseline"
has expected-failure-is-counted '1 wrong as expected'
has history-keeps-both 'the first' "$baseline"
has history-has-the-second '"reason": "relays are nearer", "cells": 4' "$baseline"
ends fixed-is-a-move 1 "$program" matrix "$work/good" --baseline "$baseline"
ends check-without-baseline 2 "$program" baseline check "$work/good" --baseline "$work/none.json"
ends baseline-unknown-act 2 "$program" baseline forget "$work/good"

# Usage.
ends no-file 2 "$program" matrix
ends cell-of-a-directory 2 "$program" matrix "$work/good" --cell public,public
ends malformed-cell 2 "$program" matrix scenarios/nat/matrix.yaml --cell public
ends cell-and-baseline 2 "$program" matrix scenarios/nat/matrix.yaml --cell public,public --baseline "$baseline"
ends unknown-kind 2 "$program" matrix scenarios/nat/matrix.yaml --cell public,pulbic
grep -q "pulbic" "$work/log"
verdict /cli/matrix/unknown-kind-is-named $? "$work/log"
ends unknown-case 2 "$program" matrix scenarios/nat/matrix.yaml --cell public,public,udp,crossed
ends no-matrix 2 "$program" matrix scenarios/login/crowd.yaml
ends no-run 2 "$program" matrix "$work"

# One cell of a scenario: a run of its own, with its packets.
ends one-cell 0 "$program" matrix --quiet --json scenarios/nat/matrix.yaml --cell public,port-restricted,udp,cross \
    --out "$work/cell"
has one-cell-is-one '"cells":1,'
grep -q '"net:packet"' "$work/cell/p0000/r00/events.jsonl"
verdict /cli/matrix/one-cell-has-packets $?
grep -q '<svg ' "$work/cell/figures/matrix.html"
verdict /cli/matrix/one-cell-has-its-ladder $?
[ "$(wc -l <"$work/cell/points.csv")" -eq 2 ]
verdict /cli/matrix/one-cell-has-one-case $?

# Four kinds with each other, of the whole: all as they should be, the same again, and a ladder of each way.
ends small-matrix 0 "$program" matrix --quiet scenarios/nat/matrix.yaml --out "$work/small" \
    --set 'matrix.callers=[public, port-restricted, symmetric, udp-blocked]' \
    --set 'matrix.callees=[public, port-restricted, symmetric, udp-blocked]'
has small-matrix-tally '^64 cells judged: 64 as they should be, 0 wrong'
[ "$(grep -c '<details id="ladder-' "$work/small/figures/matrix.html")" -ge 4 ]
verdict /cli/matrix/small-matrix-has-ladders $?
"$program" matrix --quiet --no-ladders scenarios/nat/matrix.yaml --out "$work/again" \
    --set 'matrix.callers=[public, port-restricted, symmetric, udp-blocked]' \
    --set 'matrix.callees=[public, port-restricted, symmetric, udp-blocked]' >"$work/out" 2>"$work/log"
cmp -s "$work/small/matrix.csv" "$work/again/matrix.csv"
verdict /cli/matrix/the-same-again $?

# The whole: every cell of every era as oracle and tables have it and as it was, and no honest word refused.
# whole NAME CELLS SCENARIO OPTION…: against results/baseline/NAME.json.
whole() {
    of=$1
    cells=$2
    scenario=$3
    shift 3
    ends "$of-is-what-it-was" 0 "$program" matrix --quiet --no-ladders "$scenario" --out "$work/$of" \
        --baseline "results/baseline/$of.json" "$@"
    has "$of-has-no-move" "^No cell moved: $cells are what they were"
    has "$of-has-all-cells" "^$cells cells judged"
    ! grep ',node.refused_inputs,' "$work/$of"/p*/r*/scalars.csv | grep -qv ',,0,count$'
    verdict "/cli/matrix/$of-refuses-nothing" $?
}
whole nat 1764 scenarios/nat/matrix.yaml
has nat-is-all-good '^1764 cells judged: 1764 as they should be, 0 wrong\.'
whole nat-e2 1764 scenarios/nat/matrix-e2.yaml
has nat-e2-is-all-good '^1764 cells judged: 1764 as they should be, 0 wrong\.'
whole nat-e1 1764 scenarios/nat/matrix-e1.yaml
has nat-e1-is-all-good '^1764 cells judged: 1764 as they should be, 0 wrong\.'
whole nat-real 84 scenarios/nat/matrix-real.yaml
has nat-real-is-all-good '^84 cells judged: 84 as they should be, 0 wrong\.'
# Of every seventh box or so of the product each cell is as the oracle has it.
ends product-sample 0 "$program" matrix --quiet --no-ladders scenarios/nat/product.yaml --tier ci --out "$work/product"
has product-sample-is-all-good '^196 cells judged: 196 as they should be, 0 wrong'
# The reference engine: its TCP does not punch where first packets cross, and falls back to a relay.
if [ -f "$(dirname "$program")/partyline-ns3.so" ]; then
    whole nat-ns3 84 scenarios/nat/matrix-real.yaml --engine ns3 --set run.crypto=sized
    has nat-ns3-is-all-good '^84 cells judged: 84 as they should be, 0 wrong'
else
    skip /cli/matrix/nat-ns3-is-what-it-was "the ns-3 engine is not built"
fi
finish
