/* matrix_folder.h - the kinds of end and the run directories that the tests of matrices are made of. */
#ifndef TEST_MATRIX_FOLDER_H
#define TEST_MATRIX_FOLDER_H

#include "analysis/matrix/matrix.h"
#include "tests/analysis/run_folder.h"

#define BOX(kind, layer, map, filter, how)                                                                   \
    kind "," layer ",mapping," map "\n" kind "," layer ",filtering," filter "\n" kind "," layer ",ports," how "\n"
#define EI  "endpoint-independent"
#define AD  "address-dependent"
#define APD "address-and-port-dependent"
/* UDP out, TCP out, TCP to these ports out, unsolicited packets in. */
#define WALL(kind, udp, tcp, tcp_ports, in)                                                                  \
    kind ",firewall,udp_out," udp "\n" kind ",firewall,tcp_out," tcp "\n" kind ",firewall,tcp_out_ports," tcp_ports \
         "\n" kind ",firewall,udp_in," in "\n" kind ",firewall,tcp_in," in "\n"
#define KINDS_HEADING "kind,layer,knob,value\n"

/* The nine of the tables. */
/* clang-format off */
#define KINDS_PUBLISHED                                                                                      \
    "public,place,share,none\n"                                                                              \
    BOX("full-cone", "home", EI, EI, "preserve") BOX("address-restricted", "home", EI, AD, "preserve")       \
    BOX("port-restricted", "home", EI, APD, "preserve")                                                      \
    BOX("symmetric-sequential", "home", APD, APD, "sequential") BOX("symmetric", "home", APD, APD, "random") \
    BOX("double", "home", EI, APD, "preserve") BOX("double", "carrier", EI, APD, "preserve")                 \
    WALL("udp-blocked", "drop", "allow", "none", "drop") WALL("web-only", "drop", "drop", "80 443", "drop")
/* clang-format on */

static inline char *matrix_kinds_file(const char *folder, const char *rows)
{
    g_autofree char *text = g_strconcat(KINDS_HEADING, rows, NULL);
    run_folder_put(folder, "kinds.csv", text);
    return g_build_filename(folder, "kinds.csv", NULL);
}

#define PATHS_HEADING                                                                                        \
    "path,cell,caller,callee,caller_kind,callee_kind,transport,profile,class,via,local,remote,cause,started_ns,"  \
    "time_ns,packets,bytes,sent,received,silence_ns,sent_after,received_after,drop_cause,drop_box,relay\n"

/* A session that came about as the oracle expects, and lived. */
static inline char *matrix_good_row(const an_question *question, int number)
{
    an_answer answer;
    an_oracle_ask(question, &answer);
    bool relayed = answer.first == AN_WAY_RELAYED;
    const char *type = relayed ? "relayed" : answer.where == AN_ON_LAN ? "host" : "reflexive";
    const char *transport = relayed ? (answer.relay_is_tcp ? "tcp" : "udp") : an_transport_name(answer.transport);
    char *row = g_strdup_printf(
        "%d,%d,peer-%d,peer-%d,%s,%s,%s,%s,%s-%s,%s,%s,%s,,90000000000,%" G_GINT64_FORMAT ",%d,2400,100,100,45000000000,50,50,%s,%s,%s\n",
        number, number, 2 * number - 1, 2 * number, question->caller->name, question->callee->name,
        an_transport_name(question->transport), question->era->name, an_way_name(answer.first), transport,
        an_where_name(answer.where), type, type, 400 * PL_MILLISECOND + 500 * PL_MILLISECOND * (int)answer.first, 24 + 6 * (int)answer.first,
        answer.first == AN_WAY_DIRECT ? "" : "filtered", answer.first == AN_WAY_DIRECT ? "" : "home-2",
        relayed ? "supernode-1" : "");
    an_answer_clear(&answer);
    return row;
}

/* One point of a matrix: every pair of kinds over both transports. */
static inline char *matrix_good_rows(const an_kinds *kinds, const char *era, an_crossing crossing)
{
    GString *rows = g_string_new(PATHS_HEADING);
    int number = 0;
    for (size_t a = 0; a < kinds->n; a++)
        for (size_t b = 0; b < kinds->n; b++)
            for (int t = AN_UDP; t <= AN_TCP; t++) {
                const an_question question = {.caller = &kinds->kinds[a],
                                              .callee = &kinds->kinds[b],
                                              .transport = (an_transport)t,
                                              .crossing = crossing,
                                              .era = an_era_find(era)};
                g_autofree char *row = matrix_good_row(&question, ++number);
                g_string_append(rows, row);
            }
    return g_string_free(rows, FALSE);
}

/* A run of two points, cross and apart, in which every cell is as it should be. */
static inline char *matrix_run(const char *kind_rows, const char *era)
{
    char *folder = run_folder_new();
    g_autofree char *path = matrix_kinds_file(folder, kind_rows), *error = NULL;
    an_kinds kinds;
    g_assert_true(an_kinds_read(path, &kinds, &error));
    run_folder_put(folder, "points.csv", "point,case\n0,cross\n1,apart\n");
    for (unsigned p = 0; p < 2; p++) {
        g_autofree char *rows = matrix_good_rows(&kinds, era, p ? AN_APART : AN_CROSS);
        g_autofree char *name = g_strdup_printf("p%04u/r00/paths.csv", p);
        run_folder_replication(folder, p, 0, "", "");
        run_folder_put(folder, name, rows);
    }
    an_kinds_clear(&kinds);
    return folder;
}

/* Replaces text in one file of the run; the text must occur. */
static inline void matrix_break(const char *folder, const char *name, const char *from, const char *to)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_nonnull(strstr(text, from));
    g_auto(GStrv) parts = g_strsplit(text, from, -1);
    g_autofree char *changed = g_strjoinv(to, parts);
    g_assert_true(g_file_set_contents(path, changed, -1, NULL));
}

#endif
