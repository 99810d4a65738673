/* test_path_places.c - ends that share a box, strangers at private addresses, addresses that lead nowhere. */
#include <string.h>

#include "tests/support/pair_kinds.h"

static pair *find(const pair_options *options, pair_filter_fn filter, void *ctx)
{
    pair *p = pair_new(options);
    p->filter = filter;
    p->ctx = ctx;
    pair_find(p);
    g_test_message("%s via %s, %.2f s", pair_class(p), pl_path_via_name(p->caller->found.via),
                   (double)p->caller->found.time / 1e9);
    return p;
}

static void expect_and_free(pair *p, const char *class, const char *via)
{
    g_assert_cmpstr(pair_class(p), ==, class);
    g_assert_cmpstr(pl_path_via_name(p->caller->found.via), ==, via);
    g_assert_cmpstr(pl_path_via_name(p->callee->found.via), ==, via);
    pair_expect_words_pass(p);
    pair_free(p);
}

static pair_options one_home(const char *box)
{
    return (pair_options){.caller = {.home = box}, .callee = {.home = box}, .sharing = PAIR_ONE_HOME, .seed = 1};
}

/* Two hosts of one home meet at home, whatever its box does with packets that turn round. */
static void test_one_home(void)
{
    static const char *const boxes[] = {"port-restricted", "no-hairpin", "broken-hairpin", "symmetric", "linux"};
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
        pair_options options = one_home(boxes[i]);
        expect_and_free(find(&options, NULL, NULL), "direct-udp", "lan");
        options.choice = PL_PATH_TCP_ONLY;
        expect_and_free(find(&options, NULL, NULL), "direct-tcp", "lan");
    }
}

/* UDP that is blocked at the gate is not blocked at home. */
static void test_one_home_whose_gate_blocks_udp(void)
{
    pair_options options = one_home("port-restricted");
    pair *p = pair_new(&options);
    p->caller->report = p->callee->report = (pl_nat_report){.udp = PL_UDP_BLOCKED};
    net_realm_set_firewall(p->network, p->homes[0], net_firewall_preset("udp-blocked"));
    pair_find(p);
    expect_and_free(p, "direct-udp", "lan");
}

/* Client isolation: hosts of one home do not hear each other, but the box turns packets round, or does not. */
static bool isolate(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    (void)ctx, (void)from, (void)now;
    return packet->destination.ip >> 16 != 0xC0A8;
}

static void test_isolated_clients(void)
{
    pair_options turned = one_home("port-restricted"), lost = one_home("no-hairpin");
    pair_options inside = one_home("broken-hairpin"); /* its packets show a source that cannot be answered */
    expect_and_free(find(&turned, isolate, NULL), "punched-udp", "hairpin");
    expect_and_free(find(&inside, isolate, NULL), "relayed-udp", "public");
    expect_and_free(find(&lost, isolate, NULL), "relayed-udp", "public");
}

static pair_options one_carrier(const char *carrier)
{
    return (pair_options){.caller = {.home = "port-restricted", .carrier = carrier},
                          .callee = {.home = "port-restricted"},
                          .sharing = PAIR_ONE_CARRIER,
                          .seed = 1};
}

static void test_one_carrier(void)
{
    pair_options turned = one_carrier("port-restricted"), lost = one_carrier("no-hairpin"), block = one_carrier("cgn");
    expect_and_free(find(&turned, NULL, NULL), "punched-udp", "hairpin");
    expect_and_free(find(&lost, NULL, NULL), "relayed-udp", "public");
    expect_and_free(find(&block, NULL, NULL), "punched-udp", "hairpin");
    turned.choice = PL_PATH_TCP_ONLY;
    expect_and_free(find(&turned, NULL, NULL), "punched-tcp", "hairpin");
}

static void test_a_carrier_of_ones_own(void)
{
    const pair_options options = {.caller = {.home = "port-restricted", .carrier = "cgn"},
                                  .callee = {.home = "address-restricted", .carrier = "cgn"},
                                  .seed = 1};
    expect_and_free(find(&options, NULL, NULL), "punched-udp", "public");
}

/* Both homes have the same prefix, so the peer's private address is a stranger's here; he is given the very port. */
typedef struct stranger {
    pair_host *host;
    size_t sent_to;
} stranger;

static bool take_the_port(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    stranger *s = ctx;
    (void)now;
    if (from != from->pair->caller || packet->destination.ip != s->host->ip || packet->protocol != PL_PROTOCOL_UDP)
        return true;
    s->sent_to++;
    pl_port port = pair_port(s->host);
    if (!s->host->socket)
        g_assert_cmpint(port.ops->udp_bind(port.ctx, packet->destination.port, &s->host->socket), ==, 0);
    return true;
}

