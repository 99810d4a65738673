/* The light engine's TCP under loss, against closed windows, across the wrap, and under nonsense. */
#include "sim/light/light.h"
#include "sim/light/tcp/tcp.h"
#include "tests/support/light_world.h"

#include <string.h>

#define DELAY (20 * PL_MILLISECOND)
#define MSS 1460u

static light_world_options options_of(const char *profile, uint64_t rate_bps)
{
    return (light_world_options){.profile = sim_stack_profile_find(profile),
                                 .wire = {.delay = DELAY, .rate_bps = rate_bps}};
}

static uint8_t pattern(size_t i)
{
    return (uint8_t)((i * 2654435761u) >> 11);
}

static uint8_t *pattern_new(size_t len)
{
    uint8_t *data = g_malloc(len);
    for (size_t i = 0; i < len; i++)
        data[i] = pattern(i);
    return data;
}

static void check_received(const conformance_world *world, int who, size_t len)
{
    const GByteArray *bytes = world->node[who].bytes;
    g_assert_cmpuint(bytes->len, ==, len);
    for (guint i = 0; i < bytes->len; i++)
        g_assert_cmpuint(bytes->data[i], ==, pattern(i));
}

/* Writes `total` bytes as room comes, until the other side has them all or `patience` ends. */
static void transfer(conformance_world *world, int from, pl_id out, size_t total, pl_span patience)
{
    g_autofree uint8_t *data = pattern_new(total);
    const GByteArray *got = world->node[1 - from].bytes;
    size_t done = 0;
    for (pl_span waited = 0; got->len < total && waited < patience; waited += 5 * PL_MILLISECOND) {
        const int accepted = hand_write(world, from, out, data + done, total - done);
        g_assert_cmpint(accepted, >=, 0);
        done += (size_t)accepted;
        conformance_run(world, 5 * PL_MILLISECOND);
    }
    check_received(world, 1 - from, total);
}

static size_t data_sent(const wire *line, sim_host from, size_t since)
{
    size_t count = 0;
    for (size_t i = since; i < wire_sent(line); i++)
        count += wire_at(line, i)->from == from && wire_at(line, i)->packet.payload_len > 0;
    return count;
}

/* Two hosts with a stream between them. */
typedef struct scene {
    light_world_options options;
    conformance_maker maker;
    conformance_world *world;
    wire *line;
    pl_id a, b; /* the stream's two ends */
} scene;

static void open_scene(scene *s, const char *profile, uint64_t rate_bps)
{
    *s = (scene){.options = options_of(profile, rate_bps)};
    s->maker = light_world_maker(&s->options);
    s->world = conformance_world_new(&s->maker);
    s->line = light_world_wire(s->world);
    conformance_pair(s->world, 0, &s->a, &s->b);
}

static void close_scene(scene *s)
{
    conformance_world_free(s->world);
}

/* Three duplicate ACKs bring the lost segment at once: one round trip after it was lost. */
static void test_fast_retransmit(void)
{
    scene s;
    open_scene(&s, "linux", 0);
    conformance_run(s.world, PL_SECOND);
    g_autofree uint8_t *data = pattern_new(4 * MSS);
    const size_t since = wire_sent(s.line);
    const pl_time start = s.world->ops->now(s.world->engine);
    wire_drop(s.line, A, 1);
    hand_write(s.world, A, s.a, data, 4 * MSS);
    s.world->ops->run(s.world->engine, start + 2 * DELAY);
    g_assert_cmpuint(data_sent(s.line, A, since), ==, 4);
    s.world->ops->run(s.world->engine, start + 2 * DELAY + 1);
    g_assert_cmpuint(data_sent(s.line, A, since), ==, 5);
    g_assert_cmpuint(wire_last(s.line, A)->packet.sequence, ==, wire_at(s.line, since)->packet.sequence);
    s.world->ops->run(s.world->engine, start + 3 * DELAY + 1);
    check_received(s.world, B, 4 * MSS);
    close_scene(&s);
}

/* With one segment fewer there are only two duplicates, and the timer has to do it. */
static void test_two_duplicates_are_not_enough(void)
{
    scene s;
    open_scene(&s, "linux", 0);
    conformance_run(s.world, PL_SECOND);
    g_autofree uint8_t *data = pattern_new(3 * MSS);
    const size_t since = wire_sent(s.line);
    const pl_time start = s.world->ops->now(s.world->engine);
    wire_drop(s.line, A, 1);
    hand_write(s.world, A, s.a, data, 3 * MSS);
    s.world->ops->run(s.world->engine, start + s.options.profile->min_rto);
    g_assert_cmpuint(data_sent(s.line, A, since), ==, 3);
    s.world->ops->run(s.world->engine, start + s.options.profile->min_rto + 1);
    g_assert_cmpuint(data_sent(s.line, A, since), ==, 4);
    close_scene(&s);
}

