/* test_net.c - the path of a packet through the whole network, and what the network costs. */
#include <glib.h>
#include <string.h>

#include "core/port.h"
#include "tests/support/lab.h"

static const net_link_options ideal = {0};

static pl_addr s_at(uint16_t port)
{
    return lab_addr("198.51.100.1", port);
}

/* 128 kbit/s up, 30 ms, 256 kbit/s down, delays of 5 and 7 ms: 1200 bytes arrive after
 * 75 + 5 + 30 + 37.5 + 7 ms. */
static void a_datagram_takes_the_sum_of_its_parts(void)
{
    lab l;
    lab_open(&l, 30 * PL_MILLISECOND);
    net_link_options up = {.up_bps = 128000, .delay_ns = 5 * PL_MILLISECOND};
    net_link_options down = {.down_bps = 256000, .delay_ns = 7 * PL_MILLISECOND};
    sim_host a = lab_host_with(&l, "a", 0, "192.0.2.1", &up, "none");
    sim_host b = lab_host_with(&l, "b", 0, "192.0.2.2", &down, "none");
    uint8_t payload[1200 - NET_IP_HEADER_BYTES - NET_UDP_HEADER_BYTES];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)i;
    net_packet packet = lab_udp(lab_addr("192.0.2.1", 1), lab_addr("192.0.2.2", 2));
    packet.payload = payload;
    packet.payload_len = sizeof payload;
    lab_send(&l, a, &packet);
    memset(payload, 0xff, sizeof payload); /* the network has its copy */
    fake_engine_drain(l.engine);
    const fake_delivery *d = fake_engine_last(l.engine);
    g_assert_cmpuint(d->host, ==, b);
    g_assert_cmpint(d->at, ==, 154500 * PL_MICROSECOND);
    g_assert_cmpuint(d->packet.payload_len, ==, sizeof payload);
    for (size_t i = 0; i < FAKE_PAYLOAD_MAX; i++)
        g_assert_cmpuint(d->bytes[i], ==, (uint8_t)i);
    lab_close(&l);
}

/* Every field that a stack sets arrives, for TCP with options. */
static void a_segment_arrives_as_it_was_sent(void)
{
    lab l;
    lab_open(&l, 0);
    sim_host a = lab_host(&l, "a", 0, "192.0.2.1");
    lab_host(&l, "b", 0, "192.0.2.2");
    net_packet sent = lab_tcp(lab_addr("192.0.2.1", 1), lab_addr("192.0.2.2", 2), NET_TCP_ACK | NET_TCP_PSH);
    sent.window = 1234;
    sent.options_len = NET_TCP_OPTIONS_MAX;
    for (uint8_t i = 0; i < NET_TCP_OPTIONS_MAX; i++)
        sent.options[i] = i;
    const fake_delivery *d = lab_pass(&l, a, sent);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->packet.window, ==, 1234);
    g_assert_cmpuint(d->packet.sequence, ==, 1000);
    g_assert_cmpuint(d->packet.ack, ==, 2000);
    g_assert_cmpuint(d->packet.tcp_flags, ==, NET_TCP_ACK | NET_TCP_PSH);
    g_assert_true(memcmp(d->packet.options, sent.options, NET_TCP_OPTIONS_MAX) == 0);
    g_assert_cmpuint(net_packet_bytes(&sent), ==, 80);
    lab_close(&l);
}

/* Payloads of every size class, up to the longest. */
static void payloads_of_all_sizes_pass(void)
{
    static const uint32_t sizes[] = {0, 1, 128, 129, 512, 513, 1460, 1536, 1537, 65507};
    uint8_t *payload = g_malloc0(65536);
    lab l;
    lab_open(&l, 0);
    sim_host a = lab_host(&l, "a", 0, "192.0.2.1");
    lab_host(&l, "b", 0, "192.0.2.2");
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
            net_packet packet = lab_udp(lab_addr("192.0.2.1", 1), lab_addr("192.0.2.2", 2));
            packet.payload = payload;
            packet.payload_len = sizes[i];
            const fake_delivery *d = lab_pass(&l, a, packet);
            g_assert_nonnull(d);
            g_assert_cmpuint(d->packet.payload_len, ==, sizes[i]);
        }
    lab_close(&l);
    g_free(payload);
}

