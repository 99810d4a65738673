/* test_rfc4787_fragments.c - RFC 4787 REQ-13 and 14: packets that are larger than the box's outside, and datagrams
 * that come in fragments; and the hosts that put them together. */
#include <glib.h>
#include <string.h>

#include "core/port.h"
#include "sim/net/fragment/cut.h"
#include "sim/net/fragment/passage.h"
#include "sim/net/fragment/reassembly.h"
#include "tests/support/nat_world.h"

#define SEEN_MAX 64
#define LONG 3000 /* bytes of payload: three fragments */
#define DATAGRAM 1472 /* bytes of payload that fill an Ethernet frame */

/* A home behind a box, what arrived of datagrams, and the fragments in which it came. */
typedef struct world {
    nat_world home;
    unsigned wholes;       /* datagrams, each with its payload as sent */
    net_packet last;       /* without payload */
    net_packet seen[SEEN_MAX];
    unsigned n_seen;       /* packets that reached a host */
    unsigned drops[32];
} world;

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 7 + at / 251);
}

static const uint8_t *payload(void)
{
    static uint8_t bytes[65507];
    for (size_t i = 0; i < sizeof bytes && bytes[1] != pattern(1); i++)
        bytes[sizeof bytes - 1 - i] = pattern(sizeof bytes - 1 - i);
    return bytes;
}

static void on_deliver(void *ctx, sim_host host, const net_packet *packet, pl_time now)
{
    world *w = ctx;
    (void)host;
    (void)now;
    g_assert_false(net_packet_is_part(packet));
    for (size_t i = 0; i < packet->payload_len; i++)
        g_assert_cmphex(packet->payload[i], ==, pattern(i));
    w->wholes++;
    w->last = *packet;
}

static void on_sighting(void *ctx, const net_sighting *sighting, pl_time now)
{
    world *w = ctx;
    (void)now;
    if (sighting->step == NET_STEP_DROPPED || sighting->step == NET_STEP_REJECTED)
        w->drops[sighting->drop]++;
    if (sighting->step == NET_STEP_DELIVERED && w->n_seen < SEEN_MAX)
        w->seen[w->n_seen++] = *sighting->packet;
}

static void open_with(world *w, const net_nat_options *nat)
{
    memset(w, 0, sizeof *w);
    nat_world_open_with(&w->home, nat);
    fake_engine_on_deliver(w->home.lab.engine, on_deliver, w);
    net_set_observer(w->home.lab.network, on_sighting, w);
}

static void open_world(world *w, net_nat_fragments fragments, uint16_t mtu)
{
    net_nat_options nat = *net_nat_preset("port-restricted");
    nat.fragments = fragments;
    nat.mtu = mtu;
    open_with(w, &nat);
}

static void close_world(world *w)
{
    lab_close(&w->home.lab);
}

static net_packet datagram(pl_addr from, pl_addr to, size_t len)
{
    net_packet packet = lab_udp(from, to);
    packet.payload = payload();
    packet.payload_len = (uint32_t)len;
    return packet;
}

/* Sends and runs all that follows at this instant; what arrived before is forgotten. */
static void pass(world *w, sim_host host, const net_packet *packet)
{
    lab *l = &w->home.lab;
    const pl_time now = fake_engine_now(l->engine);
    w->wholes = w->n_seen = 0;
    memset(w->drops, 0, sizeof w->drops);
    net_send(l->network, host, packet, now);
    fake_engine_run(l->engine, now + 1);
}

/* Where s1 sees a's port 5000. */
static pl_addr mapped(world *w)
{
    const net_packet opener = datagram(nat_world_a(5000), nat_world_s1(7), 10);
    pass(w, w->home.a, &opener);
    g_assert_cmpuint(w->wholes, ==, 1);
    return w->last.source;
}

/* --- REQ-13 --- */

