/* test_path_tcp.c - every pair of ends over TCP, over whatever works, and as the clients of earlier years did. */
#include <string.h>

#include "tests/support/pair_kinds.h"

typedef const char *table[PAIR_KINDS];

/* TCP alone: D direct, R reversed, H opened by both at one instant, P at a foretold port, - relayed. */
static const table tcp = {
    /*             pub EIF ADF APDF seq rnd dbl noudp web */
    /* pub      */ "DDRRRRRRR",
    /* EIM/EIF  */ "DDRRRRRR-",
    /* EIM/ADF  */ "DDHHHHHH-",
    /* EIM/APDF */ "DDHHP-HH-",
    /* sym-seq  */ "DDHP--PP-",
    /* sym-rnd  */ "DDH------",
    /* dbl      */ "DDHHP-HH-",
    /* noudp    */ "DDHHP-HH-",
    /* web      */ "D--------",
};

/* Whatever works, UDP first: small letters are ways over TCP. */
static const table any = {
    "DDRRRRRrr", "DDRRRRRr-", "DDHHHHHh-", "DDHHPBHh-", "DDHPP-Pp-",
    "DDHB--B--", "DDHHPBHh-", "ddhhp-hh-", "d--------",
};

/* 2006: UDP is punched where the kinds of box allow it, TCP goes to public ends alone. */
static const table e2 = {
    "DDRRRRRrr", "DDRRRRR--", "DDHHHHH--", "DDHH--H--", "DDH------",
    "DDH------", "DDHH--H--", "d--------", "d--------",
};

/* 2004: direct between public ends, else through a node. */
static const table e1 = {
    "D--------", "---------", "---------", "---------", "---------",
    "---------", "---------", "---------", "---------",
};

static char letter_in_case(const pair *p)
{
    char letter = pair_letter(p);
    bool tcp_way = letter != '-' && p->caller->opened && p->caller->found.transport == PL_PATH_TCP;
    return tcp_way ? g_ascii_tolower(letter) : letter;
}

static void expect_table(const table expected, pl_path_choice choice, const char *profile, pl_span limit)
{
    for (size_t a = 0; a < PAIR_KINDS; a++) {
        char row[PAIR_KINDS + 1] = {0};
        for (size_t b = 0; b < PAIR_KINDS; b++) {
            pair *p = pair_new(&(pair_options){.caller = pair_kinds[a].place,
                                               .callee = pair_kinds[b].place,
                                               .caller_profile = profile,
                                               .callee_profile = profile,
                                               .choice = choice,
                                               .seed = 1});
            pair_find(p);
            row[b] = choice == PL_PATH_TCP_ONLY ? pair_letter(p) : letter_in_case(p);
            g_test_message("%s x %s: %s %.2f s %u packets", pair_kinds[a].name, pair_kinds[b].name, pair_class(p),
                           (double)p->caller->found.time / 1e9, p->caller->found.packets);
            g_assert_cmpint(p->caller->found.time, <=, limit);
            pair_expect_words_pass(p);
            pair_free(p);
        }
        g_test_message("%s", row);
        g_assert_cmpstr(row, ==, expected[a]);
    }
}

static void test_tcp_alone(void)
{
    expect_table(tcp, PL_PATH_TCP_ONLY, "ours", 11 * PL_SECOND);
}

static void test_whatever_works(void)
{
    expect_table(any, PL_PATH_ANY, "ours", 12 * PL_SECOND);
}

static void test_2006(void)
{
    expect_table(e2, PL_PATH_ANY, "e2", 8 * PL_SECOND);
}

static void test_2004(void)
{
    expect_table(e1, PL_PATH_ANY, "e1", 5 * PL_SECOND);
}

/* A client of 2004 and one of today do what the older one can. */
static void test_eras_meet_at_the_older(void)
{
    pair *p = pair_new(&(pair_options){.caller = pair_kinds[3].place,
                                       .callee = pair_kinds[3].place,
                                       .callee_profile = "e1",
                                       .seed = 1});
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "relayed-udp");
    pair_free(p);
}

static void test_tcp_with_loss(void)
{
    size_t same = 0, all = 0;
    for (size_t i = 0; i < PAIR_KINDS * PAIR_KINDS * 3; i++, all++) {
        size_t a = i / PAIR_KINDS % PAIR_KINDS, b = i % PAIR_KINDS;
        pair *p = pair_new(&(pair_options){.caller = pair_kinds[a].place,
                                           .callee = pair_kinds[b].place,
                                           .choice = PL_PATH_TCP_ONLY,
                                           .loss = 0.02,
                                           .seed = i});
        pair_find(p);
        g_test_message("%s x %s: %s %.2f s", pair_kinds[a].name, pair_kinds[b].name, pair_class(p),
                       (double)p->caller->found.time / 1e9);
        g_assert_true(p->caller->opened && p->callee->opened);
        same += pair_letter(p) == tcp[a][b];
        pair_free(p);
    }
    g_test_message("%zu of %zu", same, all);
    g_assert_cmpuint(same * 10, >=, all * 9);
}

/* A callee who begins when he has answered is at the caller's port before his answer is: what comes early is judged when
 * the key is known. */
static void test_a_stream_that_comes_before_the_answer(void)
{
    const pl_path_choice choices[] = {PL_PATH_TCP_ONLY, PL_PATH_UDP_ONLY};
    const char *const classes[] = {"reversed-tcp", "reversed-udp"};
    for (size_t i = 0; i < 2; i++) {
        pair *p = pair_new(&(pair_options){.callee = {.home = "port-restricted"},
                                           .caller_profile = "e2",
                                           .callee_profile = "e2",
                                           .choice = choices[i],
                                           .one_way = 2 * PL_MILLISECOND,
                                           .signal_delay = 400 * PL_MILLISECOND,
                                           .seed = 1});
        pair_find(p);
        g_assert_cmpstr(pair_class(p), ==, classes[i]);
        g_assert_cmpint(p->caller->found.time, <=, 1100 * PL_MILLISECOND); /* as soon as the answer is there */
        pair_expect_words_pass(p);
        pair_free(p);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/tcp/alone", test_tcp_alone);
    g_test_add_func("/story/path/tcp/whatever-works", test_whatever_works);
    g_test_add_func("/story/path/tcp/2006", test_2006);
    g_test_add_func("/story/path/tcp/2004", test_2004);
    g_test_add_func("/story/path/tcp/eras-meet-at-the-older", test_eras_meet_at_the_older);
    g_test_add_func("/story/path/tcp/with-loss", test_tcp_with_loss);
    g_test_add_func("/story/path/tcp/a-stream-that-comes-before-the-answer",
                    test_a_stream_that_comes_before_the_answer);
    return g_test_run();
}
