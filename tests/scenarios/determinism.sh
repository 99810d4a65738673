#!/bin/sh
# The same scenario and seed give the same bytes in every file but manifest.json: again, with two workers,
# from another folder, in another locale and time zone, and from a build at another optimisation level.
# Another seed gives others.
. tests/tap.sh

# hashes DIR: of every file but the manifest.
hashes() {
    (cd "$1" && find . -type f ! -name manifest.json | LC_ALL=C sort | xargs sha256sum)
}

# run DIR FILE OPTION…
run() {
    directory=$1
    file=$2
    shift 2
    "${binary:-$program}" run "$file" --quiet --no-figures --out "$directory" "$@" >"$work/log" 2>&1
    code=$?
    [ $code -le 1 ] # a scenario made small for this test need not hold
}

# same NAME DIR: the run in DIR is that of $work/first.
same() {
    hashes "$work/first" >"$work/first.txt"
    hashes "$2" >"$work/other.txt"
    if [ -s "$work/first.txt" ] && cmp -s "$work/first.txt" "$work/other.txt"; then
        verdict "$1" 0
    else
        diff "$work/first.txt" "$work/other.txt" >"$work/diff" 2>&1
        verdict "$1" 1 "$work/diff"
    fi
    rm -rf "${2:?}"
}

# check NAME FILE OPTION…
check() {
    name=$1
    file=$2
    shift 2
    binary=$program
    if ! run "$work/first" "$file" --jobs 1 "$@"; then
        if [ $code -eq 77 ]; then
            skip "/determinism/$name" "$(tail -n 1 "$work/log")"
        else
            verdict "/determinism/$name/runs" 1 "$work/log"
        fi
        rm -rf "$work/first"
        return
    fi
    (cd "$(dirname "$file")" && TZ=Asia/Kolkata LC_ALL=C.UTF-8 run "$work/again" "$(basename "$file")" --jobs 2 "$@")
    same "/determinism/$name/again" "$work/again"
    if [ -x "$SANO/partyline" ] && [ "${light:-yes}" = yes ]; then
        binary=$SANO/partyline
        run "$work/again" "$top/$file" --jobs 2 "$@"
        same "/determinism/$name/other-build" "$work/again"
        binary=$program
    fi
    run "$work/again" "$file" "$@" --seed 123456
    hashes "$work/first" | sed 's/ .*series.csv/ series/' | grep ' series' | sort >"$work/first.txt"
    hashes "$work/again" | sed 's/ .*series.csv/ series/' | grep ' series' | sort >"$work/other.txt"
    shared=$(LC_ALL=C comm -12 "$work/first.txt" "$work/other.txt" | wc -l)
    [ "$shared" -eq 0 ] && [ -s "$work/other.txt" ]
    verdict "/determinism/$name/another-seed" $?
    rm -rf "$work/first" "$work/again"
}

check captured scenarios/login/first-login.yaml --set run.replications=2 --set peers.count=3 \
    --set supernodes.count=20
check crowd scenarios/login/crowd.yaml --set run.replications=2 --set peers.count=300 --set run.events=packets
check lossy scenarios/login/lossy.yaml --set run.replications=3
check matrix scenarios/nat/matrix.yaml --set "matrix.callers=[symmetric, same-nat, proxy-only]"
check population scenarios/nat/population.yaml --tier ci --set peers.count=400
light=no
check captured-ns3 scenarios/login/first-login.yaml --engine ns3 --set run.replications=2 --set peers.count=3 \
    --set supernodes.count=20
check lossy-ns3 scenarios/login/lossy.yaml --engine ns3 --set run.replications=1
finish