static void req_13_too_big_and_not_to_be_fragmented_is_answered(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, 1492);
    net_packet big = datagram(nat_world_a(5000), nat_world_s1(7), 1492 - 28);
    big.fragment = NET_FRAGMENT_DONT;
    pass(&w, w.home.a, &big);
    g_assert_cmpuint(w.wholes, ==, 1); /* it just fits */
    big.payload_len++;
    pass(&w, w.home.a, &big);
    g_assert_cmpuint(w.drops[NET_DROP_TOO_BIG], ==, 1);
    g_assert_cmpuint(w.n_seen, ==, 1);
    const net_packet *answer = &w.seen[0];
    g_assert_cmpuint(answer->icmp_type, ==, 3);
    g_assert_cmpuint(answer->icmp_code, ==, 4);
    g_assert_cmpuint(answer->next_mtu, ==, 1492);
    g_assert_true(pl_addr_equal(answer->quote.source, big.source)); /* as inside knows it */
    g_assert_true(pl_addr_equal(answer->quote.destination, big.destination));
    close_world(&w);
}

static void req_13_from_outside_too(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, 1492);
    net_packet big = datagram(nat_world_s1(7), mapped(&w), 1492 - 28 + 1);
    big.fragment = NET_FRAGMENT_DONT;
    pass(&w, w.home.s1, &big);
    g_assert_cmpuint(w.n_seen, ==, 1);
    g_assert_cmpuint(w.seen[0].icmp_code, ==, 4);
    g_assert_cmpuint(w.seen[0].next_mtu, ==, 1492);
    g_assert_true(pl_addr_equal(w.seen[0].quote.destination, big.destination));
    big.fragment = 0;
    pass(&w, w.home.s1, &big);
    g_assert_cmpuint(w.wholes, ==, 1);
    g_assert_cmpuint(w.n_seen, ==, 2);
    g_assert_true(pl_addr_equal(w.last.destination, nat_world_a(5000)));
    close_world(&w);
}

static void req_13a_fragments_leave_in_order(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, 1492);
    const net_packet big = datagram(nat_world_a(5000), nat_world_s1(7), DATAGRAM);
    pass(&w, w.home.a, &big);
    g_assert_cmpuint(w.wholes, ==, 1);
    g_assert_cmpuint(w.last.payload_len, ==, DATAGRAM);
    g_assert_cmphex(w.last.source.ip, ==, lab_ip(BOX));
    g_assert_cmpuint(w.n_seen, ==, 2);
    g_assert_cmpuint(w.seen[0].fragment, ==, NET_FRAGMENT_MORE);
    g_assert_cmpuint(net_packet_bytes(&w.seen[0]), ==, 1492);
    g_assert_cmpuint(w.seen[1].fragment, ==, 1472 / 8);
    g_assert_cmpuint(net_packet_bytes(&w.seen[1]), ==, 20 + 8);
    g_assert_cmphex(w.seen[0].identification, ==, w.seen[1].identification);
    close_world(&w);
}

/* The MSS of the first packet seen, which stands behind six bytes of options. */
static unsigned segment_named(const world *w)
{
    const uint8_t *options = w->seen[0].options;
    return (unsigned)options[7] << 8 | options[8];
}

/* What a segment is cut into costs a header each, so boxes have SYNs name what fits, both ways. */
static void req_13_segments_are_made_to_fit(void)
{
    static const struct {
        uint16_t named, shown;
    } rows[] = {{1460, 1452}, {1453, 1452}, {1452, 1452}, {536, 536}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        world w;
        open_world(&w, NET_FRAGMENTS_ANY, 1492);
        net_packet syn = lab_tcp(nat_world_a(5000), nat_world_s1(80), NET_TCP_SYN);
        const uint8_t options[] = {1, 1, 3, 3, 0, 2, 4, (uint8_t)(rows[i].named >> 8), (uint8_t)rows[i].named, 0, 0, 0};
        memcpy(syn.options, options, sizeof options);
        syn.options_len = sizeof options;
        pass(&w, w.home.a, &syn);
        g_assert_cmpuint(w.n_seen, ==, 1);
        g_assert_cmpuint(segment_named(&w), ==, rows[i].shown);
        net_packet answer = lab_tcp(nat_world_s1(80), w.seen[0].source, NET_TCP_SYN | NET_TCP_ACK);
        memcpy(answer.options, options, sizeof options);
        answer.options_len = sizeof options;
        pass(&w, w.home.s1, &answer);
        g_assert_cmpuint(segment_named(&w), ==, rows[i].shown);
        close_world(&w);
    }
}

/* --- REQ-14 --- */

