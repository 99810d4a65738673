/* matrix_folder.h - the kinds of end and the run directories that the tests of matrices are made of. */
#ifndef TEST_MATRIX_FOLDER_H
#define TEST_MATRIX_FOLDER_H

#include "tests/analysis/run_folder.h"

#define BOX(kind, layer, map, filter, how)                                                                   \
    kind "," layer ",mapping," map "\n" kind "," layer ",filtering," filter "\n" kind "," layer ",ports," how "\n"
#define EI  "endpoint-independent"
#define AD  "address-dependent"
#define APD "address-and-port-dependent"
#define KINDS_HEADING "kind,layer,knob,value\n"

/* The nine of the tables. */
#define KINDS_PUBLISHED                                                                                      \
    "public,place,share,none\n" BOX("full-cone", "home", EI, EI, "preserve")                                 \
        BOX("address-restricted", "home", EI, AD, "preserve") BOX("port-restricted", "home", EI, APD, "preserve") \
            BOX("symmetric-sequential", "home", APD, APD, "sequential")                                      \
                BOX("symmetric", "home", APD, APD, "random") BOX("double", "home", EI, APD, "preserve")      \
                    BOX("double", "carrier", EI, APD, "preserve")                                            \
                        "udp-blocked,firewall,preset,udp-blocked\nweb-only,firewall,preset,web-only\n"

static inline char *matrix_kinds_file(const char *folder, const char *rows)
{
    g_autofree char *text = g_strconcat(KINDS_HEADING, rows, NULL);
    run_folder_put(folder, "kinds.csv", text);
    return g_build_filename(folder, "kinds.csv", NULL);
}

#endif
