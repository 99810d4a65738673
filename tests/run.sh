#!/bin/sh
# Runs test programs that speak TAP (GLib's with --tap, our scripts by nature), JOBS at a time, shows what
# failed and what was skipped, and ends with "N passed, N failed, N skipped".
# Usage: tests/run.sh LOGDIR PROGRAM…      TEST_TIMEOUT: seconds for one program (default 600)
set -u
logs=$1
shift
mkdir -p "$logs"
rm -f "$logs"/*.tap
export TEST_TIMEOUT="${TEST_TIMEOUT:-600}" # chosen: ten times the slowest program on a free machine
# What a sanitizer finds ends the process by a signal, with its stack: no exit code of ours looks like it.
export UBSAN_OPTIONS="print_stacktrace=1:abort_on_error=1:${UBSAN_OPTIONS:-}"
export ASAN_OPTIONS="abort_on_error=1:${ASAN_OPTIONS:-}"

# One program: its TAP goes to a file.  A crash, a time-out, an exit code without a failed test, no test at
# all, or other tests than the plan says is a failure of its own.
one='
log="$0/$(echo "$1" | tr "/ " "__").tap"
began=$(date +%s)
case "$1" in
*.sh) set -- "$1" sh "$1" ;;
*) set -- "$1" "$1" --tap ;;
esac
name=$1
shift
timeout --foreground -k 10 "$TEST_TIMEOUT" "$@" </dev/null >"$log" 2>&1
code=$?
told=$(grep -cE "^(ok|not ok) " "$log")
plan=$(sed -n "s/^1\.\.\([0-9][0-9]*\).*/\1/p" "$log" | tail -n 1)
if [ $code -eq 124 ] || [ $code -eq 137 ]; then
    echo "not ok - $name was stopped after $TEST_TIMEOUT seconds" >>"$log"
elif [ $code -ne 0 ] && [ $code -ne 77 ] && ! grep -q "^not ok" "$log"; then
    echo "not ok - $name ended with code $code" >>"$log"
elif [ "$told" -eq 0 ]; then
    echo "not ok - $name told of no test" >>"$log"
elif [ "$told" != "$plan" ] && ! grep -q "^not ok" "$log"; then
    echo "not ok - $name told of $told tests, and planned ${plan:-none}" >>"$log"
fi
if grep -q "^not ok" "$log"; then verdict=FAIL; else verdict=pass; fi
printf "%s %4d s  %s\n" $verdict $(($(date +%s) - began)) "$name"
'
printf '%s\n' "$@" | xargs -d '\n' -P "${JOBS:-2}" -n 1 sh -c "$one" "$logs"
passed=$(cat "$logs"/*.tap | grep -E '^ok ' | grep -vci '# skip')
skipped=$(cat "$logs"/*.tap | grep -E '^ok ' | grep -ci '# skip')
failed=$(cat "$logs"/*.tap | grep -c '^not ok')
if [ "$skipped" -gt 0 ]; then
    echo "Skipped:"
    grep -HiE '^ok .*# skip' "$logs"/*.tap | sed "s|^$logs/||; s|\.tap:ok [0-9]*|:|; s/^/  /" | cut -c 1-200
fi
if [ "$failed" -gt 0 ]; then
    echo "Failed:"
    for log in "$logs"/*.tap; do
        grep -q '^not ok' "$log" || continue
        echo "--- $log"
        # What was said since the last good test belongs to the failed one.
        awk '/^ok / { n = 0; next }
            { said[n++] = $0 }
            /^not ok/ { for (i = n > 40 ? n - 40 : 0; i < n; i++) print said[i]; n = 0 }' "$log"
    done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
