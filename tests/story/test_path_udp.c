/* test_path_udp.c - every pair of ends over UDP: by what method they find each other, how soon, at what cost. */
#include "tests/support/pair_kinds.h"

/* Rows: the caller; columns: the callee.  D direct, R reversed, H punched, P predicted, B sprayed, - relayed: of what
 * works by the rules of these boxes, the first in the order of trial. */
static const char *const expected[PAIR_KINDS] = {
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

/* What each method may take: time from the call, packets of one end. */
static const struct {
    char letter;
    pl_span time;
    uint64_t packets;
} bounds[] = {
    {'D', 1200 * PL_MILLISECOND, 12}, {'R', 1200 * PL_MILLISECOND, 12}, {'H', 1500 * PL_MILLISECOND, 16},
    {'P', 4500 * PL_MILLISECOND, 40}, {'B', 16 * PL_SECOND, 1100},      {'-', 6 * PL_SECOND, 60},
};

static void expect_within_bounds(const pair *p, char letter)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
        if (bounds[i].letter != letter)
            continue;
        g_assert_cmpint(p->caller->found.time, <=, bounds[i].time);
        for (size_t end = 0; end < 2; end++)
            g_assert_cmpuint(p->sent[end], <=, bounds[i].packets);
        return;
    }
    g_assert_not_reached();
}

static void test_every_pair(void)
{
    for (size_t a = 0; a < PAIR_KINDS; a++) {
        char row[PAIR_KINDS + 1] = {0};
        for (size_t b = 0; b < PAIR_KINDS; b++) {
            pair *p = pair_new(&(pair_options){
                .caller = pair_kinds[a].place, .callee = pair_kinds[b].place, .choice = PL_PATH_UDP_ONLY, .seed = 1});
            pair_find(p);
            row[b] = pair_letter(p);
            g_test_message("%s x %s: %s %.2f s %u packets", pair_kinds[a].name, pair_kinds[b].name, pair_class(p),
                           (double)p->caller->found.time / 1e9, p->caller->found.packets);
            expect_within_bounds(p, row[b]);
            pair_expect_words_pass(p);
            pair_free(p);
        }
        g_assert_cmpstr(row, ==, expected[a]);
    }
}

/* Discovery is a hint and no gate: without its reports every pair still comes together, some sooner. */
static void test_every_pair_without_reports(void)
{
    for (size_t a = 0; a < PAIR_KINDS; a++) {
        for (size_t b = 0; b < PAIR_KINDS; b++) {
            pair *p = pair_new(&(pair_options){.caller = pair_kinds[a].place,
                                               .callee = pair_kinds[b].place,
                                               .choice = PL_PATH_UDP_ONLY,
                                               .no_reports = true,
                                               .seed = 3}); /* at which every spray hits */
            pair_find(p);
            char letter = pair_letter(p);
            g_test_message("%s x %s: %s", pair_kinds[a].name, pair_kinds[b].name, pair_class(p));
            /* Who may be open is tried directly, which opens the way for the callee's turn. */
            g_assert_true(letter == expected[a][b] || (expected[a][b] == 'H' && letter == 'R'));
            pair_free(p);
        }
    }
}

/* One packet in ten is lost at each end's link, each way: nobody gives up, and most keep their method. */
static void test_every_pair_with_loss(void)
{
    size_t same = 0, all = 0;
    for (size_t i = 0; i < PAIR_KINDS * PAIR_KINDS * 6; i++, all++) {
        size_t a = i / PAIR_KINDS % PAIR_KINDS, b = i % PAIR_KINDS;
        pair *p = pair_new(&(pair_options){.caller = pair_kinds[a].place,
                                           .callee = pair_kinds[b].place,
                                           .choice = PL_PATH_UDP_ONLY,
                                           .loss = 0.1,
                                           .seed = i});
        pair_find(p);
        g_test_message("%s x %s: %s %.2f s", pair_kinds[a].name, pair_kinds[b].name, pair_class(p),
                       (double)p->caller->found.time / 1e9);
        g_assert_true(p->caller->opened && p->callee->opened);
        same += pair_letter(p) == expected[a][b];
        pair_free(p);
    }
    g_test_message("%zu of %zu", same, all);
    g_assert_cmpuint(same * 10, >=, all * 9);
}

