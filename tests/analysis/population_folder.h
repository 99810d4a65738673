/* population_folder.h - small runs of a population made by hand: groups, and sessions between them. */
#ifndef TEST_POPULATION_FOLDER_H
#define TEST_POPULATION_FOLDER_H

#include "tests/analysis/matrix_folder.h"

/* Groups in the manner of kinds.csv, of any point: rows of `text` get the point before them. */
static inline char *population_rows(const char *text, unsigned point)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *rows = g_string_new(NULL);
    for (size_t i = 0; lines[i]; i++)
        if (*lines[i])
            g_string_append_printf(rows, "%u,%s\n", point, lines[i]);
    return g_string_free(rows, FALSE);
}

#define PLACE(group, first, per_nat) group ",place,first," first "\n" group ",place,per_nat," per_nat "\n"
/* Numbers in tens, so that a peer's name tells its group. */
#define GROUPS                                                                                               \
    KINDS_PUBLISHED PLACE("public", "1", "1") PLACE("full-cone", "11", "1") PLACE("address-restricted", "21", "1")     \
        PLACE("port-restricted", "31", "2") PLACE("symmetric-sequential", "41", "4") PLACE("symmetric", "51", "1")    \
            PLACE("double", "61", "1") PLACE("udp-blocked", "71", "1") PLACE("web-only", "81", "1")
#define ODDS                                                                                                 \
    "all,odds,predicted_udp,0.75\nall,odds,predicted_tcp,0.5\nall,odds,predicted_both,0.25\n"                \
    "all,odds,spray_sockets,64512\nall,odds,spray_ports,1\n"

static inline void population_session(GString *rows, const char *caller, const char *callee, const char *kinds,
                                      const char *class)
{
    g_string_append_printf(rows, "1,,%s,%s,%s,any,ours,%s,public,,,,0,1,1,1,0,0,0,0,0,,,\n", caller, callee, kinds,
                           class);
}

/* One point and replication; `rows` of paths.csv without their heading. */
static inline char *population_run(const char *rows)
{
    char *root = run_folder_new();
    g_autofree char *groups = population_rows(ODDS GROUPS, 0);
    g_autofree char *text = g_strconcat("point,group,layer,knob,value\n", groups, NULL);
    g_autofree char *paths = g_strconcat(PATHS_HEADING, rows, NULL);
    run_folder_put(root, "points.csv", "point\n0\n");
    run_folder_put(root, "groups.csv", text);
    run_folder_replication(root, 0, 0, "", "");
    run_folder_put(root, "p0000/r00/paths.csv", paths);
    return root;
}

#endif
