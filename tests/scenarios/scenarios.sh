#!/bin/sh
# Every scenario holds in its ci tier on the light engine; those that say something about both engines hold
# on ns-3 too.
. tests/tap.sh

run() { # FILE ENGINE
    name=$(basename "$1" .yaml)
    log=$work/$name-$2.log
    "$program" run "$1" --tier ci --engine "$2" --quiet --no-figures --out "$work/$name-$2" >"$log" 2>&1
    code=$?
    if [ $code -eq 77 ]; then
        skip "/scenarios/$name/$2" "$2 is not built"
    else
        [ $code -eq 0 ] || echo "the command ended with code $code" >>"$log"
        verdict "/scenarios/$name/$2" $code "$log"
    fi
    rm -rf "${work:?}/$name-$2"
}

for file in scenarios/*/*.yaml; do
    case $file in
    scenarios/base/*) ;;
    scenarios/live/*) ;; # processes of their own: tests/live
    *) run "$file" light ;;
    esac
done
for name in refused only-443 udp-only crowd first-login; do
    run "scenarios/login/$name.yaml" ns3
done
finish