/* Ends 200 ms apart, bodies 600 ms on their way: the same methods, later. */
static void test_every_pair_over_long_distances(void)
{
    for (size_t a = 0; a < PAIR_KINDS; a++) {
        char row[PAIR_KINDS + 1] = {0};
        for (size_t b = 0; b < PAIR_KINDS; b++) {
            pair *p = pair_new(&(pair_options){.caller = pair_kinds[a].place,
                                               .callee = pair_kinds[b].place,
                                               .choice = PL_PATH_UDP_ONLY,
                                               .one_way = 200 * PL_MILLISECOND,
                                               .signal_delay = 600 * PL_MILLISECOND,
                                               .seed = 4});
            pair_find(p);
            row[b] = pair_letter(p);
            g_test_message("%s x %s: %s %.2f s", pair_kinds[a].name, pair_kinds[b].name, pair_class(p),
                           (double)p->caller->found.time / 1e9);
            pair_free(p);
        }
        g_assert_cmpstr(row, ==, expected[a]);
    }
}

/* Who is behind a box that maps by destination is known by his packets alone. */
static void test_an_end_is_learnt_from_its_packets(void)
{
    pair *p = pair_new(&(pair_options){
        .caller = {.home = "symmetric"}, .callee = {.home = "address-restricted"}, .choice = PL_PATH_UDP_ONLY, .seed = 1});
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "punched-udp");
    g_assert_cmpint(p->caller->found.local, ==, PL_CANDIDATE_PEER_REFLEXIVE);
    g_assert_cmpint(p->caller->found.remote, ==, PL_CANDIDATE_REFLEXIVE);
    g_assert_cmpint(p->callee->found.local, ==, PL_CANDIDATE_REFLEXIVE);
    g_assert_cmpint(p->callee->found.remote, ==, PL_CANDIDATE_PEER_REFLEXIVE);
    pair_free(p);
}

/* Real keys, seals and signatures find the same ways as their stand-ins. */
static void test_real_keys_find_the_same(void)
{
    for (size_t a = 0; a < PAIR_KINDS; a += 2) {
        for (size_t b = 0; b < PAIR_KINDS; b += 3) {
            pair *p = pair_new(&(pair_options){.caller = pair_kinds[a].place,
                                               .callee = pair_kinds[b].place,
                                               .choice = PL_PATH_UDP_ONLY,
                                               .suite = &pl_suite_real,
                                               .seed = 1});
            pair_find(p);
            g_assert_cmpint(pair_letter(p), ==, expected[a][b]);
            pair_free(p);
        }
    }
}

/* The share of sessions that a capped spray finds; the cap is kept. */
static void test_a_spray_hits_as_often_as_the_formula_says(void)
{
    size_t hits = 0, n = 60;
    pl_config config;
    pl_config_init(&config);
    config.path_spray_ports = 256; /* 1 - (1 - 256/64512)^256 = 63.9 % */
    config.path_spray_rate = 1000;
    for (uint64_t seed = 0; seed < n; seed++) {
        pair *p = pair_new(&(pair_options){.caller = pair_kinds[5].place,
                                           .callee = pair_kinds[3].place,
                                           .choice = PL_PATH_UDP_ONLY,
                                           .config = &config,
                                           .seed = seed});
        pair_find(p);
        hits += pair_letter(p) == 'B';
        g_assert_cmpuint(p->sent[0], <=, 256 + 40);
        g_assert_cmpuint(p->sent[1], <=, 256 + 40);
        pair_free(p);
    }
    g_test_message("%zu of %zu", hits, n);
    g_assert_cmpuint(hits, >=, 27); /* 38.4 expected, 3 standard deviations of 3.7 below it */
    g_assert_cmpuint(hits, <=, 50);
}

/* Two boxes that give every destination another port and let everybody in: each check shows a port that is new, and each
 * new port would call for a check.  It ends. */
