/* test_path_race.c - the early-packet race: boxes whose own stack takes what strangers send, and what helps.
 *
 * On such a box a packet that arrives before our own has left costs us the port (UDP), or is answered by RST (TCP).  The
 * same two boxes are punched when the first packets cross in flight. */
#include <string.h>

#include "tests/support/pair_kinds.h"

static const pair_place silent = {.home = "linux"}, accepting = {.home = "linux-acc"};

static pair *race(const pair_options *options)
{
    pair *p = pair_new(options);
    pair_find(p);
    g_test_message("%s %.2f s", pair_class(p), (double)p->caller->found.time / 1e9);
    return p;
}

static void expect(const pair_options *options, const char *expected)
{
    pair *p = race(options);
    g_assert_cmpstr(pair_class(p), ==, expected);
    pair_free(p);
}

static pair_options boxes(const pair_place *place, pl_path_choice choice, const char *profile)
{
    return (pair_options){.caller = *place,
                          .callee = *place,
                          .choice = choice,
                          .caller_profile = profile,
                          .callee_profile = profile,
                          .seed = 1};
}

static void test_silent_boxes_are_punched_in_any_case(void)
{
    const pair_options crossing = boxes(&silent, PL_PATH_UDP_ONLY, "ours");
    pair_options late = crossing;
    const pair_options early = boxes(&silent, PL_PATH_UDP_ONLY, "e2");
    late.start_delay = 400 * PL_MILLISECOND;
    expect(&crossing, "punched-udp");
    expect(&late, "punched-udp");
    expect(&early, "punched-udp");
}

static void test_accepting_boxes_are_punched_when_packets_cross(void)
{
    const pair_options options = boxes(&accepting, PL_PATH_UDP_ONLY, "ours");
    pair *p = race(&options);
    g_assert_cmpstr(pair_class(p), ==, "punched-udp");
    g_assert_cmpint(p->caller->found.time, <=, 1500 * PL_MILLISECOND); /* at the first attempt */
    pair_free(p);
}

/* A client that begins as soon as it can is too early for the other's box. */
static void test_accepting_boxes_are_spoilt_by_an_early_packet(void)
{
    const pair_options options = boxes(&accepting, PL_PATH_UDP_ONLY, "e2");
    expect(&options, "relayed-udp");
}

/* The starts differ by less than the opener's lead: what comes early dies before it does harm. */
static void test_a_low_ttl_opener_covers_a_small_difference(void)
{
    pair_options options = boxes(&accepting, PL_PATH_UDP_ONLY, "ours");
    options.start_delay = 120 * PL_MILLISECOND;
    pair *p = race(&options);
    g_assert_cmpstr(pair_class(p), ==, "punched-udp");
    g_assert_cmpint(p->caller->found.time, <=, 1500 * PL_MILLISECOND);
    pair_free(p);
}

typedef struct openers {
    size_t low, full_before_low;
    uint64_t seen; /* bit an end */
} openers;

static bool note_ttl(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    openers *o = ctx;
    pair *p = from->pair;
    (void)now;
    bool punch = (from == p->caller || from == p->callee) && packet->protocol == PL_PROTOCOL_UDP &&
                 packet->destination.ip >> 24 == 0x51;
    uint64_t bit = from == p->caller ? 1 : 2;
    if (punch && packet->ttl == 3)
        o->low++;
    else if (punch && !(o->seen & bit))
        o->full_before_low++;
    if (punch)
        o->seen |= bit;
    return true;
}

static void test_the_first_packet_of_a_punch_has_a_low_ttl(void)
{
    const pair_options options = boxes(&silent, PL_PATH_UDP_ONLY, "ours");
    openers o = {0};
    pair *p = pair_new(&options);
    p->filter = note_ttl;
    p->ctx = &o;
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "punched-udp");
    g_assert_cmpuint(o.low, ==, 2);
    g_assert_cmpuint(o.full_before_low, ==, 0);
    pair_free(p);
}