/* The fragments of a long datagram, as a host would send them. */
static void cut_long(pl_addr from, pl_addr to, uint16_t identification, net_packet parts[3])
{
    const net_packet whole = datagram(from, to, LONG);
    g_assert_cmpuint(net_cut_count(&whole, NET_MTU), ==, 3);
    for (size_t i = 0; i < 3; i++)
        parts[i] = net_cut_part(&whole, NET_MTU, i, identification);
}

/* Sends fragments in an order at one instant each; how many datagrams arrived whole. */
static unsigned send_in_order(world *w, sim_host host, const net_packet parts[3], const char *order)
{
    unsigned wholes = 0;
    for (; *order; order++) {
        pass(w, host, &parts[*order - '0']);
        wholes += w->wholes;
    }
    return wholes;
}

static const char *const orders[] = {"012", "021", "102", "120", "201", "210", "0012"};

static void req_14_fragments_arrive_in_any_order(void)
{
    static const struct {
        net_nat_fragments policy;
        unsigned wholes[G_N_ELEMENTS(orders)];
    } rows[] = {{NET_FRAGMENTS_ANY, {1, 1, 1, 1, 1, 1, 1}},
                {NET_FRAGMENTS_ORDERED, {1, 1, 0, 0, 0, 0, 1}},
                {NET_FRAGMENTS_DROPPED, {0}}};
    for (size_t p = 0; p < G_N_ELEMENTS(rows); p++)
        for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
            world w;
            open_world(&w, rows[p].policy, NET_MTU);
            net_packet parts[3];
            cut_long(nat_world_s1(7), mapped(&w), 99, parts);
            g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, orders[i]), ==, rows[p].wholes[i]);
            if (rows[p].wholes[i])
                g_assert_true(pl_addr_equal(w.last.destination, nat_world_a(5000)));
            close_world(&w);
        }
}

static void req_14_outward_too(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        world w;
        open_world(&w, NET_FRAGMENTS_ANY, NET_MTU);
        net_packet parts[3];
        cut_long(nat_world_a(5000), nat_world_s1(7), 99, parts);
        g_assert_cmpuint(send_in_order(&w, w.home.a, parts, orders[i]), ==, 1);
        g_assert_cmphex(w.last.source.ip, ==, lab_ip(BOX));
        g_assert_cmpuint(w.last.payload_len, ==, LONG);
        close_world(&w);
    }
}

/* What the filter does not let in does not come in by its later fragments, whenever they come. */
static void req_14_a_filter_is_not_passed_in_pieces(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        world w;
        open_world(&w, NET_FRAGMENTS_ANY, NET_MTU);
        net_packet parts[3];
        cut_long(nat_world_s2(7), mapped(&w), 99, parts);
        w.n_seen = 0;
        for (const char *order = orders[i]; *order; order++) {
            pass(&w, w.home.s1, &parts[*order - '0']);
            g_assert_cmpuint(w.n_seen, ==, 0);
            g_assert_cmpuint(w.drops[NET_DROP_NO_ROUTE], ==, 0); /* it ended at the box, and not behind it */
        }
        close_world(&w);
    }
}

/* A fragment is held for a time, and not at its end. */
static void req_14_what_is_held_waits_so_long(void)
{
    for (pl_span late = 0; late <= 1; late++) {
        world w;
        open_world(&w, NET_FRAGMENTS_ANY, NET_MTU);
        net_packet parts[3];
        cut_long(nat_world_s1(7), mapped(&w), 99, parts);
        const pl_time held = fake_engine_now(w.home.lab.engine);
        pass(&w, w.home.s1, &parts[1]);
        lab_at(&w.home.lab, held + NET_PASSAGE_TIME - 1 + late);
        g_assert_cmpuint(w.drops[NET_DROP_FRAGMENT], ==, 0);
        pass(&w, w.home.s1, &parts[0]);
        g_assert_cmpuint(w.drops[NET_DROP_FRAGMENT], ==, late ? 1 : 0);
        pass(&w, w.home.s1, &parts[2]);
        g_assert_cmpuint(w.wholes, ==, late ? 0 : 1);
        close_world(&w);
    }
}

