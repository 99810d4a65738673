#!/bin/sh
# How a run ends that has nothing to judge, or not all of it: one object for whoever reads stdout, no folder
# that is in the way of a second try, and one story in the manifest, the summary, junit and the last words.
. tests/tap.sh
login=scenarios/login
small="--set peers.count=20 --set supernodes.count=10 --set run.replications=3"
run() {
    "$program" run --quiet --no-figures "$@"
}
# object NAME CODE VERDICT PATTERN COMMAND…: ends with CODE; stdout is one JSON object with that verdict, and a
# sentence that matches PATTERN.
object() {
    name=$1
    wanted=$2
    verdict=$3
    pattern=$4
    shift 4
    "$@" >"$work/object" 2>"$work/log"
    code=$?
    [ $code -eq "$wanted" ] || echo "ended with code $code, not $wanted" >>"$work/log"
    cut -c 1-500 "$work/object" >>"$work/log"
    [ $code -eq "$wanted" ] && grep -Eq '"schema": ?1' "$work/object" &&
        grep -Eq "\"verdict\": ?\"$verdict\"" "$work/object" && grep -Eq "\"error\": ?\".*$pattern" "$work/object" &&
        grep -Eq '"points": ?\[' "$work/object" && [ "$(grep -c '"schema"' "$work/object")" -eq 1 ]
    verdict "/cli/ends/$name" $? "$work/log"
}
status() { # DIR
    sed -n 's/.*"status": "\([a-z]*\)".*/\1/p' "$1/manifest.json"
}

# Exit 2.
object json-scenario-error 2 error 'not a time' run --json $login/crowd.yaml --set run.limit=600 --out "$work/a"
grep -q '"line": 1' "$work/object"
verdict /cli/ends/json-scenario-error-has-its-place $? "$work/object"
object json-missing-file 2 error 'nosuch.yaml' run --json "$work/nosuch.yaml"
object json-no-file 2 error 'run needs a file' run --json
object json-unknown-option 2 error 'Unknown option --sede' run --json --sede 5 $login/crowd.yaml
object json-wrong-tier 2 error '--tier nightly' run --json --tier nightly $login/crowd.yaml
object json-explain 2 error "did you mean 'run.duration'" "$program" explain --json run.durration
object json-list 2 error "did you mean 'nats'" "$program" list --json nat
object json-show 2 error 'not a count' "$program" show --json --seed x $login/crowd.yaml
object json-host-without-live 2 error 'add --engine live' run --json --state "$work" $login/crowd.yaml
mkdir "$work/taken"
echo mine >"$work/taken/file"
object json-out-not-empty 2 error 'is not empty' run --json $login/crowd.yaml --out "$work/taken"

# The live engine and the addresses of others: told before a folder is made, so that a second try may use it.
object live-bootstrap 2 error 'bootstrap' run --json --engine live $login/crowd.yaml $small --out "$work/live"
[ ! -e "$work/live" ]
verdict /cli/ends/live-bootstrap-leaves-nothing $?
mkdir "$work/empty"
object live-in-an-empty-folder 2 error 'bootstrap' run --json --engine live $login/crowd.yaml $small --out "$work/empty"
[ -d "$work/empty" ] && [ -z "$(ls -A "$work/empty")" ]
verdict /cli/ends/an-empty-folder-stays-and-stays-empty $?
# What only the worker sees: the folder was made by then, and goes again.
mkdir "$work/state"
object live-without-keys 2 error '.' run --json --engine live $login/crowd.yaml $small --set supernodes.bootstrap=no \
    --host peer-1 --state "$work/state" --out "$work/worker"
[ ! -e "$work/worker" ]
verdict /cli/ends/a-world-that-cannot-be-leaves-nothing $? "$work/log"

# Exit 77.
mkdir "$work/alone"
cp "$program" "$work/alone/"
alone() {
    PARTYLINE_ENGINES= "$work/alone/partyline" run --engine ns3 --quiet --no-figures $login/crowd.yaml $small "$@"
}
object ns3-not-built 77 skipped 'ns3 engine is not available' alone --json --out "$work/absent"
grep -q '"scenario": "crowd"' "$work/object"
verdict /cli/ends/ns3-not-built-names-the-scenario $? "$work/object"
echo 'not a library' >"$work/alone/partyline-ns3.so"
object ns3-damaged 77 skipped 'ns3 engine is not available' alone --json --out "$work/absent"
[ ! -e "$work/absent" ]
verdict /cli/ends/ns3-not-built-leaves-nothing $?
# Without --out: no folder of this run, and `latest` stays what it was.
mkdir "$work/cwd"
ln -s "$top/scenarios" "$work/cwd/scenarios"
(cd "$work/cwd" && run $login/only-443.yaml) >"$work/log" 2>&1
before=$(readlink "$work/cwd/results/only-443/latest")
(cd "$work/cwd" && PARTYLINE_ENGINES= "$work/alone/partyline" run --quiet --engine ns3 $login/only-443.yaml) >>"$work/log" 2>&1
[ -n "$before" ] && [ "$(ls "$work/cwd/results/only-443" | wc -l)" -eq 2 ] &&
    [ "$(readlink "$work/cwd/results/only-443/latest")" = "$before" ]
