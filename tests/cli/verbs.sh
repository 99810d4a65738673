#!/bin/sh
# The command line as a user meets it: results on stdout, messages on stderr, exit codes.  Speaks TAP.
set -u
O=${O:-build}
program=$O/partyline
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
verdict() { # name, 0 if it holds
    number=$((number + 1))
    [ "$2" -eq 0 ] && echo "ok $number /cli/$1" || {
        sed 's/^/# /' "$scratch/out" "$scratch/err"
        echo "not ok $number /cli/$1"
    }
}
# Runs the program; 0 if it exits with the code, and stdout and stderr match the patterns ("" = must be empty).
run() { # code, stdout pattern, stderr pattern, arguments…
    code=$1 out=$2 err=$3
    shift 3
    "$program" "$@" >"$scratch/out" 2>"$scratch/err"
    [ $? -eq "$code" ] || return 1
    if [ -n "$out" ]; then grep -Eq -- "$out" "$scratch/out" || return 1; else [ ! -s "$scratch/out" ] || return 1; fi
    if [ -n "$err" ]; then grep -Eq -- "$err" "$scratch/err" || return 1; else [ ! -s "$scratch/err" ] || return 1; fi
}

for file in scenarios/*/*.yaml; do
    case $file in scenarios/base/*) continue ;; esac
    run 0 'is valid: ' '' validate "$file"; verdict "valid/$file" $?
    for tier in ci full; do
        run 0 'is valid: ' '' validate --tier $tier "$file"; verdict "valid/$file/$tier" $?
    done
done

"$program" explain --markdown >"$scratch/out" 2>"$scratch/err"
cmp -s "$scratch/out" docs/scenario-reference.md; verdict reference-page-is-the-table $?
"$program" explain --constants >"$scratch/out" 2>"$scratch/err"
sed -n '/^| key | range /,$p' docs/protocol.md | cmp -s "$scratch/out" -; verdict constants-of-the-protocol-are-the-table $?

printf 'scenario: x\nrun: {duration: 600}\n' >"$scratch/bad.yaml"
run 2 '' 'bad.yaml:2:17: error: not a time' validate "$scratch/bad.yaml"; verdict a-scenario-error-is-exit-2 $?
run 2 '"column": 17' '' validate --json "$scratch/bad.yaml"; verdict errors-as-json $?
run 2 '' 'cannot read' validate "$scratch/none.yaml"; verdict a-missing-file-is-exit-2 $?
run 2 '' "did you mean 'validate'" vaildate; verdict the-nearest-verb-is-suggested $?
run 2 '' 'Usage: partyline VERB'; verdict no-verb-is-a-usage-error $?
run 0 'Usage: partyline VERB' '' --help; verdict help-goes-to-stdout $?
run 0 '^Examples:' '' validate --help; verdict help-shows-examples $?
run 2 '' '^partyline: --tier nightly: .*ci or full' list --tier nightly; verdict a-wrong-tier-is-told $?
run 2 '' 'Unknown option --sede' list --sede 5; verdict an-unknown-option-is-told $?
run 0 'seed: 77 +# --seed$' '' --seed 77 show --resolved scenarios/login/crowd.yaml; verdict options-before-the-verb $?
run 0 'seed: 77 +# --seed$' '' show --resolved scenarios/login/crowd.yaml --seed 77; verdict options-after-the-verb $?
run 2 '' '^--engine foo: error: unknown engine' validate --engine foo scenarios/login/crowd.yaml
verdict a-wrong-engine-is-quoted-as-written $?
run 2 '' '^--seed x: error: not a count' validate scenarios/login/crowd.yaml --seed x; verdict a-wrong-seed-is-quoted-as-written $?
run 2 '' 'there are no supernodes' validate --set supernodes.count=0 scenarios/login/crowd.yaml
verdict no-supernodes-are-refused-before-a-run $?
run 0 'count: 2000 +# .*crowd.yaml:[0-9]+' '' show --resolved scenarios/login/crowd.yaml
verdict origins-are-shown $?
"$program" show --resolved scenarios/login/crowd.yaml >"$scratch/again.yaml"
run 0 'crowd is valid: 1 point, 3 runs' '' validate "$scratch/again.yaml"; verdict a-resolved-file-is-valid $?
run 2 '' 'there is no point 9' show --point 9 scenarios/login/crowd.yaml; verdict a-wrong-point-is-told $?
run 2 '' 'hosts need about 14.9 TiB' validate --set 'peers={count: 1000000000, link: dsl}' scenarios/login/only-443.yaml
verdict a-billion-peers-are-refused $?
run 0 'matrix is valid: 2 points, 2 runs, 882 cells, up to [0-9]+ hosts' '' validate scenarios/nat/matrix.yaml
verdict cells-are-counted $?
run 0 '"cells": 882' '' validate --json scenarios/nat/matrix.yaml; verdict cells-are-counted-as-json $?
"$program" show --resolved scenarios/nat/matrix.yaml >"$scratch/again.yaml"
run 0 'matrix is valid: 2 points, 2 runs, 882 cells' '' validate "$scratch/again.yaml"; verdict a-resolved-matrix-is-valid $?
printf 'scenario: x\nprofiles: {lan: {up: 1Mbit/s, down: 1Mbit/s}}\nrun: {until: all-paths-done, limit: 5min}\nsupernodes: {link: lan}\nlogin_servers: {link: lan}\npeers: {link: lan}\nmatrix:\n  kinds:\n    - {name: a, nat: port-restricted(hairpn=none)}\n  callers: [b]\n' >"$scratch/matrix.yaml"
run 2 '' 'matrix.yaml:9:22: error: a NAT has no knob .hairpn.' validate "$scratch/matrix.yaml"; verdict a-wrong-knob-is-told-at-its-place $?
run 2 '' "did you mean 'hairpin'" validate "$scratch/matrix.yaml"; verdict a-knob-is-suggested $?
run 2 '' 'matrix.yaml:10:13: error: no such kind: .b.' validate "$scratch/matrix.yaml"; verdict a-wrong-kind-is-told-in-the-same-pass $?
run 2 '' "did you mean 'symmetric'" validate --set peers.nat=symetric scenarios/login/refused.yaml; verdict a-nat-is-suggested $?
run 0 '1 point' '' validate --set 'peers.nat=symmetric(udp_lifetime=30s)' scenarios/login/only-443.yaml; verdict a-nat-with-knobs-on-the-command-line $?
run 0 '^hairpin .*: none, external, internal' '' list knobs; verdict knobs-are-listed $?
run 0 'default: none' '' explain matrix.kinds.carrier; verdict a-key-of-a-kind-is-explained $?
printf 'timeline: [{at: 1s, do: roam, what: peer-1}]\n' | cat scenarios/login/only-443.yaml - | sed "s|extends: ../|extends: $PWD/scenarios/|" >"$scratch/roam.yaml"
run 2 '' 'cannot give a host another address' run --engine live --set supernodes.bootstrap=no "$scratch/roam.yaml"; verdict who-cannot-move-hosts-says-so $?
run 0 'default: 6s \(measured BS-09\)' '' explain protocol.login.pause; verdict explain-a-tunable $?
run 0 'default: 5s \(measured BS-07\)' '' explain login.udp_wait; verdict explain-a-tunable-without-its-prefix $?
run 0 'default: 5 \(measured BS-09\)' '' explain login.attempts; verdict explain-a-tunable-beside-its-metric $?
run 2 '' "did you mean 'protocol.login.udp_wait'" explain login.udp_wiat; verdict explain-suggests-a-tunable $?
run 0 'cache.hand_out' '' explain protocol; verdict explain-lists-the-tunables $?
run 0 'skipped' '' explain 77; verdict explain-an-exit-code $?
run 0 'unit: s' '' explain 'login.time.p50'; verdict explain-a-metric $?
run 0 'suffixes: .mean .*\.p50 .*\.max' '' explain login.time && grep -q 'labels: login=first|later setup' "$scratch/out"
verdict explain-a-metric-has-suffixes-and-labels $?
run 0 'value: the sum of a replication' '' explain net.drops.loss && grep -q 'last parts: .*loss' "$scratch/out" &&
    ! grep -Eq 'suffixes|labels' "$scratch/out"
verdict explain-a-total-has-parts-and-no-suffixes $?
run 2 '' "did you mean 'run.duration'" explain run.durration; verdict explain-suggests $?
for what in scenarios profiles metrics plots nats firewalls stacks engines policies keys; do
    run 0 '.' '' list $what; verdict "list/$what" $?
    run 0 '"schema": 1' '' list $what --json; verdict "list/$what/json" $?
done
run 2 '' "did you mean 'nats'" list nat; verdict list-suggests $?
echo "1..$number"
