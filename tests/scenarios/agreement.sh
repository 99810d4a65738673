#!/bin/sh
# The two engines agree (DESIGN: one network, two engines).
#
# Without jitter and loss every single login takes the same time on both, within 2 %.  With them, the median
# of a replication on ns-3 is compared with that of the same replication on light, which draws the same
# network: the 95 % interval of the mean log ratio must lie inside ±5 %.
#
# n by power: in pilots of 24 replications the log ratio had a standard deviation of 1.1 % with jitter and
# 0.1 % loss, and of 3.1 % with 2 % loss (60 peers; the median lies between logins with and without a timeout,
# so it needs more peers).  To show equivalence within ±5 % with a power of 0.9 even if one engine were truly
# 2 % faster (no difference was found in 192 replications) takes ((1.96 + 1.28) × 3.1 % / (5 % − 2 %))² = 12
# replications; twice that are taken.
. tests/tap.sh
replications=24
t_value=2.069 # Student's t, 97.5 %, 23 degrees of freedom

# both DIR OPTION…
both() {
    directory=$1
    shift
    for engine in light ns3; do
        "$program" run tests/scenarios/agreement.yaml --engine $engine --quiet --no-figures \
            --out "$directory/$engine" "$@" >"$work/log" 2>&1
        code=$?
        [ $code -eq 0 ] || return $code
    done
}

both "$work/exact" --set profiles.dsl.delay=12ms --set profiles.cable.delay=8ms \
    --set profiles.dsl.loss=0% --set profiles.cable.loss=0% --set peers.count=100
code=$?
if [ $code -eq 77 ]; then
    skip /agreement/without-jitter-and-loss "ns-3 is not built"
    skip /agreement/with-jitter "ns-3 is not built"
    skip /agreement/with-loss "ns-3 is not built"
    finish
    exit 0
fi
awk -F, '
$3 == "login.time" || $3 == "login.failure_time" {
    split($4, label, ";")
    key = $2 " " label[1] " " $3
    if (FNR == NR) { light[key] = $5; next }
    n++
    if (!(key in light)) { print key ": on ns-3 only"; next }
    d = $5 / light[key] - 1
    if (d > 0.02 || d < -0.02) printf "%s: light %.3f s, ns-3 %.3f s\n", key, light[key] / 1e9, $5 / 1e9
    delete light[key]
}
END {
    for (key in light) print key ": on light only"
    if (n < 200) print "only " n " logins"
}' "$work/exact/light/p0000/r00/series.csv" "$work/exact/ns3/p0000/r00/series.csv" >"$work/differences" 2>>"$work/log"
[ $code -eq 0 ] && [ ! -s "$work/differences" ]
verdict /agreement/without-jitter-and-loss $? "$work/differences"

# medians DIR: one line a replication.
medians() {
    for folder in "$1"/p0000/r*; do
        awk -F, '$3 == "login.time" { print $5 }' "$folder/series.csv" | sort -n |
            awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
    done
}
statistical() { # NAME OPTION…
    name=$1
    shift
    both "$work/$name" --set run.replications=$replications "$@"
    code=$?
    medians "$work/$name/light" >"$work/light.txt"
    medians "$work/$name/ns3" >"$work/ns3.txt"
    paste "$work/light.txt" "$work/ns3.txt" | awk -v t=$t_value -v wanted=$replications '
        $1 > 0 && $2 > 0 { d = log($2 / $1); sum += d; squares += d * d; n++ }
        END {
            if (n != wanted) { print n + 0 " replications instead of " wanted; exit 1 }
            mean = sum / n
            half = t * sqrt((squares - n * mean * mean) / (n - 1) / n)
            printf "ns-3 / light - 1: [%.2f %%, %.2f %%], n = %d\n", (exp(mean - half) - 1) * 100, (exp(mean + half) - 1) * 100, n
            exit !(exp(mean - half) > 0.95 && exp(mean + half) < 1.05)
        }' >"$work/interval"
    held=$?
    [ $code -eq 0 ] || cat "$work/log" >>"$work/interval"
    sed "s|^|# $name: |" "$work/interval"
    [ $code -eq 0 ] && [ $held -eq 0 ]
    verdict "/agreement/$name" $? "$work/interval"
}
statistical with-jitter
statistical with-loss --set profiles.dsl.loss=2% --set profiles.cable.loss=2% --set peers.count=60
finish
