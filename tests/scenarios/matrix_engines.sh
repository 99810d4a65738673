#!/bin/sh
# Both engines find the same way between ten kinds of end (DESIGN: one network, two engines), cell by cell: class,
# place and life of the path.  Excepted is what two SYNs that meet would have to do, since ns-3 has no simultaneous
# open: a pair that light punches or foretells over TCP may be relayed there, and nothing else.
. tests/tap.sh

for engine in light ns3; do
    "$program" matrix scenarios/nat/matrix-ns3.yaml --engine $engine --quiet --no-ladders --out "$work/$engine" \
        >"$work/$engine.log" 2>&1
    code=$?
    if [ $code -eq 77 ]; then
        skip /matrix/engines/classes "ns-3 is not built"
        skip /matrix/engines/verdicts "ns-3 is not built"
        finish
        exit 0
    fi
    # 1: some cell is wrong.  Which ones are is the matrix's own test; here both engines have to agree on them.
    [ $code -le 1 ] || cat "$work/$engine.log" >>"$work/differences"
done

# cells DIR: key, class, via, alive, verdict; no field before these has a comma in it.
cells() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { key = $at["transport"] "/" $at["case"] "/" $at["caller"] "/" $at["callee"]
          print key, $at["class"], $at["via"], $at["alive"], $at["verdict"] }' "$1/matrix.csv"
}
cells "$work/light" >"$work/light.txt"
cells "$work/ns3" >"$work/ns3.txt"

awk 'FNR == NR { class[$1] = $2; rest[$1] = $3 " " $4; next }
    !($1 in class) { print $1 ": on ns-3 only"; next }
    $2 == class[$1] { same++; if ($2 !~ /^relayed/ && $3 " " $4 != rest[$1]) print $1 ": " rest[$1] ", on ns-3 " $3 " " $4; next }
    $1 ~ /^tcp/ && class[$1] ~ /^(punched|predicted)-tcp$/ && $2 ~ /^relayed/ { excepted++; next }
    { print $1 ": " class[$1] ", on ns-3 " $2 }
    END {
        printf "# %d cells of one class, %d that would need a simultaneous open\n", same, excepted >"/dev/stderr"
        if (same + excepted != 400) print same + excepted " cells instead of 400"
        if (excepted > 32) print excepted " cells without a simultaneous open; 32 are punched by one over TCP"
    }' "$work/light.txt" "$work/ns3.txt" >>"$work/differences" 2>"$work/counts"
cat "$work/counts"
[ ! -s "$work/differences" ]
verdict /matrix/engines/classes $? "$work/differences"

# Whatever the judge finds wrong on ns-3 is wrong on light too, and so is no fault of an engine.
awk 'FNR == NR { if ($5 == "good") good[$1]; next } $5 != "good" && ($1 in good) { print $1 ": wrong on ns-3 only" }' \
    "$work/light.txt" "$work/ns3.txt" >"$work/blame"
[ ! -s "$work/blame" ]
verdict /matrix/engines/verdicts $? "$work/blame"
finish
