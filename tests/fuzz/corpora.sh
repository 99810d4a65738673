#!/bin/sh
# Every fuzz target takes its corpus, in the build as shipped and under the sanitizers.
. tests/tap.sh

for source in tests/fuzz/fuzz_*.c; do
    target=$(basename "$source" .c)
    subject=${target#fuzz_}
    for build in "$O" "$SANO"; do
        binary=$build/tests/fuzz/$target
        if [ "$build" = "$O" ]; then label=shipped; else label=sanitized; fi
        log=$work/$target-$label.log
        if [ ! -x "$binary" ]; then
            echo "$binary is not built" >"$log"
            code=1
            [ "$build" = "$SANO" ] && { skip "/fuzz/$subject/$label" "not built"; continue; }
        elif [ -z "$(ls "tests/fuzz/corpus/$subject" 2>/dev/null)" ]; then
            echo "tests/fuzz/corpus/$subject is empty" >"$log"
            code=1
        else
            "$binary" "tests/fuzz/corpus/$subject"/* >"$log" 2>&1
            code=$?
        fi
        verdict "/fuzz/$subject/$label" $code "$log"
    done
done
finish
