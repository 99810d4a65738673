#!/bin/sh
# A second compiler has no warning about any file.  It only reads them, so this takes seconds.
. tests/tap.sh

if ! command -v clang >/dev/null 2>&1; then
    skip /lint/clang "clang is not installed"
else
    env -u MAKEFLAGS -u MFLAGS make -s O="$work" CC=clang OPT=-O0 check-syntax >"$work/log" 2>&1
    verdict /lint/clang $? "$work/log"
fi
finish
