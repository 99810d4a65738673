/* test_path_relay.c - relayed paths: one relay is enough, two work, accounts, what is given back, what is lost. */
#include <string.h>

#include "core/nat/path/echo.h"
#include "tests/support/pair_kinds.h"

static pl_turn_server_stats stats_of(const pair *p, int which)
{
    pl_turn_server_stats stats;
    pl_turn_server_statistics(p->supernodes[which]->turn, &stats);
    return stats;
}

/* No bodies of one end's relay arrive: it is as if it had no account. */
typedef struct mute {
    int end; /* 0 the caller, 1 the callee */
} mute;

static bool drop_more(void *ctx, pair_host *from, uint8_t *body, size_t *len, pl_time now)
{
    const mute *m = ctx;
    (void)len, (void)now;
    return body[1] != 4 || from != (m->end == 0 ? from->pair->caller : from->pair->callee);
}

/* Whichever end's relay it is; ports are random at both, so permissions are by address alone. */
static void test_one_relay_is_enough(void)
{
    for (int end = 0; end < 2; end++) {
        mute m = {end};
        pair *p = pair_new(&(pair_options){.caller = {.home = "symmetric"},
                                           .callee = {.home = "symmetric"},
                                           .choice = PL_PATH_UDP_ONLY,
                                           .seed = 1});
        p->courier = drop_more;
        p->ctx = &m;
        pair_find(p);
        g_assert_cmpstr(pair_class(p), ==, "relayed-udp");
        pair_host *user = end == 0 ? p->caller : p->callee, *other = end == 0 ? p->callee : p->caller;
        g_assert_cmpint(user->found.remote, ==, PL_CANDIDATE_RELAYED);
        g_assert_cmpint(other->found.local, ==, PL_CANDIDATE_RELAYED);
        g_assert_cmpint(other->found.remote, ==, PL_CANDIDATE_PEER_REFLEXIVE); /* learnt through the relay */
        pair_expect_words_pass(p);
        pair_free(p);
    }
}

/* Neither end has UDP: two relays, two legs over TCP; and over port 80 where nothing else gets out. */
static void test_relay_to_relay(void)
{
    static const char *const firewalls[] = {"udp-blocked", "web-only", "only-443"};
    for (size_t a = 0; a < G_N_ELEMENTS(firewalls); a++) {
        for (size_t b = 0; b < G_N_ELEMENTS(firewalls); b++) {
            pair *p = pair_new(&(pair_options){.caller = {.firewall = firewalls[a]},
                                               .callee = {.firewall = firewalls[b]},
                                               .choice = PL_PATH_UDP_ONLY,
                                               .seed = 1});
            pair_find(p);
            g_assert_cmpstr(pair_class(p), ==, "relayed-tcp");
            g_assert_cmpint(p->caller->found.local, ==, PL_CANDIDATE_RELAYED);
            g_assert_cmpint(p->caller->found.remote, ==, PL_CANDIDATE_RELAYED);
            pair_expect_words_pass(p);
            pair_run(p, pair_now(p) + 20 * PL_MINUTE); /* permissions and allocations outlive their lifetimes */
            p->caller->n_received = p->callee->n_received = 0;
            pair_expect_words_pass(p);
            g_assert_cmpuint(stats_of(p, 0).allocations, ==, 1);
            g_assert_cmpuint(stats_of(p, 1).allocations, ==, 1);
            pair_free(p);
        }
    }
}

/* Both ends have one supernode: its relay sends to itself, and its discovery ports see both. */
static void test_one_supernode_for_both(void)
{
    static const struct {
        pair_place caller, callee;
        pl_path_choice choice;
        const char *class;
    } rows[] = {
        {{.firewall = "udp-blocked"}, {.firewall = "web-only"}, PL_PATH_UDP_ONLY, "relayed-tcp"},
        {{.home = "symmetric"}, {.home = "symmetric"}, PL_PATH_UDP_ONLY, "relayed-udp"},
        {{.home = "symmetric"}, {.firewall = "udp-blocked"}, PL_PATH_UDP_ONLY, "relayed-tcp"},
        {{.home = "port-restricted"}, {.home = "port-restricted"}, PL_PATH_ANY, "punched-udp"},
        {{.home = "symmetric-sequential"}, {.home = "symmetric-sequential"}, PL_PATH_UDP_ONLY, "predicted-udp"},
        {{.home = "port-restricted"}, {.home = "port-restricted"}, PL_PATH_TCP_ONLY, "punched-tcp"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        pair *p = pair_new(&(pair_options){.caller = rows[i].caller,
                                           .callee = rows[i].callee,
                                           .choice = rows[i].choice,
                                           .one_supernode = true,
                                           .seed = 1});
        pair_find(p);
        g_assert_cmpstr(pair_class(p), ==, rows[i].class);
        pair_expect_words_pass(p);
        pair_free(p);
    }
}

static void test_without_an_account_there_is_no_path(void)
{
    pair *p = pair_new(&(pair_options){
        .caller = {.home = "symmetric"}, .callee = {.home = "symmetric"}, .no_relay = true, .seed = 1});
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "failed");
    g_assert_cmpstr(p->caller->cause, ==, "no-path");
    g_assert_cmpstr(p->callee->cause, ==, "no-path");
    g_assert_cmpuint(pair_count(p->caller, PL_EVENT_PATH_FAILED), ==, 1);
    pair_free(p);
}

