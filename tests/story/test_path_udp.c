/* test_path_udp.c - every pair of ends over UDP: by what method they find each other. */
#include <string.h>

#include "tests/support/pair.h"

/* The ends of the reference table, in its order.  "dbl" is a home box behind a carrier's. */
typedef struct kind {
    const char *name;
    pair_place place;
} kind;

static const kind kinds[] = {
    {"pub", {0}},
    {"EIM/EIF", {.home = "full-cone"}},
    {"EIM/ADF", {.home = "address-restricted"}},
    {"EIM/APDF", {.home = "port-restricted"}},
    {"sym-seq", {.home = "symmetric-sequential"}},
    {"sym-rnd", {.home = "symmetric"}},
    {"dbl", {.home = "port-restricted", .carrier = "port-restricted"}},
    {"noudp", {.firewall = "udp-blocked"}},
    {"web", {.firewall = "web-only"}},
};
#define KINDS G_N_ELEMENTS(kinds)

/* Rows: the caller; columns: the callee.  D direct, R reversed, H punched, P predicted, B sprayed or relayed, - relayed.
 * The first method, in the order of trial, of what the reference says works. */
static const char *const expected[KINDS] = {
    /*             pub EIF ADF APDF seq rnd dbl noudp web */
    /* pub      */ "DDRRRRR--",
    /* EIM/EIF  */ "DDRRRRR--",
    /* EIM/ADF  */ "DDHHHHH--",
    /* EIM/APDF */ "DDHHPBH--",
    /* sym-seq  */ "DDHPP-P--",
    /* sym-rnd  */ "DDHB--B--",
    /* dbl      */ "DDHHPBH--",
    /* noudp    */ "---------",
    /* web      */ "---------",
};

static char letter_of(const pair *p)
{
    static const char letters[] = {'D', 'R', 'H', 'P', 'B', '-'};
    if (strcmp(pair_class(p), "torn") == 0)
        return '!';
    if (!p->caller->opened)
        return 'x';
    return letters[p->caller->found.method];
}

static void test_every_pair(void)
{
    for (size_t a = 0; a < KINDS; a++) {
        char row[KINDS + 1] = {0};
        for (size_t b = 0; b < KINDS; b++) {
            pair *p = pair_new(&(pair_options){
                .caller = kinds[a].place, .callee = kinds[b].place, .choice = PL_PATH_UDP_ONLY, .seed = 1});
            pair_find(p);
            row[b] = letter_of(p);
            g_test_message("%s x %s: %s %.2f s %u packets", kinds[a].name, kinds[b].name, pair_class(p),
                           (double)p->caller->found.time / 1e9, p->caller->found.packets);
            pair_free(p);
        }
        g_test_message("%-9s %s", kinds[a].name, row);
        g_print("# %-9s %s (%s)\n", kinds[a].name, row, expected[a]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/udp/every-pair", test_every_pair);
    return g_test_run();
}