/* How long the first one is remembered. */
static void req_14_later_ones_may_be_late(void)
{
    for (pl_span late = 0; late <= 1; late++) {
        world w;
        open_world(&w, NET_FRAGMENTS_ORDERED, NET_MTU);
        net_packet parts[3];
        cut_long(nat_world_s1(7), mapped(&w), 99, parts);
        const pl_time first = fake_engine_now(w.home.lab.engine);
        pass(&w, w.home.s1, &parts[0]);
        lab_at(&w.home.lab, first + NET_PASSAGE_TIME - 1 + late);
        pass(&w, w.home.s1, &parts[1]);
        g_assert_cmpuint(w.n_seen, ==, late ? 0 : 1);
        close_world(&w);
    }
}

/* REQ-14a: fragments that lack their first one by the thousand cost nobody else anything. */
static void req_14a_a_flood_leaves_room_for_others(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, NET_MTU);
    const pl_addr to = mapped(&w);
    net_packet parts[3];
    unsigned held = 0;
    for (unsigned i = 0; i < 10000; i++) {
        cut_long(nat_world_s2(7), to, (uint16_t)i, parts);
        pass(&w, w.home.s2, &parts[1]);
        held += w.drops[NET_DROP_FRAGMENT] == 0;
    }
    g_assert_cmpuint(held, ==, NET_PASSAGE_MAX);
    const net_packet small = datagram(nat_world_s1(7), to, 10);
    pass(&w, w.home.s1, &small);
    g_assert_cmpuint(w.wholes, ==, 1);
    cut_long(nat_world_s1(7), to, 5000, parts);
    g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "012"), ==, 1);
    lab_at(&w.home.lab, fake_engine_now(w.home.lab.engine) + NET_PASSAGE_TIME);
    g_assert_cmpuint(w.drops[NET_DROP_FRAGMENT], ==, NET_PASSAGE_MAX); /* and it does not last */
    cut_long(nat_world_s1(7), to, 5001, parts);
    g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "210"), ==, 1);
    close_world(&w);
}

static void a_reboot_forgets_fragments(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, NET_MTU);
    net_packet parts[3];
    cut_long(nat_world_s1(7), mapped(&w), 99, parts);
    pass(&w, w.home.s1, &parts[1]);
    net_realm_reboot(w.home.lab.network, w.home.home, fake_engine_now(w.home.lab.engine));
    g_assert_cmpuint(w.drops[NET_DROP_FRAGMENT], ==, 1);
    mapped(&w);
    g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "02"), ==, 0);
    g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "1"), ==, 1); /* the host had the others */
    close_world(&w);
}

/* Two boxes, the inner with a narrower outside than the outer: fragments of fragments. */
static void fragments_cross_nested_boxes(void)
{
    world w;
    net_nat_options carrier = *net_nat_preset("cgn");
    open_with(&w, &carrier);
    lab *l = &w.home.lab;
    net_nat_options narrow = *net_nat_preset("port-restricted");
    narrow.mtu = 600;
    const net_realm inner = lab_realm_with(l, "inner", w.home.home, "10.0.0.77", &narrow, "none");
    const sim_host c = lab_host(l, "c", inner, "192.168.0.2");
    const net_packet out = datagram(lab_addr("192.168.0.2", 5000), nat_world_s1(7), LONG);
    pass(&w, c, &out);
    g_assert_cmpuint(w.wholes, ==, 1);
    g_assert_cmpuint(w.last.payload_len, ==, LONG);
    for (unsigned i = 0; i < w.n_seen; i++)
        g_assert_cmpuint(net_packet_bytes(&w.seen[i]), <=, 600);
    const net_packet back = datagram(nat_world_s1(7), w.last.source, LONG);
    pass(&w, w.home.s1, &back);
    g_assert_cmpuint(w.wholes, ==, 1);
    g_assert_true(pl_addr_equal(w.last.destination, out.source));
    for (unsigned i = 0; i < w.n_seen; i++)
        g_assert_cmpuint(net_packet_bytes(&w.seen[i]), <=, 600);
    close_world(&w);
}

static void fragments_turn_back_at_the_box(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, 1492);
    net_packet opener = datagram(lab_addr("10.0.0.2", 6000), mapped(&w), 10);
    pass(&w, w.home.b, &opener);
    const pl_addr b = {lab_ip(BOX), 6000};
    net_packet parts[3];
    cut_long(nat_world_a(5000), b, 99, parts);
    g_assert_cmpuint(send_in_order(&w, w.home.a, parts, "210"), ==, 1);
    g_assert_true(pl_addr_equal(w.last.destination, opener.source));
    g_assert_true(pl_addr_equal(w.last.source, (pl_addr){lab_ip(BOX), 5000}));
    close_world(&w);
}

