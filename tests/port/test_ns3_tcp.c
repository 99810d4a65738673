/* ns-3's TCP with its gaps closed: one test for each gap that lost data, hung or crashed. */
#include "tests/support/light_world.h"
#include "tests/support/ns3_engine.h"

#include <string.h>

static const sim_stack_profile profile = {.name = "test",
                                          .syn_rto = PL_SECOND,
                                          .syn_tries = 4,
                                          .min_rto = 200 * PL_MILLISECOND,
                                          .max_rto = 90 * PL_SECOND,
                                          .data_tries = 12,
                                          .delayed_ack = 40 * PL_MILLISECOND,
                                          .mss = 1000,
                                          .initial_window = 10,
                                          .send_buffer = 65536,
                                          .receive_buffer = 20500, /* no multiple of the MSS */
                                          .time_wait = 20 * PL_SECOND};
static const light_world_options options = {.profile = &profile, .wire = {.delay = 20 * PL_MILLISECOND}};

/* About one bit in eight, another pattern for every seed. */
static uint64_t mask_of(uint32_t seed)
{
    uint64_t mask = UINT64_MAX;
    for (int i = 0; i < 3; i++) {
        uint64_t part = 0;
        for (int bit = 0; bit < 64; bit++) {
            seed = seed * 1664525u + 1013904223u;
            part |= (uint64_t)(seed >> 31) << bit;
        }
        mask &= part;
    }
    return mask;
}

static void check_bytes(const GByteArray *bytes, size_t len)
{
    g_assert_cmpuint(bytes->len, ==, len);
    for (guint i = 0; i < bytes->len; i++)
        g_assert_cmpuint(bytes->data[i], ==, (i * 7u) & 0xffu);
}

static uint8_t *some_bytes(size_t len)
{
    uint8_t *data = g_malloc(len);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7u);
    return data;
}

/* 60 kB and both FINs, with an eighth of the first 64 packets of each side lost; then the wire's log. */
static wire *lossy_exchange(conformance_world *world, uint32_t seed)
{
    enum { TOTAL = 60000 };
    pl_id a = 0, b = 0;
    wire *line = light_world_wire(world);
    g_autofree uint8_t *data = some_bytes(TOTAL);
    conformance_pair(world, 0, &a, &b);
    wire_drop(line, 0, mask_of(seed));
    wire_drop(line, 1, mask_of(seed + 1000));
    g_assert_cmpint(hand_write(world, A, a, data, TOTAL), ==, TOTAL);
    hand_shutdown(world, A, a);
    conformance_expect(world, B, PL_INPUT_FIN, b);
    check_bytes(world->node[B].bytes, TOTAL);
    g_assert_cmpint(hand_write(world, B, b, data, 3000), ==, 3000);
    hand_shutdown(world, B, b);
    conformance_expect(world, A, PL_INPUT_FIN, a);
    check_bytes(world->node[A].bytes, 3000);
    g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==, PL_CAUSE_FIN);
    g_assert_cmpint(conformance_expect(world, B, PL_INPUT_CLOSED, b)->input.cause, ==, PL_CAUSE_FIN);
    return line;
}

static void every_byte_and_both_ends(gconstpointer maker)
{
    for (uint32_t seed = 1; seed <= 40; seed++) {
        conformance_world *world = conformance_world_new(maker);
        lossy_exchange(world, seed);
        conformance_world_free(world);
    }
}

static void again_is_the_same(gconstpointer maker)
{
    conformance_world *world = conformance_world_new(maker);
    wire *line = lossy_exchange(world, 5);
    const size_t n = wire_sent(line);
    g_autofree wire_entry *first = g_memdup2(wire_at(line, 0), n * sizeof(wire_entry));
    conformance_world_free(world);
    world = conformance_world_new(maker);
    line = lossy_exchange(world, 5);
    g_assert_cmpuint(wire_sent(line), ==, n);
    for (size_t i = 0; i < n; i++) {
        const wire_entry *one = wire_at(line, i);
        g_assert_cmpint(one->at, ==, first[i].at);
        g_assert_cmpuint(one->packet.sequence, ==, first[i].packet.sequence);
        g_assert_cmpuint(one->packet.ack, ==, first[i].packet.ack);
        g_assert_cmpuint(one->packet.tcp_flags, ==, first[i].packet.tcp_flags);
        g_assert_cmpuint(one->packet.payload_len, ==, first[i].packet.payload_len);
    }
    conformance_world_free(world);
}