/* RFC 1812 §5.3.1: each router takes one hop; a packet that has none left ends there. */
static void ttl_counts_boxes_and_the_core(void)
{
    lab l;
    lab_open(&l, 0);
    net_realm home1 = lab_realm(&l, "home1", 0, "203.0.113.1", "full-cone");
    net_realm home2 = lab_realm(&l, "home2", 0, "203.0.113.2", "full-cone");
    sim_host a = lab_host(&l, "a", home1, "10.0.0.1");
    sim_host b = lab_host(&l, "b", home2, "10.0.0.1");
    net_packet packet = lab_udp(lab_addr("10.0.0.1", 1), lab_addr("203.0.113.1", 1));
    g_assert_null(lab_pass(&l, b, packet)); /* opens b's side */
    packet.destination = lab_addr("203.0.113.2", 1);
    static const char *const box[] = {"home1", "home1", "", "home2"};
    for (uint8_t ttl = 0; ttl <= 3; ttl++) {
        packet.ttl = ttl;
        g_assert_null(lab_pass(&l, a, packet));
        g_assert_cmpint(l.last_drop, ==, NET_DROP_TTL);
        g_assert_cmpstr(l.last_box, ==, box[ttl]);
        g_assert_cmpuint(l.translations, ==, ttl >= 2); /* TTL 2 has opened the own box, and no more */
    }
    packet.ttl = 4;
    const fake_delivery *d = lab_pass(&l, a, packet);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, b);
    g_assert_cmpuint(d->packet.ttl, ==, 1);
    lab_close(&l);
}

/* Two homes with the same prefix: a private address reaches the own LAN's host, whoever that is. */
static void a_private_address_means_the_own_lan(void)
{
    lab l;
    lab_open(&l, 50 * PL_MILLISECOND);
    net_realm home1 = lab_realm(&l, "home1", 0, "203.0.113.1", "port-restricted");
    net_realm home2 = lab_realm(&l, "home2", 0, "203.0.113.2", "port-restricted");
    sim_host a1 = lab_host(&l, "a1", home1, "192.168.1.2");
    sim_host b1 = lab_host(&l, "b1", home1, "192.168.1.3");
    sim_host a2 = lab_host(&l, "a2", home2, "192.168.1.2");
    sim_host b2 = lab_host(&l, "b2", home2, "192.168.1.3");
    net_packet packet = lab_udp(lab_addr("192.168.1.2", 1), lab_addr("192.168.1.3", 2));
    const fake_delivery *d = lab_pass(&l, a1, packet);
    g_assert_cmpuint(d->host, ==, b1);
    g_assert_cmpint(d->at, ==, 0); /* no way through the world */
    g_assert_cmpuint(d->packet.ttl, ==, 64);
    g_assert_cmpuint(l.translations, ==, 0);
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr("192.168.1.2", 1)));
    g_assert_cmpuint(lab_pass(&l, a2, packet)->host, ==, b2);
    packet.destination = lab_addr("192.168.1.99", 2); /* nobody's: the public side has no way there */
    g_assert_null(lab_pass(&l, a1, packet));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_NO_ROUTE);
    lab_close(&l);
}

/* A realm without NAT is a routed subnet: both ways, no translation, one hop more. */
static void a_router_translates_nothing(void)
{
    lab l;
    lab_open(&l, 0);
    net_realm site = lab_realm(&l, "site", 0, "203.0.113.1", "none");
    net_realm inner = lab_realm(&l, "inner", site, "192.0.2.1", "none");
    sim_host a = lab_host(&l, "a", inner, "192.0.2.2");
    sim_host s = lab_host(&l, "s", 0, "198.51.100.1");
    const fake_delivery *d = lab_pass(&l, a, lab_udp(lab_addr("192.0.2.2", 1), s_at(2)));
    g_assert_cmpuint(d->host, ==, s);
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr("192.0.2.2", 1)));
    g_assert_cmpuint(d->packet.ttl, ==, 61);
    d = lab_pass(&l, s, lab_udp(s_at(2), lab_addr("192.0.2.2", 1)));
    g_assert_cmpuint(d->host, ==, a);
    g_assert_cmpuint(d->packet.ttl, ==, 61);
    lab_close(&l);
}

