#!/bin/sh
# Speed and memory: prints one table and writes results/bench.json, a list of {name, value, unit, reference,
# ratio}.  A reference is another figure of this same run (or a bound of memory), so that a ratio means the
# same on any machine.  Takes about twelve minutes on two cores; nothing else should run meanwhile.
#   BENCH_PEERS="1000 10000" make bench    for fewer
#   BENCH_MATRIX=1600 make bench           without the product of all knobs, a minute; BENCH_MATRIX= for no matrix
#   tests/bench/bench.sh --million         only this: a million peers log in, in one process of some 12 GiB, half an
#                                          hour; writes results/bench-million.json.  Look at `free -g` first.
# This is no test: it always ends with 0 unless a program fails.
set -u
O=${O:-build}
case $O in /*) ;; *) O=$PWD/$O ;; esac
export PARTYLINE_ENGINES="$O"
peers=${BENCH_PEERS:-1000 10000 100000}
matrices=${BENCH_MATRIX-1600 product}
results=results/bench.json
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

run() { # PROGRAM ARGUMENT…
    program=$O/tests/bench/$1
    shift
    "$program" --json "$@" >>"$lines"
    code=$?
    [ $code -eq 77 ] && echo "bench: ns-3 is not built; its figures are left out" >&2
    [ $code -eq 0 ] || [ $code -eq 77 ]
}

# An hour of idle peers up to 10^4; a quarter of it beyond.
crowds() {
    for n in $peers; do
        idle=3600
        [ "$n" -gt 10000 ] && idle=900
        run bench_crowd --peers "$n" --crypto sized --idle $idle || return 1
        [ "$n" -eq 10000 ] || idle=0
        run bench_crowd --peers "$n" --crypto real --idle $idle || return 1
    done
    run bench_crowd --peers 5000 --idle 3600 || return 1
    run bench_crowd --peers 5000 --idle 3600 --engine ns3 || return 1
    run bench_crowd --peers 10000 --engine ns3 || return 1
    # Megabytes that 10^3, 10^4 and 10^5 peers have.
    run bench_memory 12 120 1200
}

matrices() {
    for matrix in $matrices; do
        case $matrix in
        product) run bench_matrix product scenarios/nat/product.yaml || return 1 ;;
        *) run bench_matrix "$matrix" "tests/bench/matrix-$matrix.yaml" || return 1 ;;
        esac
    done
}

case ${1-} in
--million)
    results=results/bench-million.json
    # As many to a supernode as PO-13 has at most: that each of 4 000 asks every other would be most of the time.
    run bench_crowd --peers 1000000 --children 480 --idle 60 || exit 1
    ;;
'')
    run bench_datagram light || exit 1
    run bench_datagram --hosts 10000 ns3 || exit 1
    crowds || exit 1
    matrices || exit 1
    ;;
*)
    echo "bench: no option but --million" >&2
    exit 2
    ;;
esac

mkdir -p results
awk '
# {"name":"N","value":V,"unit":"U"}
{
    split($0, part, "\"")
    name = part[4]; value = part[7]; gsub(/[^0-9.e+-]/, "", value)
    if (!(name in at)) order[++n] = name
    at[name] = value + 0; unit[name] = part[10]
}
function against(name, reference, wanted) {
    if ((name in at) && reference > 0) { of[name] = reference; want[name] = wanted }
}
function derived(name, value, of_unit) { order[++n] = name; at[name] = value; unit[name] = of_unit }
# How many lines from memory, one after another, would explain by how much an event takes longer at 10^5 than at 10^3.
function lines_of(what, name, slower) {
    name = c "light.sized.100000." what
    slower = at["memory.1200.step"] - at["memory.12.step"]
    if ((name ".event" in at) && (c "light.sized.1000." what ".event" in at) && slower > 0)
        derived(name ".lines", (at[name ".event"] - at[c "light.sized.1000." what ".event"]) * 1000 / slower, "lines/event")
}
END {
    d = "datagram."; c = "crowd."
    against(d "light.10000.rate", at[d "ns3.10000.rate"], "20 x ns-3; 2e6/s")
    against(d "light.100000.rate", at[d "light.10000.rate"], "1e6/s")
    against(c "light.sized.10000.login.event", at[c "light.sized.1000.login.event"], "")
    against(c "light.sized.100000.login.event", at[c "light.sized.1000.login.event"], "")
    against(c "light.sized.10000.idle.event", at[c "light.sized.1000.idle.event"], "")
    against(c "light.sized.100000.idle.event", at[c "light.sized.1000.idle.event"], "")
    lines_of("login"); lines_of("idle")
    against(c "light.sized.10000.idle.speed", 100, "at least 1")
    against(c "light.real.10000.idle.speed", 100, "at least 1")
    against(c "light.sized.100000.idle.speed", 5, "at least 1")
    against(c "ns3.sized.5000.login.cpu", at[c "light.sized.5000.login.cpu"], "")
    against(c "ns3.sized.5000.idle.cpu", at[c "light.sized.5000.idle.cpu"], "")
    against(c "light.sized.1000000.peak", 16384, "at most 1")
    against(c "light.sized.1000000.login.failed", 1, "0")
    split("1000 10000 100000", size, " ")
    for (i = 1; i <= 3; i++)
        against(c "light.real." size[i] ".login.cpu", at[c "light.sized." size[i] ".login.cpu"], "")
    against(c "ns3.sized.10000.login.cpu", at[c "light.sized.10000.login.cpu"], "")
    against(c "light.sized.100000.idle.resident", 12288, "at most 1")
    against(c "ns3.sized.10000.idle.resident", at[c "light.sized.10000.idle.resident"] + 26 * 1024,
            "at most 1 (light + 26 KiB)")
    # Seconds are the bounds; how many datagrams a cell costs is the same on any machine.
    m = "matrix."; datagram = at[d "light.10000.rate"] ? 1e6 / at[d "light.10000.rate"] : 0
    against(m "1600.cpu", 10, "at most 1")
    against(m "product.wall", 300, "at most 1")
    against(m "1600.cell", datagram, "")
    against(m "product.cell", datagram, "")
    against(m "product.rate", at[m "1600.rate"], "")
    printf "%-46s %14s %-14s %12s %8s  %s\n", "name", "value", "unit", "reference", "ratio", "wanted" > "/dev/stderr"
    printf "["
    for (i = 1; i <= n; i++) {
        name = order[i]
        printf "%s\n  {\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", ", (i > 1 ? "," : ""), name, at[name], unit[name]
        if (name in of) {
            printf "\"reference\": %.6g, \"ratio\": %.4g}", of[name], at[name] / of[name]
            printf "%-46s %14.6g %-14s %12.6g %8.3g  %s\n", name, at[name], unit[name], of[name], at[name] / of[name], want[name] > "/dev/stderr"
        } else {
            printf "\"reference\": null, \"ratio\": null}"
            printf "%-46s %14.6g %-14s\n", name, at[name], unit[name] > "/dev/stderr"
        }
    }
    printf "\n]\n"
}' "$lines" 2>&1 >"$results" || exit 1
echo "Written to $results"