/* What was allocated in time and then not needed is given back; what carries is given back when the path ends. */
static void test_allocations_are_given_back(void)
{
    static const char *const boxes[] = {"symmetric-sequential", "symmetric"};
    for (size_t i = 0; i < 2; i++) {
        pair *p = pair_new(&(pair_options){
            .caller = {.home = boxes[i]}, .callee = {.home = boxes[i]}, .choice = PL_PATH_UDP_ONLY, .seed = 1});
        pair_find(p);
        pair_run(p, pair_now(p) + 2 * PL_SECOND);
        g_assert_cmpuint(stats_of(p, 0).allocations + stats_of(p, 1).allocations, ==, i == 0 ? 0 : 1);
        pl_path_free(g_steal_pointer(&p->caller->path), pair_now(p));
        pair_run(p, pair_now(p) + 2 * PL_SECOND);
        g_assert_true(p->callee->ended);
        g_assert_cmpuint(stats_of(p, 0).allocations + stats_of(p, 1).allocations, ==, 0);
        pair_free(p);
    }
}

/* Easy pairs never bother a relay. */
static void test_no_relay_is_asked_in_vain(void)
{
    pair *p = pair_new(&(pair_options){.caller = {.home = "port-restricted"}, .callee = {.home = "full-cone"}, .seed = 1});
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "direct-udp");
    g_assert_cmpuint(pair_count(p->supernodes[0], PL_EVENT_RELAY_ALLOCATED), ==, 0);
    g_assert_cmpuint(pair_count(p->supernodes[1], PL_EVENT_RELAY_ALLOCATED), ==, 0);
    pair_free(p);
}

/* A relay that dies takes the path with it: at once where a stream breaks, else when consent runs out. */
static bool cut_supernodes(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    (void)packet, (void)now;
    return !*(bool *)ctx || (from == from->pair->caller || from == from->pair->callee ? false : true);
}

static void test_a_relay_that_dies(void)
{
    bool cut = false;
    pair *p = pair_new(&(pair_options){
        .caller = {.home = "symmetric"}, .callee = {.home = "symmetric"}, .choice = PL_PATH_UDP_ONLY, .seed = 1});
    p->filter = cut_supernodes;
    p->ctx = &cut;
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "relayed-udp");
    cut = true;
    pl_time at = pair_now(p);
    while (!(p->caller->ended && p->callee->ended) && pair_now(p) < at + PL_MINUTE) {
        pair_host *ends[] = {p->caller, p->callee};
        for (size_t i = 0; i < 2; i++) {
            if (ends[i]->path)
                (void)pl_path_send(ends[i]->path, (const uint8_t *)"\x80", 1, pair_now(p));
            pair_arm(ends[i]);
        }
        pair_run(p, pair_now(p) + 100 * PL_MILLISECOND);
    }
    g_assert_true(p->caller->ended && p->callee->ended);
    g_assert_cmpint(pair_now(p) - at, <=, 32 * PL_SECOND);
    pair_free(p);
}

/* Without reports the caller's first packet is a stranger's at a box that takes it: the second attempt heals that. */
static void test_a_spoilt_port_is_no_reason_for_a_relay(void)
{
    pair *p = pair_new(&(pair_options){.caller = {.home = "linux-acc"},
                                       .callee = {.home = "linux-acc"},
                                       .choice = PL_PATH_UDP_ONLY,
                                       .no_reports = true,
                                       .seed = 1});
    pair_find(p);
    g_test_message("%s %.2f s", pair_class(p), (double)p->caller->found.time / 1e9);
    g_assert_cmpstr(pair_class(p), ==, "punched-udp");
    pair_free(p);
}

/* A path over a relay that is saturated keeps the peer's consent, and words that fit pass whole. */
static void test_a_busy_stream_keeps_consent(void)
{
    const pair_options options = {.choice = PL_PATH_TCP_ONLY, .seed = 1};
    pair *p = pair_new(&options);
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "direct-tcp");
    uint8_t bytes[1000];
    memset(bytes, 0xAA, sizeof bytes);
    pl_time until = pair_now(p) + 45 * PL_SECOND;
    size_t dropped = 0;
    while (pair_now(p) < until) {
        for (int i = 0; i < 40; i++)
            dropped += pl_path_send(p->caller->path, bytes, sizeof bytes, pair_now(p)) == PL_ERR_AGAIN;
        pair_arm(p->caller);
        pair_run(p, pair_now(p) + 10 * PL_MILLISECOND);
        g_assert_false(p->caller->ended);
    }
    g_test_message("%zu dropped", dropped);
    g_assert_cmpuint(dropped, >, 1000);
    pair_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/relay/one-is-enough", test_one_relay_is_enough);
    g_test_add_func("/story/path/relay/relay-to-relay", test_relay_to_relay);
    g_test_add_func("/story/path/relay/one-supernode-for-both", test_one_supernode_for_both);
    g_test_add_func("/story/path/relay/without-an-account-there-is-no-path",
                    test_without_an_account_there_is_no_path);
    g_test_add_func("/story/path/relay/allocations-are-given-back", test_allocations_are_given_back);
    g_test_add_func("/story/path/relay/no-relay-is-asked-in-vain", test_no_relay_is_asked_in_vain);
    g_test_add_func("/story/path/relay/a-relay-that-dies", test_a_relay_that_dies);
    g_test_add_func("/story/path/relay/a-spoilt-port-is-no-reason-for-one", test_a_spoilt_port_is_no_reason_for_a_relay);
    g_test_add_func("/story/path/relay/a-busy-stream-keeps-consent", test_a_busy_stream_keeps_consent);
    return g_test_run();
}