/* What has happened to the mapping while the packet was on its way counts. */
static void the_way_in_is_judged_at_the_instant_of_arrival(void)
{
    lab l;
    lab_open(&l, 50 * PL_MILLISECOND);
    net_realm home = lab_realm(&l, "home", 0, "203.0.113.1", "port-restricted");
    sim_host a = lab_host(&l, "a", home, "10.0.0.1");
    sim_host s = lab_host(&l, "s", 0, "198.51.100.1");
    net_packet in = lab_udp(s_at(2), lab_addr("203.0.113.1", 1));
    net_packet out = lab_udp(lab_addr("10.0.0.1", 1), s_at(2));
    lab_send(&l, s, &in); /* before there is a mapping … */
    lab_at(&l, 50 * PL_MILLISECOND - 1);
    lab_send(&l, a, &out); /* … which is made while it is under way */
    fake_engine_drain(l.engine);
    g_assert_cmpint(l.last_drop, ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_delivery(l.engine, 0)->host, ==, a);
    g_assert_cmpint(fake_engine_delivery(l.engine, 0)->at, ==, 50 * PL_MILLISECOND);
    pl_time expires = 50 * PL_MILLISECOND - 1 + net_nat_preset("port-restricted")->udp_lifetime_ns;
    lab_at(&l, expires - 50 * PL_MILLISECOND); /* alive when sent, expired when it arrives */
    g_assert_null(lab_pass(&l, s, in));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_EXPIRED);
    lab_close(&l);
}

static void order_is_kept_at_equal_instants(void)
{
    lab l;
    lab_open(&l, 0);
    net_link_options slow = {.delay_ns = 10};
    sim_host a = lab_host_with(&l, "a", 0, "192.0.2.1", &slow, "none");
    sim_host b = lab_host(&l, "b", 0, "192.0.2.2");
    net_packet packet = lab_udp(lab_addr("192.0.2.1", 1), lab_addr("192.0.2.2", 2));
    lab_send(&l, a, &packet); /* leaves the uplink at 10 */
    /* The link is ideal before 10, and the next packet, sent at 10, would overtake in that instant. */
    net_host_set_link(l.network, a, &ideal);
    packet.source.port = 2;
    lab_send(&l, a, &packet);
    fake_engine_run(l.engine, 10);
    packet.source.port = 3;
    lab_send(&l, a, &packet);
    fake_engine_drain(l.engine);
    g_assert_cmpuint(fake_engine_deliveries(l.engine), ==, 3);
    for (size_t i = 0; i < 3; i++) {
        g_assert_cmpuint(fake_engine_delivery(l.engine, i)->host, ==, b);
        g_assert_cmpint(fake_engine_delivery(l.engine, i)->at, ==, 10);
        g_assert_cmpuint(fake_engine_delivery(l.engine, i)->packet.source.port, ==, i + 1);
    }
    lab_close(&l);
}

static void jitter_on_both_links_keeps_the_order(void)
{
    lab l;
    lab_open(&l, 20 * PL_MILLISECOND);
    net_link_options link = {.delay_ns = 10 * PL_MILLISECOND, .jitter_ns = 20 * PL_MILLISECOND};
    sim_host a = lab_host_with(&l, "a", 0, "192.0.2.1", &link, "none");
    lab_host_with(&l, "b", 0, "192.0.2.2", &link, "none");
    for (uint16_t i = 0; i < 500; i++) {
        net_packet packet = lab_udp(lab_addr("192.0.2.1", i), lab_addr("192.0.2.2", 2));
        lab_at(&l, i * PL_MILLISECOND);
        lab_send(&l, a, &packet);
    }
    fake_engine_drain(l.engine);
    g_assert_cmpuint(fake_engine_deliveries(l.engine), ==, 500);
    for (size_t i = 0; i < 500; i++)
        g_assert_cmpuint(fake_engine_delivery(l.engine, i)->packet.source.port, ==, i);
    lab_close(&l);
}

