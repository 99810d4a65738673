/* test_path_foretold.c - boxes that give their ports in steps: how an end sees the step, and what is foretold by it. */
#include "tests/support/pair_kinds.h"

#include <string.h>

/* A box that counts its ports. */
#define COUNTING(map, filter)                                                                                \
    {                                                                                                        \
        .name = #map "/" #filter, .mapping = NET_NAT_##map, .filtering = NET_NAT_##filter,                   \
        .ports = NET_PORTS_SEQUENTIAL, .refresh = NET_NAT_REFRESH_OUT, .port_low = 1024, .port_high = 65535, \
        .port_step = 1, .udp_lifetime_ns = 300 * PL_SECOND, .tcp_established_ns = 7440 * PL_SECOND,          \
        .tcp_transitory_ns = 240 * PL_SECOND, .pool = 1                                                      \
    }
static const net_nat_options ad_apd = COUNTING(AD, APD), apd_ei = COUNTING(APD, EI),
                             apd_ad = COUNTING(APD, AD), apd_apd = COUNTING(APD, APD);

static const pair_place plain = {.home = "port-restricted"}, by_address = {.home_box = &ad_apd},
                        by_port = {.home_box = &apd_apd};

static pair_options ends(pair_place caller, pair_place callee, pl_path_choice choice)
{
    return (pair_options){.caller = caller, .callee = callee, .choice = choice, .seed = 1};
}

/* Both ways round. */
static void expect(pair_options options, const char *class)
{
    for (size_t turned = 0; turned < 2; turned++) {
        pair *p = pair_new(&options);
        pair_find(p);
        g_test_message("%s: %s", options.caller.home_box ? options.caller.home_box->name : options.caller.home,
                       pair_class(p));
        g_assert_cmpstr(pair_class(p), ==, class);
        pair_expect_words_pass(p);
        pair_free(p);
        const pair_place caller = options.caller;
        options.caller = options.callee;
        options.callee = caller;
    }
}

/* --- the step of a box that maps by address --- */

static void test_a_box_that_maps_by_address_is_foretold(void)
{
    expect(ends(by_address, plain, PL_PATH_UDP_ONLY), "predicted-udp");
    expect(ends(by_address, plain, PL_PATH_ANY), "predicted-udp");
}

static void test_so_it_is_over_tcp(void)
{
    expect(ends(by_address, plain, PL_PATH_TCP_ONLY), "predicted-tcp");
}

static void test_both_ends_are_foretold(void)
{
    expect(ends(by_address, by_address, PL_PATH_UDP_ONLY), "predicted-udp");
    expect(ends(by_address, by_port, PL_PATH_UDP_ONLY), "predicted-udp");
}

/* Ends far from each other: what one says is heard when the other has begun to measure where its box stands.  An end that
 * shows each port another one, and hears a check from a port that it has not sent to, would open one more by its answer,
 * which the other cannot take: the window would move. */
static void test_useless_answers_do_not_move_a_window(void)
{
    static const struct {
        const net_nat_options *one, *other;
    } rows[] = {{&apd_ei, &apd_ad}, {&apd_ei, &apd_apd}, {&apd_ei, &ad_apd}, {&apd_ad, &ad_apd}, {&apd_ei, &apd_ei}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (pl_span one_way = 2 * PL_MILLISECOND; one_way <= 162 * PL_MILLISECOND; one_way += 40 * PL_MILLISECOND) {
            pair_options options =
                ends((pair_place){.home_box = rows[i].one}, (pair_place){.home_box = rows[i].other}, PL_PATH_UDP_ONLY);
            options.one_way = one_way;
            options.signal_delay = 2 * one_way;
            expect(options, "predicted-udp");
        }
    }
}

/* A check from a port that nobody knew does find the way where its sender lets any port of the address in. */
static void test_useful_answers_are_given(void)
{
    static const net_nat_options ad_ad = COUNTING(AD, AD);
    const pair_place open = {.home_box = &apd_ei}, peer = {.home_box = &ad_ad};
    const pair_options rows[] = {ends(peer, open, PL_PATH_UDP_ONLY), ends(open, peer, PL_PATH_UDP_ONLY)};
    static const char *const classes[] = {"direct-udp", "reversed-udp"};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        pair *p = pair_new(&rows[i]);
        pair_find(p);
        g_assert_cmpstr(pair_class(p), ==, classes[i]);
        pair_free(p);
    }
}

/* Whose port nobody can tell meets one that can be told and lets in all ports of an address: the answer comes from that
 * port. */
static void test_one_foretold_end_is_enough(void)
{
    static const net_nat_options ad_ei = COUNTING(AD, EI), ad_ad = COUNTING(AD, AD);
    net_nat_options random = apd_apd;
    random.ports = NET_PORTS_RANDOM;
    const pair_place drawn = {.home_box = &random}, open = {.home_box = &ad_ei}, half = {.home_box = &ad_ad};
    const pair_options rows[] = {ends(drawn, open, PL_PATH_UDP_ONLY), ends(open, drawn, PL_PATH_UDP_ONLY),
                                 ends(drawn, half, PL_PATH_UDP_ONLY), ends(half, drawn, PL_PATH_UDP_ONLY)};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        pair *p = pair_new(&rows[i]);
        pair_find(p);
        g_assert_cmpstr(pair_class(p), ==, "predicted-udp");
        pair_free(p);
    }
    expect(ends(drawn, by_address, PL_PATH_UDP_ONLY), "relayed-udp");
}