static void test_new_ports_do_not_beget_new_ports_for_ever(void)
{
    net_nat_options box = *net_nat_preset("symmetric");
    box.filtering = NET_NAT_EI;
    for (size_t i = 0; i < 2; i++) {
        pair *p = pair_new(&(pair_options){.caller = {.home_box = &box},
                                           .callee = {.home_box = &box},
                                           .choice = PL_PATH_UDP_ONLY,
                                           .one_way = i ? 2 * PL_MILLISECOND : 75 * PL_MILLISECOND,
                                           .seed = 1});
        pair_find(p);
        g_test_message("%s: %" G_GUINT64_FORMAT " + %" G_GUINT64_FORMAT " packets", pair_class(p), p->sent[0],
                       p->sent[1]);
        g_assert_cmpstr(pair_class(p), ==, "relayed-udp");
        g_assert_cmpuint(p->sent[0] + p->sent[1], <=, 160);
        pair_free(p);
    }
}

/* A box that keeps the port it is asked for, if for each address anew, which nobody sees who has no partner to ask: the
 * sockets' ports stand side by side, and are met as often as any others. */
static void test_a_spray_meets_ports_side_by_side(void)
{
    size_t hits = 0, n = 300;
    pl_config config;
    pl_config_init(&config);
    config.path_spray_ports = config.path_spray_sockets = 512; /* 98.3 % */
    config.path_spray_rate = 2000;
    net_nat_options box = *net_nat_preset("address-dependent");
    box.ports = NET_PORTS_PRESERVE;
    for (uint64_t seed = 0; seed < n; seed++) {
        pair *p = pair_new(&(pair_options){.caller = {.home_box = &box},
                                           .callee = pair_kinds[3].place,
                                           .choice = PL_PATH_UDP_ONLY,
                                           .no_partners = true,
                                           .config = &config,
                                           .seed = seed});
        pair_find(p);
        hits += pair_letter(p) == 'B';
        pair_free(p);
    }
    g_test_message("%zu of %zu", hits, n);
    g_assert_cmpuint(hits, >=, 288); /* 295 expected; 283 where the probes are evenly spaced */
}

/* The ports are probed when the sockets stand, whichever end begins sooner. */
static void test_a_spray_waits_for_its_sockets(void)
{
    size_t hits = 0, n = 60;
    pl_config config;
    pl_config_init(&config);
    config.path_spray_ports = 512; /* 98.3 %; 87 % if they were probed while the sockets are opened */
    config.path_spray_sockets = 512;
    for (uint64_t seed = 0; seed < n; seed++) {
        pair *p = pair_new(&(pair_options){.caller = pair_kinds[seed % 2 ? 5 : 3].place,
                                           .callee = pair_kinds[seed % 2 ? 3 : 5].place,
                                           .choice = PL_PATH_UDP_ONLY,
                                           .config = &config,
                                           .start_delay = (pl_span)(seed % 3) * 70 * PL_MILLISECOND,
                                           .seed = seed});
        pair_find(p);
        hits += pair_letter(p) == 'B';
        pair_free(p);
    }
    g_test_message("%zu of %zu", hits, n);
    g_assert_cmpuint(hits, >=, 56); /* 59 expected; fewer than 56 in one run of 300 */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/udp/every-pair", test_every_pair);
    g_test_add_func("/story/path/udp/every-pair-without-reports", test_every_pair_without_reports);
    g_test_add_func("/story/path/udp/every-pair-with-loss", test_every_pair_with_loss);
    g_test_add_func("/story/path/udp/every-pair-over-long-distances", test_every_pair_over_long_distances);
    g_test_add_func("/story/path/udp/an-end-is-learnt-from-its-packets", test_an_end_is_learnt_from_its_packets);
    g_test_add_func("/story/path/udp/real-keys-find-the-same", test_real_keys_find_the_same);
    g_test_add_func("/story/path/udp/a-spray-hits-as-often-as-the-formula-says",
                    test_a_spray_hits_as_often_as_the_formula_says);
    g_test_add_func("/story/path/udp/new-ports-do-not-beget-new-ports-for-ever",
                    test_new_ports_do_not_beget_new_ports_for_ever);
    g_test_add_func("/story/path/udp/a-spray-meets-ports-side-by-side", test_a_spray_meets_ports_side_by_side);
    g_test_add_func("/story/path/udp/a-spray-waits-for-its-sockets", test_a_spray_waits_for_its_sockets);
    return g_test_run();
}
