#!/bin/sh
# Runs test programs that speak TAP (GLib's with --tap, our scripts by nature), two at a time, shows what
# failed, and ends with "N passed, N failed, N skipped".  Usage: tests/run.sh LOGDIR PROGRAM…
set -u
logs=$1
shift
mkdir -p "$logs"
rm -f "$logs"/*.tap
# One program: its TAP goes to a file; a crash or an exit code without a failed test is a failure of its own.
one='
log="$0/$(echo "$1" | tr "/ " "__").tap"
case "$1" in
*.sh) sh "$1" >"$log" 2>&1 ;;
*) "$1" --tap >"$log" 2>&1 ;;
esac
code=$?
if [ $code -ne 0 ] && [ $code -ne 77 ] && ! grep -q "^ *not ok" "$log"; then
    echo "not ok - $1 ended with code $code" >>"$log"
fi
grep -Eq "^ *(ok|not ok) " "$log" || echo "not ok - $1 told of no test" >>"$log"
if grep -q "^ *not ok" "$log"; then echo "FAIL $1"; else echo "pass $1"; fi
'
printf '%s\n' "$@" | xargs -P "${JOBS:-2}" -n 1 sh -c "$one" "$logs"
passed=$(cat "$logs"/*.tap | grep -E '^ *ok ' | grep -vci '# skip')
skipped=$(cat "$logs"/*.tap | grep -E '^ *ok ' | grep -ci '# skip')
failed=$(cat "$logs"/*.tap | grep -cE '^ *not ok')
if [ "$skipped" -gt 0 ]; then
    echo "Skipped:"
    grep -hiE '^ *ok .*# skip' "$logs"/*.tap | sed 's/^/  /'
fi
if [ "$failed" -gt 0 ]; then
    echo "Failed:"
    grep -lE '^ *not ok' "$logs"/*.tap | while read -r log; do
        echo "--- $log"
        grep -nE -B 12 '^ *not ok' "$log" | tail -60
    done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
