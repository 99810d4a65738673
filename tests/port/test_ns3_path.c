/* test_ns3_path.c - paths on the ns-3 engine: the same ways as on the light one, but for what its TCP cannot. */
#include "tests/support/ns3_engine.h"
#include "tests/support/pair_kinds.h"

static const sim_engine_ops *ns3;

static void expect(size_t caller, size_t callee, pl_path_choice choice, const char *class)
{
    pair *p = pair_new(&(pair_options){.engine = ns3,
                                       .caller = pair_kinds[caller].place,
                                       .callee = pair_kinds[callee].place,
                                       .choice = choice,
                                       .seed = 1});
    pair_find(p);
    g_test_message("%s x %s: %s %.2f s", pair_kinds[caller].name, pair_kinds[callee].name, pair_class(p),
                   (double)p->caller->found.time / 1e9);
    g_assert_cmpstr(pair_class(p), ==, class);
    pair_expect_words_pass(p);
    pair_free(p);
}

static void test_udp(void)
{
    expect(0, 0, PL_PATH_ANY, "direct-udp");
    expect(0, 3, PL_PATH_ANY, "reversed-udp");
    expect(3, 6, PL_PATH_ANY, "punched-udp");
    expect(4, 4, PL_PATH_UDP_ONLY, "predicted-udp");
    expect(3, 5, PL_PATH_UDP_ONLY, "sprayed-udp");
    expect(5, 5, PL_PATH_UDP_ONLY, "relayed-udp");
}

static void test_tcp(void)
{
    expect(3, 0, PL_PATH_TCP_ONLY, "direct-tcp");
    expect(0, 3, PL_PATH_TCP_ONLY, "reversed-tcp");
    expect(0, 8, PL_PATH_ANY, "reversed-tcp");
    expect(8, 0, PL_PATH_ANY, "direct-tcp");
    expect(7, 8, PL_PATH_ANY, "relayed-tcp");
    /* ns-3's TCP has no simultaneous open, so nothing is punched over it. */
    expect(3, 3, PL_PATH_TCP_ONLY, "relayed-udp");
}

/* What is said of ns-3 without opening it is what it says of itself. */
static void test_capabilities(void)
{
    g_assert_cmpuint(ns3->capabilities, ==, sim_engine_capabilities("ns3"));
    g_assert_cmpuint(sim_engine_capabilities("ns4"), ==, 0);
}

int main(int argc, char **argv)
{
    g_autofree char *reason = NULL;
    g_test_init(&argc, &argv, NULL);
    ns3 = ns3_engine_open(&reason);
    if (!ns3)
        return ns3_engine_skip(reason);
    g_test_add_func("/ns3/path/capabilities", test_capabilities);
    g_test_add_func("/ns3/path/udp", test_udp);
    g_test_add_func("/ns3/path/tcp", test_tcp);
    return g_test_run();
}
