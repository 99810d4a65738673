#!/bin/sh
# What the house promises about itself, checked on the text and on the built core.  Speaks TAP.
set -u
O=${O:-build}
number=0
failed=0
verdict() { # name, findings
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number /lint/$1"
    else
        failed=1
        printf '%s\n' "$2" | head -20 | sed 's/^/# /'
        echo "not ok $number /lint/$1"
    fi
}
code=$(find core sim analysis -name '*.[ch]' -o -name '*.cc' -o -name '*.hh' | sort)
core=$(find core -name '*.[ch]' | sort)

# Includes: core sees itself, GLib, Nettle and plain C; rooms above see only what stands below them.
verdict core-includes "$(grep -nE '^ *# *include' $core |
    grep -vE 'include "core/|<glib.h>|<nettle/[a-z0-9-]+\.h>|<(stdbool|stddef|stdint|string|limits|math)\.h>')"
floors() { # folder, allowed pattern
    grep -nE '^ *# *include "' $(find "$1" -name '*.[ch]') | grep -vE "include \"($2)"
}
verdict core-floors "$(floors core/wire 'core/(types|port|event|config|context|deadline|cause)\.h|core/wire/'
    floors core/crypto 'core/(types|port|event|config|context|deadline|cause)\.h|core/(wire|crypto)/'
    floors core/nat 'core/(types|port|event|config|context|deadline|cause)\.h|core/(wire|crypto|nat)/'
    floors core/overlay 'core/(types|port|event|config|context|deadline|cause)\.h|core/(wire|crypto|nat|overlay)/'
    floors core/session 'core/(types|port|event|config|context|deadline|cause)\.h|core/(wire|crypto|nat|overlay|session)/')"
verdict sim-floors "$(floors sim/net 'core/[a-z_]+\.h|sim/(engine|memory|heap)\.h|sim/net/'
    floors sim/light 'core/[a-z_]+\.h|sim/(engine|memory|heap)\.h|sim/(net|light)/'
    floors sim/live 'core/[a-z_]+\.h|sim/(engine|memory|heap)\.h|sim/live/'
    floors sim/record 'core/[a-z_]+\.h|sim/engine\.h|sim/(net|record)/'
    floors sim/scenario 'core/[a-z_]+\.h|sim/engine\.h|sim/(net|scenario)/')"
verdict analysis-includes "$(grep -nE '^ *# *include "' $(find analysis -name '*.[ch]') |
    grep -vE 'include "(analysis/|core/(event|types|port|cause)\.h)')"
verdict ns3-only-in-its-room "$(grep -nE '^ *# *include <ns3/' $code | grep -v '^sim/ns3/')"

# No clock, socket, random, thread or print symbol in the core.
banned='time|clock|clock_gettime|gettimeofday|nanosleep|sleep|usleep|socket|bind|connect|send|sendto|recv|recvfrom|poll|select|epoll_wait|rand|random|srand|drand48|getrandom|getentropy|pthread_[a-z_]+|g_thread_[a-z_]+|g_mutex_[a-z_]+|g_random_[a-z_]+|g_rand_[a-z_]+|g_get_(monotonic|real)_time|g_main_[a-z_]+|printf|fprintf|vprintf|puts|putchar|fopen|open|read|write|g_print|g_printerr|g_log|g_message|g_warning|getenv|g_getenv|exit|fork|localtime|gmtime|log|exp|pow|sin|cos|qsort'
if [ -f "$O/libcore.a" ]; then
    verdict core-symbols "$(nm -u -A "$O/libcore.a" 2>/dev/null | awk '{print $NF}' | sort -u | grep -xE "$banned")"
    verdict core-no-writable-data "$(objdump -h "$O/libcore.a" | awk '
        /file format/ { file = $1 }
        $2 ~ /^\.(data|bss|tdata|tbss)/ && $2 !~ /^\.data\.rel\.ro/ && $3 !~ /^0+$/ { print file, $2, $3 }')"
else
    echo "# $O/libcore.a is not built"; verdict core-built "missing"
fi

# A published figure that is named anywhere is listed with its conditions and where it was published.
verdict figures-are-listed "$(grep -rhoE '\b(BS|BM|CC|CH|FE|GD|KZ|NA|NT|OU|PO|RC|SN|UM|US)-[0-9]{2}\b' core sim analysis scenarios docs README.md |
    sort -u | while read -r id; do grep -q "^| $id " docs/measurements.md || echo "$id has no row in docs/measurements.md"; done)"

# Sizes: functions of 60 lines and files of 500 at most.
verdict function-length "$(awk '
    FNR == 1 { start = 0; previous = "" }
    /^\{/ && previous !~ /^[ \t}#]/ && FNR > 1 { start = FNR }
    /^\}/ { if (start && FNR - start > 60) print FILENAME ":" start ": a function of " FNR - start " lines"; start = 0 }
    { previous = $0 }' $code)"
verdict file-length "$(wc -l $code | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }')"
verdict folder-size "$(find core sim analysis -type d | while read -r folder; do
    n=$(find "$folder" -maxdepth 1 -name '*.c' | wc -l)
    [ "$n" -gt 20 ] && echo "$folder: $n .c files"; done; true)"
verdict banned-calls "$(grep -nE '(^|[^a-z_>.])(sprintf|strcpy|strcat|gets|rand|srand|alloca|g_hash_table_iter_init|g_hash_table_foreach) *\(' $code |
    grep -v 'sorted below')"
verdict no-bom-no-tabs "$(grep -nP '\t' $code)"
verdict guards "$(for h in $(find core sim analysis -name '*.h'); do grep -q '#ifndef' "$h" || echo "$h: no guard"; done)"
echo "1..$number"
exit $failed