/* Of ten segments the second and the fourth are lost: these two come again, and no other. */
static void test_sack_fills_the_holes(void)
{
    scene s;
    open_scene(&s, "linux", 0);
    conformance_run(s.world, PL_SECOND);
    g_autofree uint8_t *data = pattern_new(10 * MSS);
    const size_t since = wire_sent(s.line);
    wire_drop(s.line, A, 0x0a);
    hand_write(s.world, A, s.a, data, 10 * MSS);
    conformance_run(s.world, 5 * DELAY); /* far less than a timeout */
    check_received(s.world, B, 10 * MSS);
    g_assert_cmpuint(data_sent(s.line, A, since), ==, 12);
    const uint32_t first = wire_at(s.line, since)->packet.sequence;
    uint32_t again[2] = {0};
    for (size_t i = since + 10, n = 0; i < wire_sent(s.line); i++)
        if (wire_at(s.line, i)->from == A && wire_at(s.line, i)->packet.payload_len && n < 2)
            again[n++] = wire_at(s.line, i)->packet.sequence - first;
    g_assert_cmpuint(again[0], ==, MSS);
    g_assert_cmpuint(again[1], ==, 3 * MSS);
    close_scene(&s);
}

/* The option's bytes as RFC 2018 draws them: the latest block first. */
static void test_sack_bytes(void)
{
    scene s;
    open_scene(&s, "linux", 0);
    const net_packet syn = wire_at(s.line, 0)->packet;
    const uint8_t syn_options[] = {2, 4, 1460 >> 8, 1460 & 255, 1, 1, 4, 2};
    g_assert_cmpuint(syn.options_len, ==, sizeof syn_options);
    g_assert_true(memcmp(syn.options, syn_options, sizeof syn_options) == 0);
    g_autofree uint8_t *data = pattern_new(4 * MSS);
    wire_drop(s.line, A, 0x5); /* the first and the third */
    hand_write(s.world, A, s.a, data, 4 * MSS);
    conformance_run(s.world, DELAY + 1);
    const net_packet ack = wire_last(s.line, B)->packet;
    g_assert_cmpuint(ack.options_len, ==, 20);
    const uint8_t head[] = {1, 1, 5, 18};
    g_assert_true(memcmp(ack.options, head, sizeof head) == 0);
    sim_tcp_options read;
    sim_tcp_options_read(&ack, &read);
    g_assert_cmpuint(read.n_sacked, ==, 2);
    g_assert_cmpuint(read.sacked[0].start - ack.ack, ==, 3 * MSS);
    g_assert_cmpuint(read.sacked[0].end - ack.ack, ==, 4 * MSS);
    g_assert_cmpuint(read.sacked[1].start - ack.ack, ==, MSS);
    g_assert_cmpuint(read.sacked[1].end - ack.ack, ==, 2 * MSS);
    close_scene(&s);
}

/* Any packets may be lost, SYN and FIN too: every byte arrives in order and both ends see the end. */
static void test_masks(gconstpointer name)
{
    sim_stack_profile profile = *sim_stack_profile_find(name);
    profile.data_tries = 15; /* one packet in eight is lost: five tries are at times not enough */
    const light_world_options options = {.profile = &profile, .wire = {.delay = DELAY, .rate_bps = 1000000}};
    const conformance_maker maker = light_world_maker(&options);
    for (int round = 0; round < 150; round++) {
        conformance_world *world = conformance_world_new(&maker);
        wire *line = light_world_wire(world);
        uint64_t mask[2] = {0};
        for (int bit = 0; bit < 64; bit++)
            for (int who = 0; who < 2; who++)
                mask[who] |= (uint64_t)(g_test_rand_int_range(0, 8) == 0) << bit;
        wire_drop(line, A, mask[0] & ~UINT64_C(2)); /* at most one of the first two SYNs */
        wire_drop(line, B, mask[1] & ~UINT64_C(2));
        pl_id a = 0;
        conformance_listen(world, B, 0);
        hand_open(world, A, 0, conformance_addr(world, B, 0), &a);
        conformance_expect(world, A, PL_INPUT_OPENED, a);
        transfer(world, A, a, 60000, PL_HOUR);
        const pl_id b = conformance_expect(world, B, PL_INPUT_ACCEPTED, 0)->input.id;
        conformance_clear(world);
        transfer(world, B, b, 60000, PL_HOUR);
        hand_shutdown(world, A, a);
        hand_shutdown(world, B, b);
        g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==, PL_CAUSE_FIN);
        g_assert_cmpint(conformance_expect(world, B, PL_INPUT_CLOSED, b)->input.cause, ==, PL_CAUSE_FIN);
        conformance_world_free(world);
    }
}