/* The first start comes late and spoils both ports; the second attempt has fresh ones, and its start is in time. */
static bool hurry_second(void *ctx, pair_host *from, uint8_t *body, size_t *len, pl_time now)
{
    (void)ctx, (void)len, (void)now;
    from->pair->options.start_delay = body[10] == 1 ? 500 * PL_MILLISECOND : 0;
    return true;
}

static void test_fresh_ports_heal_a_late_start(void)
{
    const pair_options options = boxes(&accepting, PL_PATH_UDP_ONLY, "ours");
    pair *p = pair_new(&options);
    p->courier = hurry_second;
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, "punched-udp");
    g_assert_cmpint(p->caller->found.time, >, 2 * PL_SECOND);
    g_assert_cmpint(p->caller->found.time, <=, 5 * PL_SECOND);
    g_assert_cmpuint(pair_count(p->caller, PL_EVENT_PATH_GATHERED), ==, 2);
    g_assert_cmpuint(pair_count(p->callee, PL_EVENT_PATH_GATHERED), ==, 2);
    pair_free(p);
}

/* Where nothing helps, a relay does, after both attempts. */
static void test_always_late_is_relayed(void)
{
    pair_options options = boxes(&accepting, PL_PATH_UDP_ONLY, "ours");
    options.start_delay = 500 * PL_MILLISECOND;
    pair *p = race(&options);
    g_assert_cmpstr(pair_class(p), ==, "relayed-udp");
    g_assert_cmpint(p->caller->found.time, <=, 10 * PL_SECOND);
    pair_free(p);
}

static void test_tcp_crosses_at_accepting_boxes(void)
{
    const pair_options options = boxes(&accepting, PL_PATH_TCP_ONLY, "ours");
    expect(&options, "punched-tcp");
}

/* A SYN that came too early was answered by RST; it is sent again until it crosses the other's. */
static void test_tcp_refused_is_tried_again(void)
{
    pair_options options = boxes(&accepting, PL_PATH_TCP_ONLY, "ours");
    options.start_delay = 300 * PL_MILLISECOND;
    pair *p = race(&options);
    g_assert_cmpstr(pair_class(p), ==, "punched-tcp");
    g_assert_cmpint(p->caller->found.time, <=, 3 * PL_SECOND);
    pair_free(p);
}

static void test_tcp_silent_boxes_do_not_mind(void)
{
    pair_options options = boxes(&silent, PL_PATH_TCP_ONLY, "ours");
    options.start_delay = 600 * PL_MILLISECOND;
    expect(&options, "punched-tcp");
}

/* --- foretold ports --- */

static const pair_place sequential = {.home = "symmetric-sequential"}, plain = {.home = "port-restricted"};

/* The one end is in its next stage already when the other still punches: what its foretold burst opened is called so by
 * both, whichever of the two was late. */
static void test_a_foretold_way_is_called_so_by_both_ends(void)
{
    const pl_path_choice choices[] = {PL_PATH_UDP_ONLY, PL_PATH_TCP_ONLY};
    const char *const classes[] = {"predicted-udp", "predicted-tcp"};
    for (size_t i = 0; i < 2; i++) {
        for (pl_span late = 0; late <= 300 * PL_MILLISECOND; late += 50 * PL_MILLISECOND) {
            pair_options options = {
                .caller = sequential, .callee = plain, .choice = choices[i], .start_delay = late, .seed = 1};
            expect(&options, classes[i]);
            options.caller = plain;
            options.callee = sequential;
            expect(&options, classes[i]);
        }
    }
}

/* A caller who is late by a body's way: the callee is in the stage after his. */
static bool lose_time(void *ctx, pair_host *from, uint8_t *body, size_t *len, pl_time now)
{
    (void)ctx, (void)len, (void)now;
    /* What follows the offer is slow: the answer, so that the caller takes the way for longer than his start needs. */
    from->pair->options.signal_delay = (body[1] == 1 ? 550 : 150) * PL_MILLISECOND;
    return true;
}

