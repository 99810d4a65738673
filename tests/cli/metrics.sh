#!/bin/sh
# The table of metrics and what a run writes are one list: every name and unit of the files is in the table,
# and every row of the table is measured by one of eleven small runs, one of which fails.
. tests/tap.sh

small="--set peers.count=4 --set run.replications=1"
"$program" run --quiet --no-figures $small scenarios/login/first-login.yaml --out "$work/good" >"$work/log" 2>&1
verdict /cli/metrics/a-run-that-succeeds $? "$work/log"
"$program" run --quiet --no-figures scenarios/login/refused.yaml --out "$work/bad" >"$work/log" 2>&1
verdict /cli/metrics/a-run-that-fails $? "$work/log"
cells="--set matrix.callers=[public] --set matrix.callees=[public,proxy-only] --set matrix.transports=udp"
"$program" run --quiet --no-figures $cells scenarios/nat/matrix.yaml --out "$work/cells" >"$work/log" 2>&1
verdict /cli/metrics/a-run-with-paths $? "$work/log"
"$program" run --quiet --no-figures --set "skip_if=case != roam or variant != login" --set run.replications=1 \
    scenarios/nat/refresh.yaml --out "$work/kept" >"$work/log" 2>&1
verdict /cli/metrics/a-run-of-kept-reports $? "$work/log"
"$program" run --quiet --no-figures --set "skip_if=policy != reachability or which != first or case == public" $small \
    scenarios/login/icmp.yaml --out "$work/pings" >"$work/log" 2>&1
verdict /cli/metrics/a-run-with-pings $? "$work/log"

# What analysis makes of paths.csv is in the summary alone.
"$program" run --quiet --no-figures --tier ci --set peers.count=200 scenarios/nat/population.yaml --out "$work/mix" >"$work/log" 2>&1
[ $? -le 1 ] # a population of this size need not hold
verdict /cli/metrics/a-run-with-a-population $? "$work/log"

"$program" run --quiet --no-figures scenarios/search/public.yaml --tier ci --set peers.count=60 --out "$work/crowd" \
    >"$work/log" 2>&1
verdict /cli/metrics/a-run-with-searches $? "$work/log"
"$program" run --quiet --no-figures scenarios/outage/august-2007.yaml --tier ci --set peers.count=60 --set supernodes.count=3 \
    --set 'cases=[{name: full}]' --set 'expect=[]' --set 'compare=[]' --out "$work/patches" >"$work/log" 2>&1
verdict /cli/metrics/a-run-with-survivors $? "$work/log"
"$program" run --quiet --no-figures scenarios/overlay/buddies.yaml --tier ci --set peers.count=30 --set 'expect=[]' \
    --set run.duration=40min --out "$work/friends" >"$work/log" 2>&1
verdict /cli/metrics/a-run-with-buddies $? "$work/log"
"$program" run --quiet --no-figures scenarios/outage/december-2010.yaml --tier ci --set run.duration=35min \
    --set peers.count=300 --set supernodes.count=3 --set 'cases=[{name: full}]' --set 'expect=[]' --set 'compare=[]' \
    --out "$work/storm" >"$work/log" 2>&1
verdict /cli/metrics/a-run-with-a-storm $? "$work/log"

# Who was elected is counted at the end as in the last sample.
"$program" run --quiet --no-figures scenarios/overlay/election.yaml --tier ci --set 'expect=[]' --out "$work/voted" \
    >"$work/log" 2>&1
last=$(grep -h ',overlay.supernodes,' "$work"/voted/p0001/r00/series.csv | tail -n 1 | cut -d, -f5)
end=$(grep -h ',overlay.supernodes,' "$work"/voted/p0001/r00/scalars.csv | cut -d, -f5)
[ -n "$last" ] && [ "$last" -gt 4 ] && [ "$last" = "$end" ]
verdict /cli/metrics/the-elected-count-at-the-end-too $? "$work/log"

# Those who were elected go home, and are clients again.
"$program" run --quiet --no-figures scenarios/overlay/election.yaml --tier ci --set 'expect=[]' \
    --set 'timeline=[{at: 100min, do: quit, what: enough}]' --out "$work/elected" >"$work/log" 2>&1
verdict /cli/metrics/a-run-with-elections $? "$work/log"

# "name unit", each once; all files have them in the same columns from the right.
for run in good bad cells kept pings crowd patches friends storm elected; do cat "$work/$run"/p*/r*/s*.csv; done |
    awk -F, 'NF == 6 && $3 != "name" && $3 !~ /^timeline\./ {print $3, $NF}' |
    sort -u >"$work/written"
sed -n 's/^[0-9].*,\(path\.[a-z]*\.[a-z-]*\),[^,]*,1,.*/\1 1/p' "$work/mix/summary.csv" | sort -u >>"$work/written"
[ -s "$work/written" ]
verdict /cli/metrics/something-was-written $?

: >"$work/log"
while read -r name unit; do
    [ "$unit" = ns ] && unit=s
    "$program" explain "$name" 2>&1 | grep -q "unit: $unit\$" || echo "$name in $unit is not in the table" >>"$work/log"
done <"$work/written"
[ ! -s "$work/log" ]
verdict /cli/metrics/what-is-written-is-in-the-table $? "$work/log"

"$program" list metrics --json | sed -n 's/.*"name": "\([a-z._*]*\)".*/\1/p' >"$work/table"
: >"$work/log"
while read -r name; do
    # login.failed is the sum of login.failed.*
    pattern=$(echo "$name" | sed 's/\./\\./g; s/\*$/[a-z-]*/; s/^login\\.failed$/login\\.failed.*/; s/^net\\.drops$/net\\.drops.*/')
    grep -Eq "^$pattern " "$work/written" || echo "$name is never written" >>"$work/log"
done <"$work/table"
[ -s "$work/table" ] && [ ! -s "$work/log" ]
verdict /cli/metrics/what-is-in-the-table-is-written $? "$work/log"
finish