/* 200 kB at 256 kbit/s take what their bits take, headers included, within 5 %. */
static void test_throughput(gconstpointer profile)
{
    scene s;
    open_scene(&s, profile, 256000);
    const pl_time start = s.world->ops->now(s.world->engine);
    transfer(s.world, A, s.a, 200000, 60 * PL_SECOND);
    const pl_span took = s.world->ops->now(s.world->engine) - start;
    const double segments = 200000.0 / MSS + 1;
    const double ideal = (200000 + segments * 40) * 8 / 256000;
    g_test_message("%.3f s, ideal %.3f s", (double)took / 1e9, ideal);
    g_assert_cmpfloat((double)took / 1e9, <, 1.05 * ideal);
    g_assert_cmpfloat((double)took / 1e9, >, 0.98 * ideal);
    close_scene(&s);
}

/* A closed window is probed with one byte at doubling intervals, for longer than data would be tried, and
 * a lost window update does no harm. */
static void test_zero_window(void)
{
    scene s;
    open_scene(&s, "xp-2003", 0);
    s.world->node[B].appetite = 0;
    g_autofree uint8_t *data = pattern_new(25000);
    size_t done = 0;
    for (int i = 0; i < 40; i++) {
        done += (size_t)hand_write(s.world, A, s.a, data + done, 25000 - done);
        conformance_run(s.world, 250 * PL_MILLISECOND);
    }
    g_assert_cmpuint(wire_last(s.line, B)->packet.window, ==, 0);
    const size_t since = wire_sent(s.line);
    conformance_run(s.world, 200 * PL_SECOND); /* probes at most a minute apart */
    const size_t probes = data_sent(s.line, A, since);
    g_assert_cmpuint(probes, >=, 4);
    g_assert_cmpuint(probes, <=, 8);
    for (size_t i = since; i < wire_sent(s.line); i++)
        g_assert_cmpuint(wire_at(s.line, i)->packet.payload_len, ==, wire_at(s.line, i)->from == A);
    g_assert_cmpuint(conformance_count(s.world, A, PL_INPUT_CLOSED, s.a), ==, 0);
    s.world->node[B].appetite = SIZE_MAX;
    wire_drop(s.line, B, 1);
    hand_more(s.world, B, s.b);
    conformance_run(s.world, 120 * PL_SECOND);
    check_received(s.world, B, done);
    close_scene(&s);
}

/* A million bytes across the number 2^32, with losses on both sides of it. */
static void test_wrap(void)
{
    const light_world_options options = options_of("linux", 0);
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    wire *line = light_world_wire(world);
    conformance_listen(world, B, 0);
    wire_cut(line, A);
    pl_id a = 0;
    for (;;) { /* until an initial number is within a megabyte of the wrap */
        g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 0), &a), ==, 0);
        if (wire_last(line, A)->packet.sequence > UINT32_MAX - 900000)
            break;
        hand_abort(world, A, a);
    }
    wire_mend(line, A);
    conformance_expect(world, A, PL_INPUT_OPENED, a);
    const size_t since = wire_sent(line);
    wire_drop(line, A, UINT64_C(0x8421084210842108));
    transfer(world, A, a, 600000, 300 * PL_SECOND);
    wire_drop(line, A, UINT64_C(0x8421084210842108));
    conformance_clear(world);
    transfer(world, A, a, 600000, 300 * PL_SECOND);
    g_assert_cmpuint(wire_at(line, since)->packet.sequence, >, UINT32_MAX / 2);
    g_assert_cmpuint(wire_last(line, A)->packet.sequence, <, UINT32_MAX / 2);
    conformance_world_free(world);
}

