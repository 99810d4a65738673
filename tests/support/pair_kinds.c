#include "tests/support/pair_kinds.h"

#include <string.h>

const pair_kind pair_kinds[PAIR_KINDS] = {
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

char pair_letter(const pair *p)
{
    static const char letters[] = {'D', 'R', 'H', 'P', 'B', '-'};
    if (strcmp(pair_class(p), "torn") == 0)
        return '!';
    return p->caller->opened ? letters[p->caller->found.method] : 'x';
}

void pair_expect_words_pass(pair *p)
{
    const uint8_t words[] = "\x80 the quick brown fox";
    pair_host *ends[] = {p->caller, p->callee};
    for (size_t i = 0; i < 2; i++) {
        g_assert_cmpint(pl_path_send(ends[i]->path, words, sizeof words, pair_now(p)), ==, 0);
        pair_arm(ends[i]);
    }
    pair_run(p, pair_now(p) + PL_SECOND);
    for (size_t i = 0; i < 2; i++) {
        g_assert_cmpuint(ends[i]->n_received, ==, 1);
        g_assert_cmpuint(ends[i]->received->len, ==, sizeof words);
        g_assert_cmpint(memcmp(ends[i]->received->data, words, sizeof words), ==, 0);
        g_assert_cmpuint(pair_count(ends[i], PL_EVENT_REFUSED_INPUT), ==, 0);
    }
}