static void test_a_late_caller_calls_it_so_too(void)
{
    const pl_path_choice choices[] = {PL_PATH_UDP_ONLY, PL_PATH_TCP_ONLY};
    const char *const classes[] = {"predicted-udp", "predicted-tcp"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t turned = 0; turned < 2; turned++) {
            pair *p = pair_new(&(pair_options){.caller = turned ? plain : sequential,
                                               .callee = turned ? sequential : plain,
                                               .choice = choices[i],
                                               .one_way = 2 * PL_MILLISECOND,
                                               .seed = 1});
            p->courier = lose_time;
            pair_find(p);
            g_assert_cmpstr(pair_class(p), ==, classes[i]);
            pair_free(p);
        }
    }
}

/* A box that keeps what strangers send is not to be punched from the wrong port before the right one is foretold. */
static void test_a_foretold_port_is_not_spoilt(void)
{
    for (pl_span late = 0; late <= 150 * PL_MILLISECOND; late += 50 * PL_MILLISECOND) {
        pair_options options = {.caller = sequential,
                                .callee = accepting,
                                .choice = PL_PATH_UDP_ONLY,
                                .start_delay = late,
                                .seed = 1};
        expect(&options, "predicted-udp");
        options.caller = accepting;
        options.callee = sequential;
        expect(&options, "predicted-udp");
    }
}

/* Many sockets behind the random box, and none of their packets may reach a box that would keep it. */
static void test_a_spray_does_not_spoil_what_it_may_hit(void)
{
    size_t hits = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        pair *p = pair_new(&(pair_options){.caller = seed % 2 ? accepting : (pair_place){.home = "symmetric"},
                                           .callee = seed % 2 ? (pair_place){.home = "symmetric"} : accepting,
                                           .choice = PL_PATH_UDP_ONLY,
                                           .seed = seed});
        pair_find(p);
        hits += strcmp(pair_class(p), "sprayed-udp") == 0;
        pair_free(p);
    }
    g_test_message("%zu of 20", hits);
    g_assert_cmpuint(hits, >=, 17); /* at 98.3 % fewer hit in one run of 4000 */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/race/silent-boxes-are-punched-in-any-case", test_silent_boxes_are_punched_in_any_case);
    g_test_add_func("/story/path/race/accepting-boxes-are-punched-when-packets-cross",
                    test_accepting_boxes_are_punched_when_packets_cross);
    g_test_add_func("/story/path/race/accepting-boxes-are-spoilt-by-an-early-packet",
                    test_accepting_boxes_are_spoilt_by_an_early_packet);
    g_test_add_func("/story/path/race/a-low-ttl-opener-covers-a-small-difference",
                    test_a_low_ttl_opener_covers_a_small_difference);
    g_test_add_func("/story/path/race/the-first-packet-of-a-punch-has-a-low-ttl",
                    test_the_first_packet_of_a_punch_has_a_low_ttl);
    g_test_add_func("/story/path/race/fresh-ports-heal-a-late-start", test_fresh_ports_heal_a_late_start);
    g_test_add_func("/story/path/race/always-late-is-relayed", test_always_late_is_relayed);
    g_test_add_func("/story/path/race/tcp-crosses-at-accepting-boxes", test_tcp_crosses_at_accepting_boxes);
    g_test_add_func("/story/path/race/tcp-refused-is-tried-again", test_tcp_refused_is_tried_again);
    g_test_add_func("/story/path/race/tcp-silent-boxes-do-not-mind", test_tcp_silent_boxes_do_not_mind);
    g_test_add_func("/story/path/race/a-foretold-way-is-called-so-by-both-ends",
                    test_a_foretold_way_is_called_so_by_both_ends);
    g_test_add_func("/story/path/race/a-late-caller-calls-it-so-too", test_a_late_caller_calls_it_so_too);
    g_test_add_func("/story/path/race/a-foretold-port-is-not-spoilt", test_a_foretold_port_is_not_spoilt);
    g_test_add_func("/story/path/race/a-spray-does-not-spoil-what-it-may-hit",
                    test_a_spray_does_not_spoil_what_it_may_hit);
    return g_test_run();
}