static void nobody_and_the_down_get_nothing(void)
{
    lab l;
    lab_open(&l, 10);
    net_link_options link = {.delay_ns = 5};
    sim_host a = lab_host(&l, "a", 0, "192.0.2.1");
    sim_host b = lab_host_with(&l, "b", 0, "192.0.2.2", &link, "none");
    net_packet packet = lab_udp(lab_addr("192.0.2.1", 1), lab_addr("192.0.2.3", 2));
    g_assert_null(lab_pass(&l, a, packet));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_NO_ROUTE);
    packet.destination.ip = 0;
    g_assert_null(lab_pass(&l, a, packet));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_NO_ROUTE);
    packet.destination = lab_addr("192.0.2.2", 2);
    net_host_set_up(l.network, b, false);
    g_assert_null(lab_pass(&l, a, packet));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_HOST_DOWN);
    net_host_set_up(l.network, b, true);
    lab_send(&l, a, &packet);
    lab_at(&l, fake_engine_now(l.engine) + 12); /* in the downlink */
    net_host_set_up(l.network, b, false);
    fake_engine_drain(l.engine);
    g_assert_cmpint(l.last_drop, ==, NET_DROP_HOST_DOWN);
    net_host_set_up(l.network, b, true);
    net_link_options down = {.state = NET_LINK_DOWN};
    net_host_set_link(l.network, b, &down);
    g_assert_null(lab_pass(&l, a, packet));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_LINK_DOWN);
    net_host_set_link(l.network, a, &down);
    net_host_set_link(l.network, b, &ideal);
    g_assert_null(lab_pass(&l, a, packet));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_LINK_DOWN);
    net_host_set_link(l.network, a, &ideal);
    g_assert_nonnull(lab_pass(&l, a, packet));
    lab_close(&l);
}

static void a_change_of_link_acts_on_packets_sent_after_it(void)
{
    lab l;
    lab_open(&l, 0);
    net_link_options slow = {.up_bps = 8000}, slower = {.up_bps = 4000};
    sim_host a = lab_host_with(&l, "a", 0, "192.0.2.1", &slow, "none");
    lab_host(&l, "b", 0, "192.0.2.2");
    net_packet packet = lab_udp(lab_addr("192.0.2.1", 1), lab_addr("192.0.2.2", 2)); /* 33 bytes */
    lab_send(&l, a, &packet);
    net_host_set_link(l.network, a, &slower);
    g_assert_cmpuint(net_host_link(l.network, a)->up_bps, ==, 4000);
    lab_send(&l, a, &packet);
    fake_engine_drain(l.engine);
    g_assert_cmpint(fake_engine_delivery(l.engine, 0)->at, ==, 33 * PL_MILLISECOND);
    g_assert_cmpint(fake_engine_delivery(l.engine, 1)->at, ==, 99 * PL_MILLISECOND);
    lab_close(&l);
}

static void statistics_count_what_happened(void)
{
    lab l;
    lab_open(&l, 0);
    net_link_options link = {.up_bps = 8000, .queue_ns = 1};
    sim_host a = lab_host_with(&l, "a", 0, "192.0.2.1", &link, "none");
    lab_host(&l, "b", 0, "192.0.2.2");
    net_packet packet = lab_udp(lab_addr("192.0.2.1", 1), lab_addr("192.0.2.2", 2));
    for (int i = 0; i < 3; i++)
        lab_send(&l, a, &packet);
    fake_engine_drain(l.engine);
    const net_stats *stats = net_statistics(l.network);
    g_assert_cmpuint(stats->packets, ==, 3);
    g_assert_cmpuint(stats->bytes, ==, 99);
    g_assert_cmpuint(stats->delivered, ==, 1);
    g_assert_cmpuint(stats->drops[NET_DROP_QUEUE], ==, 2);
    g_assert_cmpuint(net_drop_count(), <=, G_N_ELEMENTS(stats->drops));
    g_assert_cmpstr(net_drop_name(NET_DROP_QUEUE), ==, "queue");
    g_assert_cmpstr(net_drop_name(NET_DROP_LINK_DOWN), ==, "link-down");
    lab_close(&l);
}

typedef struct film {
    GString *text;
} film;

static void record(void *ctx, const net_sighting *s, pl_time now)
{
    static const char *const steps[] = {"sent", "translated", "dropped", "rejected", "delivered"};
    const net_packet *p = s->packet;
    GString *text = ((film *)ctx)->text;
    g_string_append_printf(text, "%" G_GINT64_FORMAT " #%" G_GUINT64_FORMAT " %s %s %d>%d", now, p->serial,
                           steps[s->step], net_drop_name(s->drop), (int)s->from, (int)s->at);
    g_string_append_printf(text, " %x:%u>%x:%u %s %d\n", p->source.ip, p->source.port, p->destination.ip,
                           p->destination.port, s->box ? s->box : "-", (int)s->box_owner);
}