/* --- hosts --- */

/* A host without a box. */
static void a_host_waits_for_what_is_missing(void)
{
    for (pl_span late = 0; late <= 1; late++) {
        world w;
        open_world(&w, NET_FRAGMENTS_ANY, NET_MTU);
        net_packet parts[3];
        cut_long(nat_world_s1(7), nat_world_s2(7), 99, parts);
        const pl_time first = fake_engine_now(w.home.lab.engine);
        g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "20"), ==, 0);
        lab_at(&w.home.lab, first + NET_REASSEMBLY_TIME - 1 + late);
        g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "1"), ==, late ? 0 : 1);
        close_world(&w);
    }
}

static void a_host_has_room_for_so_many(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, NET_MTU);
    net_packet parts[3];
    for (uint16_t i = 0; i <= NET_REASSEMBLY_MAX; i++) {
        cut_long(nat_world_s1(7), nat_world_s2(7), i, parts);
        g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "01"), ==, 0);
    }
    for (uint16_t i = 1; i <= NET_REASSEMBLY_MAX; i++) {
        cut_long(nat_world_s1(7), nat_world_s2(7), i, parts);
        g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "2"), ==, 1);
    }
    cut_long(nat_world_s1(7), nat_world_s2(7), 0, parts);
    g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "2"), ==, 0);
    close_world(&w);
}

/* Fragments that overlap are an attack; what they are of is given up at once. */
static void fragments_that_overlap_end_their_datagram(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, NET_MTU);
    net_packet parts[3];
    cut_long(nat_world_s1(7), nat_world_s2(7), 99, parts);
    net_packet over = parts[1];
    over.fragment = (uint16_t)(over.fragment - 1);
    pass(&w, w.home.s1, &parts[0]);
    pass(&w, w.home.s1, &over);
    g_assert_cmpuint(send_in_order(&w, w.home.s1, parts, "012"), ==, 1); /* sent again, it is another one */
    net_packet beyond = parts[2];
    beyond.fragment = NET_FRAGMENT_OFFSET;
    pass(&w, w.home.s1, &beyond);
    g_assert_cmpuint(w.wholes, ==, 0);
    close_world(&w);
}

static void the_longest_datagram_arrives(void)
{
    world w;
    open_world(&w, NET_FRAGMENTS_ANY, 576);
    const net_packet longest = datagram(nat_world_a(5000), nat_world_s1(7), 65507);
    pass(&w, w.home.a, &longest);
    g_assert_cmpuint(w.wholes, ==, 1);
    g_assert_cmpuint(w.last.payload_len, ==, 65507);
    close_world(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc4787/req-13", req_13_too_big_and_not_to_be_fragmented_is_answered);
    g_test_add_func("/rfc4787/req-13-inward", req_13_from_outside_too);
    g_test_add_func("/rfc4787/req-13a", req_13a_fragments_leave_in_order);
    g_test_add_func("/rfc4787/req-13-segments", req_13_segments_are_made_to_fit);
    g_test_add_func("/rfc4787/req-14", req_14_fragments_arrive_in_any_order);
    g_test_add_func("/rfc4787/req-14-outward", req_14_outward_too);
    g_test_add_func("/rfc4787/req-14-filter", req_14_a_filter_is_not_passed_in_pieces);
    g_test_add_func("/rfc4787/req-14-held", req_14_what_is_held_waits_so_long);
    g_test_add_func("/rfc4787/req-14-late", req_14_later_ones_may_be_late);
    g_test_add_func("/rfc4787/req-14a", req_14a_a_flood_leaves_room_for_others);
    g_test_add_func("/fragments/reboot", a_reboot_forgets_fragments);
    g_test_add_func("/fragments/nested", fragments_cross_nested_boxes);
    g_test_add_func("/fragments/hairpin", fragments_turn_back_at_the_box);
    g_test_add_func("/fragments/host-waits", a_host_waits_for_what_is_missing);
    g_test_add_func("/fragments/host-room", a_host_has_room_for_so_many);
    g_test_add_func("/fragments/overlap", fragments_that_overlap_end_their_datagram);
    g_test_add_func("/fragments/longest", the_longest_datagram_arrives);
    return g_test_run();
}