verdict /cli/ends/latest-stays-what-it-was $? "$work/log"

# Exit 3: the file that is too large.
full() {
    (ulimit -f 80 && run --json $login/crowd.yaml --set run.events=packets --set run.replications=1 --out "$work/full")
}
object file-too-large 3 error 'File too large' full
[ "$(status "$work/full")" = fault ]
verdict /cli/ends/a-fault-leaves-its-manifest $?

# Exit 4: what held until the limit is not the verdict on the run.
object limit 4 interrupted 'budget: the limit' run --json $login/crowd.yaml $small --set run.limit=31s --out "$work/limit"
[ "$(status "$work/limit")" = budget ] && grep -q '^budget: ' "$work/log"
verdict /cli/ends/limit-is-one-story $? "$work/log"
grep -q '"verdict": "interrupted"' "$work/limit/summary.json" && grep -q '<error ' "$work/limit/junit.xml" &&
    grep -q 'errors="1"' "$work/limit/junit.xml"
verdict /cli/ends/limit-is-in-summary-and-junit $? "$work/limit/junit.xml"

# Exit 130.  A background command of a shell without job control ignores SIGINT: env restores it where it can.
env --default-signal=INT true 2>/dev/null && restore="env --default-signal=INT" signal=INT || restore= signal=TERM
interrupt() { # file that must be there first, then arguments
    awaited=$1
    shift
    $restore "$program" run --quiet --no-figures --jobs 1 "$@" >"$work/inner" 2>"$work/inner.log" &
    victim=$!
    tries=0
    while [ ! -e "$awaited" ] && [ $tries -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -$signal $victim
    wait $victim
    code=$?
    cat "$work/inner"
    cat "$work/inner.log" >&2
    return $code
}
object interrupted 130 interrupted 'of 200 replications' interrupt "$work/some/p0000/r01" --json $login/crowd.yaml \
    --set run.replications=200 --out "$work/some"
[ "$(status "$work/some")" = interrupted ] && grep -q '"verdict": "interrupted"' "$work/some/summary.json" &&
    grep -q '<error ' "$work/some/junit.xml" && grep -q '^interrupted: ' "$work/log"
verdict /cli/ends/interrupted-is-one-story $? "$work/log"
interrupt "$work/told/p0000/r01" $login/crowd.yaml --set run.replications=200 --out "$work/told" >"$work/log" 2>&1
grep -q 'Not the whole run (interrupted: ' "$work/log" && ! grep -Eq 'expectations? held\.' "$work/log"
verdict /cli/ends/interrupted-does-not-say-held $? "$work/log"
object interrupted-at-once 130 interrupted '0 of 1 replications' interrupt "$work/none/p0000" --json $login/crowd.yaml \
    --set peers.count=20000 --set supernodes.count=400 --set run.replications=1 --out "$work/none"
[ ! -e "$work/none" ]
verdict /cli/ends/interrupted-at-once-leaves-nothing $? "$work/log"

# Arguments, and a stdout that takes nothing.
for jobs in 0 -1 1025; do
    run $login/only-443.yaml --jobs=$jobs --out "$work/a" >"$work/log" 2>&1
    [ $? -eq 2 ] && grep -q -- "--jobs $jobs: write 1 to 1024" "$work/log"
    verdict "/cli/ends/jobs-$jobs-is-refused" $? "$work/log"
done
[ "$("$program" --version)" = "partyline $(sed -n 's/^version: //p' CITATION.cff)" ]
verdict /cli/ends/version $?
if [ -c /dev/full ]; then
    for what in list "explain run.duration" --help --version "run --quiet --no-figures $login/only-443.yaml --out $work/f"; do
        "$program" $what >/dev/full 2>"$work/log"
        [ $? -eq 3 ] && grep -q 'cannot write to stdout: No space left' "$work/log"
        verdict "/cli/ends/stdout-full/${what%% *}" $? "$work/log"
    done
    (ulimit -c 0; "$program" list nats >/dev/null 2>"$work/log")
    verdict /cli/ends/stdout-not-full $? "$work/log"
else
    skip /cli/ends/stdout-full "there is no /dev/full"
fi
finish