/* The SYN+ACK comes again after one SYN timer; its ACK opens the other side. */
static void a_lost_last_ack_is_made_good(gconstpointer maker)
{
    conformance_world *world = conformance_world_new(maker);
    pl_id a = 0;
    conformance_listen(world, B, 0);
    wire_drop(light_world_wire(world), 0, 2); /* A sends SYN, then the ACK that is lost */
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 0), &a), ==, 0);
    conformance_run(world, profile.syn_rto + 59 * PL_MILLISECOND);
    g_assert_cmpuint(conformance_count(world, A, PL_INPUT_OPENED, a), ==, 1);
    g_assert_cmpuint(conformance_count(world, B, PL_INPUT_ACCEPTED, 0), ==, 0);
    conformance_run(world, 2 * PL_MILLISECOND);
    g_assert_cmpuint(conformance_count(world, B, PL_INPUT_ACCEPTED, 0), ==, 1);
    conformance_world_free(world);
}

/* The writer has nothing left when the window closes: no probe, no crash; and it goes on afterwards. */
static void a_window_filled_exactly(gconstpointer maker)
{
    conformance_world *world = conformance_world_new(maker);
    pl_id a = 0, b = 0;
    g_autofree uint8_t *data = some_bytes(3 * profile.receive_buffer);
    conformance_pair(world, 0, &a, &b);
    world->node[B].appetite = 0;
    g_assert_cmpint(hand_write(world, A, a, data, profile.receive_buffer), >, 0);
    conformance_run(world, 300 * PL_SECOND);
    g_assert_cmpuint(conformance_count(world, A, PL_INPUT_CLOSED, a), ==, 0);
    world->node[B].appetite = SIZE_MAX;
    hand_more(world, B, b);
    conformance_run(world, 10 * PL_SECOND);
    check_bytes(world->node[B].bytes, profile.receive_buffer);
    conformance_world_free(world);
}

/* A segment that filled the last of the window is lost; it is smaller than the MSS.  Only the writer's own
 * timer can bring it across. */
static void a_lost_crumb_is_repeated(gconstpointer maker)
{
    for (uint32_t seed = 1; seed <= 60; seed++) {
        conformance_world *world = conformance_world_new(maker);
        pl_id a = 0, b = 0;
        const size_t len = 3 * profile.receive_buffer;
        g_autofree uint8_t *data = some_bytes(len);
        conformance_pair(world, 0, &a, &b);
        for (int warming = 0; warming < 3; warming++) { /* the congestion window outgrows the reader's */
            g_assert_cmpint(hand_write(world, A, a, data, len), ==, (int)len);
            conformance_run(world, 5 * PL_SECOND);
        }
        g_byte_array_set_size(world->node[B].bytes, 0);
        wire_drop(light_world_wire(world), 0, mask_of(seed));
        wire_drop(light_world_wire(world), 1, mask_of(seed + 1000));
        world->node[B].appetite = 1000;
        g_assert_cmpint(hand_write(world, A, a, data, len), ==, (int)len);
        conformance_run(world, 5 * PL_SECOND);
        world->node[B].appetite = SIZE_MAX;
        wire_drop(light_world_wire(world), 1, 1); /* and so is the news that the window opened */
        hand_more(world, B, b);
        conformance_run(world, 60 * PL_SECOND);
        check_bytes(world->node[B].bytes, len);
        conformance_world_free(world);
    }
}

/* FIN goes out as often as data would, at growing distances, and then the stream ends. */
static void an_unanswered_fin_ends(gconstpointer maker)
{
    conformance_world *world = conformance_world_new(maker);
    pl_id a = 0, b = 0;
    wire *line = light_world_wire(world);
    conformance_pair(world, 0, &a, &b);
    wire_cut(line, 0);
    const size_t since = wire_sent(line);
    hand_shutdown(world, A, a);
    g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==, PL_CAUSE_TIMEOUT);
    g_assert_cmpuint(wire_count_flags(line, 0, NET_TCP_FIN, since), ==, profile.data_tries);
    conformance_world_free(world);
}