static void test_a_private_address_that_is_a_strangers(void)
{
    pair_options options = one_carrier("port-restricted");
    options.callee.ip = 0xC0A80109u; /* 192.168.1.9 in the callee's home */
    pair *p = pair_new(&options);
    stranger s = {.host = pair_add_stranger(p, 0, 0xC0A80109u, 0)}; /* and in the caller's */
    p->filter = take_the_port;
    p->ctx = &s;
    pair_find(p);
    g_assert_cmpuint(s.sent_to, >, 0);
    g_assert_cmpuint(s.host->n_heard, >, 0);
    expect_and_free(p, "punched-udp", "hairpin");
}

/* To who does not share a network with us private addresses are not tried at all. */
static bool forbid_private(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    (void)ctx, (void)now;
    bool end = from == from->pair->caller || from == from->pair->callee;
    g_assert_true(!end || packet->destination.ip >> 16 != 0xC0A8);
    return true;
}

static void test_private_addresses_are_kept_at_home(void)
{
    const pair_options options = {.caller = {.home = "port-restricted", .ip = 0xC0A80105u},
                                  .callee = {.home = "symmetric-sequential"},
                                  .seed = 1};
    pair *p = find(&options, forbid_private, NULL);
    g_assert_cmpstr(pair_class(p), ==, "predicted-udp");
    pair_free(p);
}

/* The same home, but the private way is dead: what else there is gets its turn. */
static void test_a_dead_candidate_kills_nothing(void)
{
    pair_options options = one_home("symmetric");
    expect_and_free(find(&options, isolate, NULL), "relayed-udp", "public");
}

/* A box that rewrites addresses in payloads does not find the veiled ones; the offers go over TCP, sealed. */
static void test_a_box_that_rewrites(void)
{
    const pair_options options = {
        .caller = {.home = "alg-evil"}, .callee = {.home = "port-restricted"}, .choice = PL_PATH_UDP_ONLY, .seed = 1};
    expect_and_free(find(&options, NULL, NULL), "punched-udp", "public");
}

/* Every other preset against a plain home: some way is always found, and both ends agree which. */
static void test_every_preset(void)
{
    const net_nat_preset_row *rows;
    size_t n = net_nat_presets(&rows);
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            const pair_options options = {.caller = {.home = rows[a].options.name},
                                          .callee = {.home = rows[b].options.name},
                                          .seed = a * n + b};
            pair *p = pair_new(&options);
            pair_find(p);
            g_test_message("%s x %s: %s %.2f s", rows[a].name, rows[b].name, pair_class(p),
                           (double)p->caller->found.time / 1e9);
            g_assert_cmpstr(pair_class(p), !=, "failed");
            g_assert_cmpstr(pair_class(p), !=, "torn");
            pair_expect_words_pass(p);
            pair_free(p);
        }
    }
}

/* One box that turns nothing round, between two who do not hear each other: nothing can spoil a port there, so nothing is
 * tried twice, and a neighbour who does not answer at once will not. */
static void test_isolated_clients_are_relayed_soon(void)
{
    static const struct {
        pl_path_choice choice;
        pl_span limit;
    } rows[] = {{PL_PATH_UDP_ONLY, 5 * PL_SECOND}, {PL_PATH_TCP_ONLY, 7 * PL_SECOND}, {PL_PATH_ANY, 10 * PL_SECOND}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        pair_options options = one_home("no-hairpin");
        options.choice = rows[i].choice;
        pair *p = find(&options, isolate, NULL);
        g_assert_cmpint(p->caller->found.time, <=, rows[i].limit);
        g_assert_cmpuint(pair_count(p->caller, PL_EVENT_PATH_GATHERED), ==, 1);
        expect_and_free(p, "relayed-udp", "public");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/places/one-home", test_one_home);
    g_test_add_func("/story/path/places/one-home-whose-gate-blocks-udp", test_one_home_whose_gate_blocks_udp);
    g_test_add_func("/story/path/places/isolated-clients", test_isolated_clients);
    g_test_add_func("/story/path/places/one-carrier", test_one_carrier);
    g_test_add_func("/story/path/places/a-carrier-of-ones-own", test_a_carrier_of_ones_own);
    g_test_add_func("/story/path/places/a-private-address-that-is-a-strangers",
                    test_a_private_address_that_is_a_strangers);
    g_test_add_func("/story/path/places/private-addresses-are-kept-at-home", test_private_addresses_are_kept_at_home);
    g_test_add_func("/story/path/places/a-dead-candidate-kills-nothing", test_a_dead_candidate_kills_nothing);
    g_test_add_func("/story/path/places/a-box-that-rewrites", test_a_box_that_rewrites);
    g_test_add_func("/story/path/places/every-preset", test_every_preset);
    g_test_add_func("/story/path/places/isolated-clients-are-relayed-soon", test_isolated_clients_are_relayed_soon);
    return g_test_run();
}
