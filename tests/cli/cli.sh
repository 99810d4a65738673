#!/bin/sh
# What `run` does when things go wrong: exit codes, sentences, and what is left behind.
. tests/tap.sh
login=scenarios/login

# expect NAME CODE PATTERN COMMAND…: exits with CODE, and its stdout and stderr together match PATTERN.
expect() {
    name=$1
    wanted=$2
    pattern=$3
    shift 3
    "$@" >"$work/log" 2>&1
    code=$?
    [ $code -eq "$wanted" ] || echo "ended with code $code, not $wanted" >>"$work/log"
    [ $code -eq "$wanted" ] && grep -Eq -- "$pattern" "$work/log"
    verdict "/cli/run/$name" $? "$work/log"
}
run() {
    "$program" run --quiet --no-figures "$@"
}
# no_halves NAME DIR: nothing half-written lies in DIR, which need not be there any more.
no_halves() {
    find "$2" -name '.*' ! -name . ! -path "$2" >"$work/log" 2>/dev/null
    for file in $(find "$2" -name '*.csv' -o -name '*.jsonl' 2>/dev/null); do
        [ -z "$(tail -c 1 "$file")" ] || echo "$file does not end in a line" >>"$work/log"
    done
    [ ! -s "$work/log" ]
    verdict "/cli/run/$1" $? "$work/log"
}
status() { # DIR
    sed -n 's/.*"status": "\([a-z]*\)".*/\1/p' "$1/manifest.json"
}

# Bad input: exit 2, a sentence, nothing run.
expect bare-number 2 '^ +\| +\^' run $login/crowd.yaml --set run.limit=600 --out "$work/a"
expect wrong-unit 2 'run.limit=5kbit/s' run $login/crowd.yaml --set run.limit=5kbit/s --out "$work/a"
expect unknown-key 2 "did you mean 'replications'|run.replications" run $login/crowd.yaml --set run.replicatons=2 --out "$work/a"
expect missing-file 2 'cannot read .*nosuch.yaml' run "$work/nosuch.yaml"
expect no-file 2 'run needs a file' run
expect unreadable-trace 2 'cannot read .*nosuch.csv' run $login/crowd.yaml --set "network.latency=matrix($work/nosuch.csv)" --out "$work/a"
printf 'a,b\n1,banana\n' >"$work/matrix.csv"
expect damaged-trace 2 'matrix.csv:[0-9]+' run $login/crowd.yaml --set "network.latency=matrix($work/matrix.csv)" --out "$work/a"
expect no-peers 2 'without peers' run $login/crowd.yaml --set peers.count=0 --out "$work/a"
expect too-many-peers 2 'need about [0-9.]+ TiB' run $login/crowd.yaml --set peers.count=1000000000 --out "$work/a"
expect unknown-engine 2 'engine' run $login/crowd.yaml --engine heavy --out "$work/a"
[ ! -e "$work/a" ]
verdict /cli/run/bad-input-makes-no-folder $?
mkdir "$work/taken"
echo mine >"$work/taken/file"
expect out-not-empty 2 'is not empty' run $login/only-443.yaml --out "$work/taken"
[ "$(ls -A "$work/taken")" = file ] && [ "$(cat "$work/taken/file")" = mine ]
verdict /cli/run/out-not-empty-is-left-alone $?
expect out-is-a-file 2 'is not a folder' run $login/only-443.yaml --out "$work/taken/file"
expect out-for-two 2 'give one file' run $login/only-443.yaml $login/refused.yaml --out "$work/a"

# Verdicts.
small="--set peers.count=20 --set supernodes.count=10 --set run.replications=3"
expect held 0 'held' run $login/only-443.yaml --out "$work/held"
[ "$(status "$work/held")" = complete ]
verdict /cli/run/held-is-complete $?
sed 's/login.attempts.max == 1/login.attempts.max == 2/' $login/only-443.yaml >"$work/fails.yaml"
sed -i "s|\.\./base|$top/scenarios/base|" "$work/fails.yaml"
expect failed 1 'login.attempts.max == 2' run "$work/fails.yaml" --out "$work/failed"
grep -q '<failure' "$work/failed/junit.xml"
verdict /cli/run/failed-is-told-to-junit $?
# The line "again:" has all that made it fail, as a shell reads it; the file alone would hold.
expect failed-by-a-set 1 'again: ' run $login/only-443.yaml --tier ci --set 'expect=[login.attempts.max == 2]' \
    --out "$work/by-set"
again=$(sed -n 's/^ *again: *partyline run/run/p' "$work/log" | head -n 1)
echo "$again" | grep -q -- '--tier ci .*--set .*--seed'
verdict /cli/run/again-has-the-options $? "$work/log"
expect again-fails-again 1 'login.attempts.max == 2' eval "$again --out '$work/by-again'"
cmp -s "$work/by-set/summary.json" "$work/by-again/summary.json"
verdict /cli/run/again-is-the-same-run $?
sed -e "s|\.\./base|$top/scenarios/base|" -e 's/login.success == 100%/login.time.p50 <= 900ms/' $login/crowd.yaml >"$work/open.yaml"
# Two replications say little: the interval is wide whatever the value, so the bound is inside it.
value=$(run "$work/open.yaml" $small --set run.replications=2 --out "$work/pilot" 2>&1 >/dev/null; awk -F, '$2 == "login.time.p50" { print $3; exit }' "$work/pilot/summary.csv")
sed -i "s/<= 900ms/<= ${value}s/" "$work/open.yaml"
expect inconclusive 0 'inconclusive' run "$work/open.yaml" $small --set run.replications=2 --out "$work/open"
expect inconclusive-strict 1 'inconclusive' run --strict "$work/open.yaml" $small --set run.replications=2 --out "$work/strict"
expect limit 4 'limit' run $login/crowd.yaml $small --set run.limit=31s --out "$work/limit"
[ "$(status "$work/limit")" = budget ]
verdict /cli/run/limit-is-in-the-manifest $?
grep -q '"verdict": "interrupted"' "$work/limit/summary.json"
verdict /cli/run/limit-is-in-the-summary $?

