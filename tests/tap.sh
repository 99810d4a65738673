# tests/tap.sh - what the test scripts share: TAP lines, a folder of their own, the program under test.
# Sourced from the top folder; not a test.
set -u
O=${O:-build}
case $O in /*) ;; *) O=$PWD/$O ;; esac
SANO=${SANO:-$O/sanitize}
case $SANO in /*) ;; *) SANO=$PWD/$SANO ;; esac
program=$O/partyline
top=$PWD
number=0
work=$O/scratch/$(basename "$0" .sh).$$
mkdir -p "$work" || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# verdict NAME CODE [LOG]: good if CODE is 0; else the end of LOG is shown.
verdict() {
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number $1"
    else
        [ $# -gt 2 ] && [ -f "$3" ] && tail -n 20 "$3" | sed 's/^/# /'
        echo "not ok $number $1"
    fi
}

# skip NAME WHY
skip() {
    number=$((number + 1))
    echo "ok $number $1 # SKIP $2"
}

# The last line of every script.
finish() {
    echo "1..$number"
}