/* One packet through two boxes, then one that the far box does not let in. */
static void an_observer_sees_every_step(void)
{
    lab l;
    lab_open(&l, 10);
    film f = {g_string_new(NULL)};
    net_realm home = lab_realm(&l, "home", 0, "1.1.1.1", "port-restricted");
    sim_host a = lab_host(&l, "a", home, "10.0.0.1");
    sim_host s = lab_host(&l, "s", 0, "2.2.2.2");
    net_set_observer(l.network, record, &f);
    lab_pass(&l, a, lab_udp(lab_addr("10.0.0.1", 5), lab_addr("2.2.2.2", 6)));
    lab_pass(&l, s, lab_udp(lab_addr("2.2.2.2", 6), lab_addr("1.1.1.1", 5)));
    lab_pass(&l, s, lab_udp(lab_addr("2.2.2.2", 7), lab_addr("1.1.1.1", 5)));
    g_assert_cmpstr(f.text->str, ==,
                    "0 #1 sent none 0>-1 a000001:5>2020202:6 - -1\n"
                    "0 #1 translated none 0>-1 1010101:5>2020202:6 home 0\n"
                    "10 #1 delivered none 0>1 1010101:5>2020202:6 - -1\n"
                    "10 #2 sent none 1>-1 2020202:6>1010101:5 - -1\n"
                    "20 #2 translated none 1>-1 2020202:6>a000001:5 home 0\n"
                    "20 #2 delivered none 1>0 2020202:6>a000001:5 - -1\n"
                    "20 #3 sent none 1>-1 2020202:7>1010101:5 - -1\n"
                    "30 #3 dropped filtered 1>-1 2020202:7>1010101:5 home 0\n");
    g_string_free(f.text, TRUE);
    lab_close(&l);
}

/* Busy homes with loss and jitter; the film of it.  With a probe, a host more is there and silent. */
static char *film_of_a_run(uint64_t seed, bool probe)
{
    net_options options = {.seed = seed,
                           .latency = {.policy = "coordinates", .scale_ns = 50 * PL_MILLISECOND, .noise = 0.3}};
    net_link_options link = {.up_bps = 1000000,
                             .down_bps = 2000000,
                             .delay_ns = 5 * PL_MILLISECOND,
                             .jitter_ns = 3 * PL_MILLISECOND,
                             .loss = {.kind = NET_LOSS_INDEPENDENT, .probability = 0.1}};
    lab l;
    film f = {g_string_new(NULL)};
    lab_open_with(&l, &options);
    sim_host hosts[8];
    for (int i = 0; i < 8; i++) {
        char *name = g_strdup_printf("h%d", i);
        char *box = g_strdup_printf("box%d", i);
        char *ip = g_strdup_printf("203.0.113.%d", i + 1);
        net_realm home = lab_realm(&l, box, 0, ip, i % 2 ? "symmetric" : "full-cone");
        hosts[i] = lab_host_with(&l, name, home, "10.0.0.1", &link, "none");
        g_free(name);
        g_free(box);
        g_free(ip);
    }
    if (probe)
        lab_host(&l, "probe", 0, "198.51.100.9");
    net_set_observer(l.network, record, &f);
    for (unsigned i = 0; i < 2000; i++) {
        lab_at(&l, i * PL_MILLISECOND);
        net_packet packet = lab_udp(lab_addr("10.0.0.1", 5000), lab_addr("203.0.113.1", 5000));
        packet.destination.ip += (i / 8 + i) % 8;
        lab_send(&l, hosts[i % 8], &packet);
    }
    fake_engine_drain(l.engine);
    lab_close(&l);
    return g_string_free(f.text, FALSE);
}

static void a_run_repeats_to_the_bit_and_a_probe_shifts_nobody(void)
{
    char *first = film_of_a_run(5, false);
    char *again = film_of_a_run(5, false);
    char *probed = film_of_a_run(5, true);
    char *other = film_of_a_run(6, false);
    g_assert_cmpuint(strlen(first), >, 100000);
    g_assert_true(strcmp(first, again) == 0);
    g_assert_true(strcmp(first, probed) == 0);
    g_assert_true(strcmp(first, other) != 0);
    g_free(first);
    g_free(again);
    g_free(probed);
    g_free(other);
}