static net_packet nonsense(const conformance_world *world, const wire *line, const uint8_t *payload)
{
    const net_packet *last = &wire_last(line, B)->packet;
    net_packet packet = {.protocol = PL_PROTOCOL_TCP,
                         .ttl = 64,
                         .tcp_flags = (uint8_t)g_test_rand_int_range(0, 32),
                         .window = (uint16_t)g_test_rand_int_range(0, 65536),
                         .source = last->destination,
                         .destination = last->source,
                         .sequence = last->ack,
                         .ack = last->sequence,
                         .options_len = (uint8_t)(4 * g_test_rand_int_range(0, 11)),
                         .payload = payload,
                         .payload_len = (uint32_t)g_test_rand_int_range(0, 1461)};
    if (g_test_rand_int_range(0, 4) == 0)
        packet.payload_len = 0;
    if (g_test_rand_int_range(0, 3))
        packet.tcp_flags |= NET_TCP_ACK;
    if (g_test_rand_int_range(0, 8)) /* a RST would soon end the game */
        packet.tcp_flags &= (uint8_t) ~(NET_TCP_RST | NET_TCP_FIN);
    if (g_test_rand_int_range(0, 2))
        packet.sequence += (uint32_t)g_test_rand_int_range(-70000, 70000);
    if (g_test_rand_int_range(0, 2))
        packet.ack += (uint32_t)g_test_rand_int_range(-70000, 70000);
    if (g_test_rand_int_range(0, 10) == 0)
        packet.source.port = (uint16_t)g_test_rand_int_range(1, 65536);
    packet.destination = (pl_addr){.ip = world->node[B].ip, .port = conformance_addr(world, B, 0).port};
    for (size_t i = 0; i < sizeof packet.options; i++)
        packet.options[i] = (uint8_t)g_test_rand_int_range(0, g_test_rand_int_range(0, 2) ? 256 : 8);
    return packet;
}

/* Random flags, numbers, windows and options: no crash, no endless exchange, nothing left behind. */
static void test_nonsense(void)
{
    const light_world_options options = options_of("xp-2003", 0);
    const conformance_maker maker = light_world_maker(&options);
    g_autofree uint8_t *payload = pattern_new(1500);
    for (int round = 0; round < 60; round++) {
        conformance_world *world = conformance_world_new(&maker);
        wire *line = light_world_wire(world);
        pl_id a = 0;
        conformance_listen(world, B, 0);
        hand_open(world, A, 0, conformance_addr(world, B, 0), &a);
        const pl_id b = conformance_expect(world, B, PL_INPUT_ACCEPTED, 0)->input.id;
        world->node[B].appetite = (size_t)g_test_rand_int_range(1, 3000);
        world->node[B].more_at_once = true;
        for (int i = 0; i < 300; i++) {
            const net_packet packet = nonsense(world, line, payload);
            wire_inject(line, B, &packet);
            if (i % 10 == 0)
                hand_write(world, B, b, payload, 1000);
            conformance_run(world, PL_MILLISECOND * g_test_rand_int_range(0, 30));
        }
        sim_light_bytes bytes;
        sim_light_memory(world->engine, &bytes);
        g_assert_cmpuint(bytes.streams_open, <=, 302);
        const size_t sent = wire_sent(line);
        hand_abort(world, B, b);
        hand_abort(world, A, a);
        conformance_run(world, 20 * PL_MINUTE); /* half-open streams give up, TIME_WAIT ends */
        g_assert_cmpuint(wire_sent(line), <, sent + 5000);
        for (guint i = 0; i < world->node[B].seen->len; i++) {
            const pl_input *input = &g_array_index(world->node[B].seen, conformance_seen, i).input;
            if (input->kind == PL_INPUT_ACCEPTED)
                hand_abort(world, B, input->id);
        }
        sim_light_memory(world->engine, &bytes);
        g_assert_cmpuint(bytes.streams_open, ==, 0);
        conformance_world_free(world);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/light/tcp/fast-retransmit", test_fast_retransmit);
    g_test_add_func("/light/tcp/two-duplicates-are-not-enough", test_two_duplicates_are_not_enough);
    g_test_add_func("/light/tcp/sack-fills-the-holes", test_sack_fills_the_holes);
    g_test_add_func("/light/tcp/sack-bytes", test_sack_bytes);
    g_test_add_data_func("/light/tcp/masks/linux", "linux", test_masks);
    g_test_add_data_func("/light/tcp/masks/xp-2003", "xp-2003", test_masks);
    g_test_add_data_func("/light/tcp/throughput/linux", "linux", test_throughput);
    g_test_add_data_func("/light/tcp/throughput/xp-2003", "xp-2003", test_throughput);
    g_test_add_func("/light/tcp/zero-window", test_zero_window);
    g_test_add_func("/light/tcp/wrap", test_wrap);
    g_test_add_func("/light/tcp/nonsense", test_nonsense);
    return g_test_run();
}
