#!/bin/sh
# What was set by a published figure is listed in docs/calibrated.md, and is what runs.
. tests/tap.sh

page=docs/calibrated.md
tick='`'
cells() { # LINE: its cells, a line each, without ticks
    printf '%s\n' "$1" | sed 's/^| *//; s/ *| */\n/g' | tr -d "$tick"
}

# Every constant that is measured has a row with its value, and every row of the first table is such a constant.
"$program" explain --constants | grep '| measured ' | cut -d'|' -f2,4 | tr -d " $tick" | sort >"$work/measured"
sed -n '/^## Constants/,/^## Values/p' "$page" | grep "^| $tick" | cut -d'|' -f2,3 | tr -d " $tick" | sort >"$work/listed"
diff "$work/measured" "$work/listed" >"$work/constants.log"
verdict /scenarios/calibrated/constants $? "$work/constants.log"

# Every value of a scenario is what it resolves to.
sed -n '/^## Values/,$p' "$page" | grep "^| $tick" >"$work/rows"
while IFS= read -r row; do
    scenario=$(cells "$row" | sed -n 1p)
    key=$(cells "$row" | sed -n 2p)
    value=$(cells "$row" | sed -n 3p)
    "$program" show --resolved "scenarios/$scenario.yaml" 2>&1 | sed 's/  *#.*//; s/^ *-* *//' >"$work/resolved"
    grep -Fxq -- "$key: $value" "$work/resolved"
    verdict "/scenarios/calibrated/$scenario/$key" $? "$work/resolved"
done <"$work/rows"
[ -s "$work/rows" ]
verdict /scenarios/calibrated/values $?
finish