/* Steps of two or four, as some boxes make them. */
static void test_wider_steps_are_seen(void)
{
    for (uint16_t step = 2; step <= 4; step += 2) {
        net_nat_options box = ad_apd;
        box.port_step = step;
        expect(ends((pair_place){.home_box = &box}, plain, PL_PATH_UDP_ONLY), "predicted-udp");
    }
}

/* What is wider is chance, more often than not: ports that are drawn from a small block are near each other. */
static void test_wider_gaps_are_chance(void)
{
    net_nat_options box = apd_apd;
    box.port_step = 5;
    expect(ends((pair_place){.home_box = &box}, plain, PL_PATH_UDP_ONLY), "sprayed-udp");
}

static void test_random_ports_have_no_step(void)
{
    net_nat_options box = ad_apd;
    box.ports = NET_PORTS_RANDOM;
    expect(ends((pair_place){.home_box = &box}, plain, PL_PATH_UDP_ONLY), "sprayed-udp");
}

/* Without a partner nobody can see the step. */
static void test_without_a_partner_it_is_sprayed(void)
{
    pair_options options = ends(by_address, plain, PL_PATH_UDP_ONLY);
    options.no_partners = true;
    expect(options, "sprayed-udp");
}

/* --- what it costs --- */

static pl_time gathered_at(const pair_host *host)
{
    for (guint i = 0; i < host->records->len; i++) {
        const pair_record *record = &g_array_index(host->records, pair_record, i);
        if (record->event.id == PL_EVENT_PATH_GATHERED)
            return record->at;
    }
    return PL_NEVER;
}

static pl_time gathers_at(const pair_options *options)
{
    pair *p = pair_new(options);
    pair_find(p);
    const pl_time at = gathered_at(p->caller);
    pair_free(p);
    return at;
}

static void test_gathering_takes_no_longer(void)
{
    const pl_path_choice choices[] = {PL_PATH_UDP_ONLY, PL_PATH_TCP_ONLY, PL_PATH_ANY};
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        const pair_options one_port = ends(plain, plain, choices[i]);
        const pair_options stepping = ends(by_address, plain, choices[i]);
        g_assert_cmpint(gathers_at(&stepping), ==, gathers_at(&one_port));
    }
}

/* Datagrams and SYNs of an end, by whom they went to. */
typedef struct tally {
    uint32_t partner;
    size_t to_partner, to_supernode;
} tally;

static bool count(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    tally *t = ctx;
    (void)now;
    if (from != from->pair->caller || gathered_at(from) != PL_NEVER)
        return true;
    t->to_partner += packet->destination.ip == t->partner;
    t->to_supernode += packet->destination.ip == from->self.supernode.ip;
    return true;
}

static tally asks(const pair_options *options)
{
    pair *p = pair_new(options);
    tally t = {.partner = p->supernodes[1]->ip};
    p->filter = count;
    p->ctx = &t;
    pair_find(p);
    pair_free(p);
    return t;
}

/* Who shows all the world one port, or each port of a server another, has nothing to ask the partner; nor has who does
 * not foretell. */
static void test_only_who_needs_it_asks_the_partner(void)
{
    static const char *const boxes[] = {"port-restricted", "symmetric-sequential", "symmetric", NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
        const pair_options options = ends((pair_place){.home = boxes[i]}, plain, PL_PATH_UDP_ONLY);
        const tally t = asks(&options);
        g_assert_cmpuint(t.to_partner, ==, 0);
        g_assert_cmpuint(t.to_supernode, ==, 2);
    }
    pair_options options = ends(by_address, plain, PL_PATH_UDP_ONLY);
    tally t = asks(&options);
    g_assert_cmpuint(t.to_partner, ==, 1);
    g_assert_cmpuint(t.to_supernode, ==, 2);
    options.caller_profile = "e2";
    t = asks(&options);
    g_assert_cmpuint(t.to_partner, ==, 0);
}

/* --- a partner that is gone --- */

static bool cut_partner(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    (void)ctx, (void)now;
    const pair *p = from->pair;
    return from != p->caller || packet->destination.ip != p->supernodes[1]->ip || gathered_at(from) != PL_NEVER;
}

/* The supernode does not know it yet: the end waits for as long as it gathers at most, and not a nanosecond more. */
static void test_a_silent_partner_is_waited_for_as_long_as_anybody(void)
{
    const pl_path_choice choices[] = {PL_PATH_UDP_ONLY, PL_PATH_TCP_ONLY, PL_PATH_ANY};
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        const pair_options options = ends(by_address, plain, choices[i]);
        pair *p = pair_new(&options);
        p->filter = cut_partner;
        pair_call(p);
        const pl_time until = p->config.path_gather_wait;
        pair_run(p, until);
        g_assert_cmpint(gathered_at(p->caller), ==, PL_NEVER);
        pair_run(p, until + 1);
        g_assert_cmpint(gathered_at(p->caller), ==, until);
        pair_free(p);
    }
}