/* An idle host, and an idle home with a box and two mappings to several remotes, each below 1 KiB. */
static void a_host_and_a_home_cost_less_than_1_kib(void)
{
    enum { N = 20000 };
    lab l;
    lab_open(&l, 0);
    net_set_observer(l.network, NULL, NULL);
    size_t start = net_memory(l.network);
    char name[32];
    for (uint32_t i = 0; i < N; i++) {
        g_snprintf(name, sizeof name, "server-%u", i);
        net_host_options options = {.name = name, .ip = 0x0b000000 + i};
        net_host_add(l.network, &options);
    }
    size_t hosts = net_memory(l.network) - start;
    g_assert_cmpuint(hosts / N, <, 400);
    for (uint32_t i = 0; i < N; i++) {
        g_snprintf(name, sizeof name, "box-%u", i);
        net_realm_options box = {.name = name, .external_ip = 0x0c000000 + i};
        box.nat = *net_nat_preset("port-restricted");
        net_realm home = net_realm_add(l.network, &box);
        g_snprintf(name, sizeof name, "peer-%u", i);
        net_host_options options = {.name = name, .realm = home, .ip = 0x0a000001};
        sim_host host = net_host_add(l.network, &options);
        for (uint16_t port = 1; port <= 2; port++) {
            net_packet packet = lab_udp((pl_addr){0x0a000001, port}, (pl_addr){0x0b000000 + i, 7});
            net_send(l.network, host, &packet, 0);
        }
        fake_engine_drain(l.engine);
        fake_engine_forget(l.engine);
    }
    size_t homes = net_memory(l.network) - start - hosts;
    g_test_message("host %zu B, home with box, host and two mappings %zu B", hosts / N, homes / N);
    g_assert_cmpuint(homes / N, <, 1024);
    lab_close(&l);
}

/* Buffers are used again: a long run takes no more memory than its beginning. */
static void packets_do_not_pile_up(void)
{
    lab l;
    lab_open(&l, 10);
    net_set_observer(l.network, NULL, NULL);
    sim_host a = lab_host(&l, "a", 0, "192.0.2.1");
    lab_host_with(&l, "b", 0, "192.0.2.2", &ideal, "refuse-all");
    size_t before = 0;
    for (int i = 0; i < 20000; i++) {
        net_packet packet = lab_tcp(lab_addr("192.0.2.1", 1), lab_addr("192.0.2.2", 2), NET_TCP_SYN);
        lab_send(&l, a, &packet);
        fake_engine_run(l.engine, fake_engine_now(l.engine) + 1);
        fake_engine_forget(l.engine);
        if (i == 1000)
            before = net_memory(l.network);
    }
    g_assert_cmpuint(net_memory(l.network), ==, before);
    lab_close(&l);
}

static void a_network_with_a_wrong_latency_is_refused(void)
{
    static const net_options rows[] = {{.latency = {.policy = "no-such"}},
                                       {.latency = {.policy = "matrix", .file = "/nonexistent"}}};
    static const char *const expected[] = {"no latency policy named \"no-such\"", "cannot open the file"};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *error = NULL;
        g_assert_null(net_new(&rows[i], &error));
        g_assert_nonnull(strstr(error, expected[i]));
        g_free(error);
    }
    net_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/net/sum-of-parts", a_datagram_takes_the_sum_of_its_parts);
    g_test_add_func("/net/net/segment", a_segment_arrives_as_it_was_sent);
    g_test_add_func("/net/net/payloads", payloads_of_all_sizes_pass);
    g_test_add_func("/net/net/ttl", ttl_counts_boxes_and_the_core);
    g_test_add_func("/net/net/own-lan", a_private_address_means_the_own_lan);
    g_test_add_func("/net/net/router", a_router_translates_nothing);
    g_test_add_func("/net/net/judged-on-arrival", the_way_in_is_judged_at_the_instant_of_arrival);
    g_test_add_func("/net/net/order-at-equal-instants", order_is_kept_at_equal_instants);
    g_test_add_func("/net/net/order-under-jitter", jitter_on_both_links_keeps_the_order);
    g_test_add_func("/net/net/down", nobody_and_the_down_get_nothing);
    g_test_add_func("/net/net/change-of-link", a_change_of_link_acts_on_packets_sent_after_it);
    g_test_add_func("/net/net/statistics", statistics_count_what_happened);
    g_test_add_func("/net/net/observer", an_observer_sees_every_step);
    g_test_add_func("/net/net/deterministic", a_run_repeats_to_the_bit_and_a_probe_shifts_nobody);
    g_test_add_func("/net/net/memory", a_host_and_a_home_cost_less_than_1_kib);
    g_test_add_func("/net/net/buffers", packets_do_not_pile_up);
    g_test_add_func("/net/net/wrong-latency", a_network_with_a_wrong_latency_is_refused);
    return g_test_run();
}