/* Two small writes of one instant are two segments, which are lost one by one. */
static void two_writes_are_two_segments(gconstpointer maker)
{
    conformance_world *world = conformance_world_new(maker);
    pl_id a = 0, b = 0;
    wire *line = light_world_wire(world);
    conformance_pair(world, 0, &a, &b);
    const size_t since = wire_sent(line);
    g_assert_cmpint(hand_write(world, A, a, "credential", 10), ==, 10);
    g_assert_cmpint(hand_write(world, A, a, "hello", 5), ==, 5);
    g_assert_cmpuint(wire_sent(line), ==, since + 2);
    g_assert_cmpuint(wire_at(line, since)->packet.payload_len, ==, 10);
    g_assert_cmpuint(wire_at(line, since + 1)->packet.payload_len, ==, 5);
    conformance_run(world, PL_SECOND);
    conformance_bytes(world, B, "credentialhello");
    conformance_world_free(world);
}

/* Either end delays its very first ACK as the profile says; ns-3 would send it at once. */
static void the_first_ack_is_delayed_too(gconstpointer maker)
{
    const pl_span way = options.wire.delay;
    for (int from = 0; from < 2; from++) {
        conformance_world *world = conformance_world_new(maker);
        pl_id ends[2] = {0};
        wire *line = light_world_wire(world);
        conformance_pair(world, 0, &ends[0], &ends[1]);
        conformance_run(world, PL_SECOND);
        const size_t since = wire_sent(line);
        const pl_time start = world->ops->now(world->engine);
        g_assert_cmpint(hand_write(world, from, ends[from], "hello", 5), ==, 5);
        world->ops->run(world->engine, start + way + profile.delayed_ack);
        g_assert_cmpuint(wire_sent(line), ==, since + 1);
        world->ops->run(world->engine, start + way + profile.delayed_ack + 1);
        g_assert_cmpuint(wire_sent(line), ==, since + 2);
        conformance_world_free(world);
    }
}

/* A listener does not know this connection: RST, not silence. */
static void a_forgotten_connection_is_reset(gconstpointer maker)
{
    conformance_world *world = conformance_world_new(maker);
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    world->ops->host_down(world->engine, 1);
    world->ops->host_up(world->engine, 1, world->node[B].ip);
    conformance_listen(world, B, 0);
    g_assert_cmpint(hand_write(world, A, a, "hello", 5), ==, 5);
    g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==, PL_CAUSE_RESET);
    conformance_world_free(world);
}

int main(int argc, char **argv)
{
    static conformance_maker maker;
    g_autofree char *reason = NULL;
    g_test_init(&argc, &argv, NULL);
    maker = light_world_maker(&options);
    maker.ops = ns3_engine_open(&reason);
    if (!maker.ops)
        return ns3_engine_skip(reason);
    g_test_add_data_func("/ns3/every-byte-and-both-ends-under-loss", &maker, every_byte_and_both_ends);
    g_test_add_data_func("/ns3/again-in-one-process-is-the-same", &maker, again_is_the_same);
    g_test_add_data_func("/ns3/a-lost-last-ack-is-made-good", &maker, a_lost_last_ack_is_made_good);
    g_test_add_data_func("/ns3/a-window-filled-exactly", &maker, a_window_filled_exactly);
    g_test_add_data_func("/ns3/a-lost-crumb-is-repeated", &maker, a_lost_crumb_is_repeated);
    g_test_add_data_func("/ns3/an-unanswered-fin-ends", &maker, an_unanswered_fin_ends);
    g_test_add_data_func("/ns3/two-writes-are-two-segments", &maker, two_writes_are_two_segments);
    g_test_add_data_func("/ns3/the-first-ack-is-delayed-too", &maker, the_first_ack_is_delayed_too);
    g_test_add_data_func("/ns3/a-forgotten-connection-is-reset", &maker, a_forgotten_connection_is_reset);
    return g_test_run();
}