/* The supernode has lost it, and its answers do not name it any more: nobody waits. */
static void test_a_lost_partner_is_not_waited_for(void)
{
    const pl_path_choice choices[] = {PL_PATH_UDP_ONLY, PL_PATH_ANY};
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        const pair_options options = ends(by_address, plain, choices[i]);
        const pair_options one_port = ends(plain, plain, choices[i]);
        pair *p = pair_new(&options);
        pl_stun_server_set_partner(p->supernodes[0]->stun, 0);
        p->filter = cut_partner;
        pair_find(p);
        g_assert_cmpint(gathered_at(p->caller), ==, gathers_at(&one_port));
        g_assert_true(p->caller->opened && p->callee->opened);
        pair_free(p);
    }
}

/* --- lost requests and answers --- */

/* Loses the nth datagram of a kind that passes while the caller gathers. */
typedef struct thief {
    uint32_t host;   /* of the supernode or the partner */
    uint16_t port;   /* 0 = any */
    bool is_answer;
    size_t nth, seen;
} thief;

static bool steal(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    thief *t = ctx;
    (void)now;
    const pair *p = from->pair;
    if (gathered_at(p->caller) != PL_NEVER || packet->protocol != PL_PROTOCOL_UDP)
        return true;
    const pl_addr there = t->is_answer ? packet->source : packet->destination;
    const bool fits = (t->is_answer ? from != p->caller : from == p->caller) && there.ip == t->host &&
                      (!t->port || there.port == t->port);
    return !fits || t->seen++ != t->nth;
}

/* Whichever one is lost, of requests and answers: what is asked again later is foretold by what came of it. */
static void test_any_one_lost_datagram_changes_nothing(void)
{
    const pair_place places[] = {by_address, by_port};
    for (size_t i = 0; i < 2 * 2 * 3; i++) {
        const pair_options options = ends(places[i % 2], plain, PL_PATH_UDP_ONLY);
        pair *p = pair_new(&options);
        thief t = {.is_answer = i / 2 % 2,
                   .host = p->supernodes[i / 4 == 2]->ip,
                   .port = i / 4 == 1 ? PL_STUN_PORT_2 : PL_STUN_PORT_1};
        p->filter = steal;
        p->ctx = &t;
        pair_find(p);
        g_test_message("%s, %s %zu: %s", i % 2 ? "by port" : "by address", t.is_answer ? "answer" : "request", i / 4,
                       pair_class(p));
        g_assert_cmpstr(pair_class(p), ==, "predicted-udp");
        g_assert_cmpint(gathered_at(p->caller), <=, p->config.path_first_try + 2 * PAIR_ONE_WAY);
        pair_free(p);
    }
}

static bool steal_both(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    (void)ctx;
    return from != from->pair->caller || packet->protocol != PL_PROTOCOL_UDP || now > 0 ||
           packet->destination.ip != from->self.supernode.ip;
}

/* Then the partner has seen the port before the last one. */
static void test_the_supernode_may_see_the_later_port(void)
{
    const pair_options options = ends(by_address, plain, PL_PATH_UDP_ONLY);
    pair *p = pair_new(&options);
    p->filter = steal_both;
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "predicted-udp");
    pair_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/foretold/by-address", test_a_box_that_maps_by_address_is_foretold);
    g_test_add_func("/story/path/foretold/by-address-over-tcp", test_so_it_is_over_tcp);
    g_test_add_func("/story/path/foretold/both-ends", test_both_ends_are_foretold);
    g_test_add_func("/story/path/foretold/useless-answers", test_useless_answers_do_not_move_a_window);
    g_test_add_func("/story/path/foretold/useful-answers", test_useful_answers_are_given);
    g_test_add_func("/story/path/foretold/one-end", test_one_foretold_end_is_enough);
    g_test_add_func("/story/path/foretold/wider-steps", test_wider_steps_are_seen);
    g_test_add_func("/story/path/foretold/wider-gaps", test_wider_gaps_are_chance);
    g_test_add_func("/story/path/foretold/random-ports", test_random_ports_have_no_step);
    g_test_add_func("/story/path/foretold/no-partner", test_without_a_partner_it_is_sprayed);
    g_test_add_func("/story/path/foretold/takes-no-longer", test_gathering_takes_no_longer);
    g_test_add_func("/story/path/foretold/only-who-needs-it", test_only_who_needs_it_asks_the_partner);
    g_test_add_func("/story/path/foretold/silent-partner", test_a_silent_partner_is_waited_for_as_long_as_anybody);
    g_test_add_func("/story/path/foretold/lost-partner", test_a_lost_partner_is_not_waited_for);
    g_test_add_func("/story/path/foretold/any-one-lost", test_any_one_lost_datagram_changes_nothing);
    g_test_add_func("/story/path/foretold/later-port", test_the_supernode_may_see_the_later_port);
    return g_test_run();
}