# The engine that is not there.
mkdir "$work/alone"
cp "$program" "$work/alone/"
expect ns3-not-built 77 'ns3 engine is not available' env PARTYLINE_ENGINES= "$work/alone/partyline" run \
    --engine ns3 --quiet --no-figures $login/crowd.yaml $small --jobs 2 --out "$work/absent"
[ "$(grep -c 'is not available' "$work/log")" -eq 1 ]
verdict /cli/run/ns3-not-built-is-said-once $? "$work/log"
echo 'not a library' >"$work/alone/partyline-ns3.so"
expect ns3-damaged 77 'ns3 engine is not available' env PARTYLINE_ENGINES= "$work/alone/partyline" run \
    --engine ns3 --quiet --no-figures $login/crowd.yaml $small --out "$work/damaged"

# JSON: one object, and nothing else on stdout.
"$program" run --json --quiet --no-figures $login/only-443.yaml --out "$work/json" >"$work/object" 2>"$work/log"
[ $? -eq 0 ] && grep -q '"schema":1,' "$work/object" && grep -q '"verdict":"held"' "$work/object"
verdict /cli/run/json $? "$work/object"
if command -v python3 >/dev/null && python3 -c 'import json' 2>/dev/null; then
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); p = d["points"][0]
assert d["scenario"] == "only-443" and d["out"] and p["replications"] == 1
assert p["metrics"]["login.time.max"]["unit"] == "s" and p["expect"][0]["verdict"] == "held"' \
        "$work/object" >"$work/log" 2>&1
    verdict /cli/run/json-is-one-valid-object $? "$work/log"
else
    skip /cli/run/json-is-one-valid-object "there is no python3 to read it with"
fi

# A full disk: a sentence, not a crash; nothing half-written.
full() {
    (ulimit -f 80 && run $login/crowd.yaml --set run.events=packets --set run.replications=1 --out "$work/full")
}
expect file-too-large 3 'cannot write .*: File too large' full
! grep -q crashed "$work/log"
verdict /cli/run/file-too-large-is-no-crash $? "$work/log"
no_halves file-too-large-leaves-no-halves "$work/full"
# Not even the resolved scenario can be written: nothing ran, hence 2.
tiny() {
    (ulimit -f 1 && run $login/crowd.yaml --set run.replications=1 --out "$work/tiny")
}
expect no-room-at-all 2 'cannot write .*: File too large' tiny
no_halves no-room-at-all-leaves-no-halves "$work/tiny"
if unshare -m sh -c "mount -t tmpfs -o size=128k none '$work/taken'" 2>/dev/null; then
    cat >"$work/disk.sh" <<END
mount -t tmpfs -o size=128k none '$work/taken' || exit 99
'$program' run --quiet --no-figures $login/crowd.yaml --set run.events=packets --set run.replications=1 --out '$work/taken/out'
code=\$?
find '$work/taken/out' -name '.*' -type f | sed 's/^/left: /'
exit \$code
END
    expect full-disk 3 'No space left' unshare -m sh "$work/disk.sh"
    ! grep -q '^left: ' "$work/log"
    verdict /cli/run/full-disk-leaves-no-halves $? "$work/log"
else
    skip /cli/run/full-disk "a small disk cannot be mounted here"
fi

# Ctrl-C: what is complete stays, the rest goes.  A background command of a shell without job control ignores
# SIGINT, so the run is started by env, which restores it where it can; else SIGTERM says the same.
interrupt() {
    env --default-signal=INT true 2>/dev/null && restore="env --default-signal=INT" || restore=
    $restore "$program" run --quiet --no-figures $login/crowd.yaml --set run.replications=200 \
        --set run.events=protocol --jobs 1 --out "$work/interrupted" >"$work/log" 2>&1 &
    victim=$!
    tries=0
    while [ ! -e "$work/interrupted/p0000/r01" ] && [ $tries -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    if [ -n "$restore" ]; then kill -INT $victim; else kill -TERM $victim; fi
    wait $victim
}
interrupt
code=$?
[ $code -eq 130 ] || echo "ended with code $code" >>"$work/log"
[ $code -eq 130 ] && grep -q '^interrupted: ' "$work/log"
verdict /cli/run/interrupted $? "$work/log"
[ "$(status "$work/interrupted")" = interrupted ]
verdict /cli/run/interrupted-is-in-the-manifest $?
grep -q '"verdict": "interrupted"' "$work/interrupted/summary.json" &&
    ! grep -q '"held"' "$work/interrupted/summary.json" && grep -q '<error ' "$work/interrupted/junit.xml"
verdict /cli/run/interrupted-holds-nothing $? "$work/interrupted/summary.json"
no_halves interrupted-leaves-no-halves "$work/interrupted"
for folder in "$work"/interrupted/p0000/r*; do
    files=$(ls "$folder" | wc -l)
    [ "$files" -eq 0 ] || [ -s "$folder/scalars.csv" -a -s "$folder/series.csv" -a -s "$folder/events.jsonl" ] ||
        echo "$folder is neither complete nor empty"
done >"$work/log"
[ ! -s "$work/log" ]
verdict /cli/run/interrupted-replications-are-whole $? "$work/log"
finish
