/* The light engine's TCP against the clock and the letter: timers, states, resets, sizes. */
#include "sim/light/light.h"
#include "sim/light/tcp/tcp.h"
#include "tests/support/light_world.h"

#define DELAY (20 * PL_MILLISECOND)

static light_world_options options_of(const char *profile)
{
    return (light_world_options){.profile = sim_stack_profile_find(profile), .wire = {.delay = DELAY}};
}

static size_t streams_open(const conformance_world *world)
{
    sim_light_bytes bytes;
    sim_light_memory(world->engine, &bytes);
    return bytes.streams_open;
}

static void run_until(conformance_world *world, pl_time until)
{
    world->ops->run(world->engine, until);
}

static size_t sent_by(const wire *line, sim_host host, size_t since)
{
    return wire_count_flags(line, host, 0, since);
}

/* SYN n leaves at (2^n − 1) × the first RTO, and not a nanosecond earlier. */
static void test_syn_instants(gconstpointer profile)
{
    const light_world_options options = options_of(profile);
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    wire *line = light_world_wire(world);
    pl_id a = 0;
    hand_open(world, A, 0, (pl_addr){.ip = world->black_hole, .port = 80}, &a);
    for (uint32_t n = 1; n < options.profile->syn_tries; n++) {
        const pl_time at = options.profile->syn_rto * ((INT64_C(1) << n) - 1);
        run_until(world, at);
        g_assert_cmpuint(wire_count_flags(line, A, NET_TCP_SYN, 0), ==, n);
        run_until(world, at + 1);
        g_assert_cmpuint(wire_count_flags(line, A, NET_TCP_SYN, 0), ==, n + 1);
    }
    const pl_time end = options.profile->syn_rto * ((INT64_C(1) << options.profile->syn_tries) - 1);
    run_until(world, end);
    g_assert_cmpuint(conformance_count(world, A, PL_INPUT_CLOSED, a), ==, 0);
    run_until(world, end + 1);
    g_assert_cmpuint(conformance_count(world, A, PL_INPUT_CLOSED, a), ==, 1);
    g_assert_cmpuint(sent_by(line, A, 0), ==, options.profile->syn_tries);
    g_assert_cmpuint(streams_open(world), ==, 0);
    conformance_world_free(world);
}

/* After a SYN+ACK that was lost the listener's side has no sample, and its data waits 3 s (RFC 6298 (5.7)). */
static void test_rto_after_lost_syn_ack(gconstpointer profile)
{
    const light_world_options options = options_of(profile);
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    wire *line = light_world_wire(world);
    pl_id a = 0;
    conformance_listen(world, B, 0);
    wire_drop(line, B, 1);
    hand_open(world, A, 0, conformance_addr(world, B, 0), &a);
    conformance_expect(world, A, PL_INPUT_OPENED, a);
    const pl_id b = conformance_expect(world, B, PL_INPUT_ACCEPTED, 0)->input.id;
    conformance_run(world, PL_SECOND);
    const size_t since = wire_sent(line);
    const pl_time start = world->ops->now(world->engine);
    wire_drop(line, B, 1);
    g_assert_cmpint(hand_write(world, B, b, "hello", 5), ==, 5);
    run_until(world, start + 3 * PL_SECOND);
    g_assert_cmpuint(sent_by(line, B, since), ==, 1);
    run_until(world, start + 3 * PL_SECOND + 1);
    g_assert_cmpuint(sent_by(line, B, since), ==, 2);
    conformance_world_free(world);
}

/* A segment that nobody answers leaves data_tries times, at doubling intervals up to max_rto. */
static void test_data_instants(gconstpointer profile)
{
    const light_world_options options = options_of(profile);
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    wire *line = light_world_wire(world);
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    wire_cut(line, A);
    const size_t since = wire_sent(line);
    hand_write(world, A, a, "lost", 4);
    pl_span rto = options.profile->min_rto; /* a round trip of 40 ms leaves it at its bound */
    pl_time at = world->ops->now(world->engine);
    for (uint32_t n = 1; n < options.profile->data_tries; n++) {
        at += rto;
        run_until(world, at);
        g_assert_cmpuint(sent_by(line, A, since), ==, n);
        run_until(world, at + 1);
        g_assert_cmpuint(sent_by(line, A, since), ==, n + 1);
        rto = MIN(2 * rto, options.profile->max_rto);
    }
    run_until(world, at + rto);
    g_assert_cmpuint(conformance_count(world, A, PL_INPUT_CLOSED, a), ==, 0);
    run_until(world, at + rto + 1);
    g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==, PL_CAUSE_TIMEOUT);
    conformance_world_free(world);
}

static void test_delayed_ack(gconstpointer profile)
{
    const light_world_options options = options_of(profile);
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    wire *line = light_world_wire(world);
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    size_t since = wire_sent(line);
    const pl_time due = world->ops->now(world->engine) + DELAY + options.profile->delayed_ack;
    hand_write(world, A, a, "one", 3);
    run_until(world, due);
    g_assert_cmpuint(sent_by(line, B, since), ==, 0);
    run_until(world, due + 1);
    g_assert_cmpuint(sent_by(line, B, since), ==, 1);
    conformance_run(world, PL_SECOND);
    since = wire_sent(line);
    const pl_time arrival = world->ops->now(world->engine) + DELAY;
    hand_write(world, A, a, "two", 3);
    hand_write(world, A, a, "three", 5);
    run_until(world, arrival + 1);
    g_assert_cmpuint(sent_by(line, B, since), ==, 1); /* the second segment is answered at once */
    conformance_world_free(world);
}

static void test_time_wait(gconstpointer profile)
{
    const light_world_options options = options_of(profile);
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    wire *line = light_world_wire(world);
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    conformance_run(world, PL_SECOND);
    hand_close(world, A, a);
    hand_close(world, B, b); /* both FINs cross: CLOSING, then TIME_WAIT on both sides */
    const pl_time closed = world->ops->now(world->engine);
    g_assert_cmpuint(wire_last(line, A)->packet.tcp_flags & NET_TCP_FIN, ==, NET_TCP_FIN);
    const pl_time end = closed + 2 * DELAY + options.profile->time_wait;
    run_until(world, end);
    g_assert_cmpuint(streams_open(world), ==, 2);
    run_until(world, end + 1);
    g_assert_cmpuint(streams_open(world), ==, 0);
    conformance_world_free(world);
}

/* A round of question and answer leaves no trail of dead timers. */
static void test_timers_do_not_pile_up(void)
{
    const light_world_options options = options_of("xp-2003");
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    for (int i = 0; i < 500; i++) {
        hand_write(world, A, a, "question", 8);
        conformance_run(world, 50 * PL_MILLISECOND);
        hand_write(world, B, b, "answer", 6);
        conformance_run(world, 50 * PL_MILLISECOND);
        sim_engine_stats stats;
        world->ops->stats(world->engine, &stats);
        g_assert_cmpuint(stats.pending, <=, 7); /* two timers a stream, a packet, and the SYNs' of 3 s */
    }
    conformance_run(world, 10 * PL_SECOND);
    sim_engine_stats stats;
    world->ops->stats(world->engine, &stats);
    g_assert_cmpuint(stats.pending, ==, 0); /* an idle stream waits for nothing */
    conformance_world_free(world);
}

static void test_sizes(void)
{
    g_assert_cmpuint(sizeof(sim_tcp), <=, 350);
    g_assert_cmpuint(sizeof(sim_light_host), <=, 200);
    const light_world_options options = options_of("linux");
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    for (int i = 0; i < 3000; i++) { /* memory comes back after close */
        pl_id a = 0, b = 0;
        conformance_pair(world, 0, &a, &b);
        hand_abort(world, A, a);
        conformance_run(world, PL_SECOND);
        g_assert_cmpuint(streams_open(world), ==, 0);
    }
    sim_light_bytes bytes;
    sim_light_memory(world->engine, &bytes);
    g_assert_cmpuint(bytes.streams, <, (SIM_SLAB_REST + 512) * (sizeof(sim_tcp) + 8)); /* those that rest */
    conformance_world_free(world);
}

typedef struct reset_case {
    const char *state;
    void (*bring)(conformance_world *world, pl_id a, pl_id b); /* brings B's stream to the state */
    size_t closed;    /* CLOSED inputs that B gets from the RST */
    size_t remaining; /* streams of B after it */
} reset_case;

static void bring_established(conformance_world *world, pl_id a, pl_id b)
{
    hand_write(world, A, a, "x", 1);
    (void)b;
    conformance_run(world, PL_SECOND);
}

static void bring_fin_wait_1(conformance_world *world, pl_id a, pl_id b)
{
    bring_established(world, a, b);
    wire_cut(light_world_wire(world), B);
    hand_shutdown(world, B, b);
}

static void bring_fin_wait_2(conformance_world *world, pl_id a, pl_id b)
{
    bring_established(world, a, b);
    hand_shutdown(world, B, b);
    conformance_run(world, PL_SECOND);
}

static void bring_close_wait(conformance_world *world, pl_id a, pl_id b)
{
    bring_established(world, a, b);
    hand_shutdown(world, A, a);
    conformance_run(world, PL_SECOND);
}

static void bring_closing(conformance_world *world, pl_id a, pl_id b)
{
    bring_established(world, a, b);
    wire_cut(light_world_wire(world), B);
    hand_shutdown(world, B, b);
    hand_shutdown(world, A, a);
    conformance_run(world, 30 * PL_MILLISECOND);
}

static void bring_last_ack(conformance_world *world, pl_id a, pl_id b)
{
    bring_close_wait(world, a, b);
    wire_cut(light_world_wire(world), B);
    hand_shutdown(world, B, b);
}

static void bring_time_wait(conformance_world *world, pl_id a, pl_id b)
{
    bring_fin_wait_2(world, a, b);
    hand_shutdown(world, A, a);
    conformance_run(world, PL_SECOND);
    conformance_clear(world);
}

static const reset_case reset_cases[] = {{"established", bring_established, 1, 0},
                                         {"fin-wait-1", bring_fin_wait_1, 1, 0},
                                         {"fin-wait-2", bring_fin_wait_2, 1, 0},
                                         {"close-wait", bring_close_wait, 1, 0},
                                         {"closing", bring_closing, 1, 0},
                                         {"last-ack", bring_last_ack, 1, 0},
                                         {"time-wait", bring_time_wait, 0, 1}};

static net_packet reset_for_b(const conformance_world *world, uint32_t ahead)
{
    const net_packet *last = &wire_last(light_world_wire(world), B)->packet;
    return (net_packet){.protocol = PL_PROTOCOL_TCP,
                        .ttl = 64,
                        .tcp_flags = NET_TCP_RST,
                        .source = last->destination,
                        .destination = last->source,
                        .sequence = last->ack + ahead};
}

/* A RST at the next number ends the stream; one further on in the window is answered by an ACK, one
 * outside not at all (RFC 5961 §3.2).  TIME_WAIT is deaf to it (RFC 1337). */
static void test_reset(gconstpointer data)
{
    const reset_case *one = data;
    const light_world_options options = options_of("xp-2003");
    const conformance_maker maker = light_world_maker(&options);
    conformance_world *world = conformance_world_new(&maker);
    wire *line = light_world_wire(world);
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    one->bring(world, a, b);
    wire_cut(line, A); /* what A does no longer matters */
    const size_t before = streams_open(world);
    size_t since = wire_sent(line);
    const net_packet outside = reset_for_b(world, 100000);
    wire_inject(line, B, &outside);
    conformance_run(world, 1);
    g_assert_cmpuint(sent_by(line, B, since), ==, 0);
    const net_packet inside = reset_for_b(world, 100);
    wire_inject(line, B, &inside);
    conformance_run(world, 1);
    g_assert_cmpuint(sent_by(line, B, since), ==, one->remaining ? 0 : 1);
    g_assert_cmpuint(streams_open(world), ==, before);
    const net_packet exact = reset_for_b(world, 0);
    wire_inject(line, B, &exact);
    conformance_run(world, 1);
    g_assert_cmpuint(streams_open(world), ==, before - 1 + one->remaining);
    g_assert_cmpuint(conformance_count(world, B, PL_INPUT_CLOSED, b), ==, one->closed);
    if (one->closed)
        g_assert_cmpint(conformance_expect(world, B, PL_INPUT_CLOSED, b)->input.cause, ==, PL_CAUSE_RESET);
    conformance_world_free(world);
}

/* ICMP about a SYN ends it, with a cause by its code; the sequence number must be the SYN's. */
static void test_icmp_to_syn(void)
{
    static const struct {
        uint8_t code;
        int cause;
    } cases[] = {{0, PL_CAUSE_UNREACHABLE}, {1, PL_CAUSE_UNREACHABLE}, {3, PL_CAUSE_REFUSED}, {4, -1},
                 {9, PL_CAUSE_REFUSED},     {10, PL_CAUSE_REFUSED},    {13, PL_CAUSE_REFUSED}};
    const light_world_options options = options_of("linux");
    const conformance_maker maker = light_world_maker(&options);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        conformance_world *world = conformance_world_new(&maker);
        wire *line = light_world_wire(world);
        pl_id a = 0;
        hand_open(world, A, 0, (pl_addr){.ip = world->black_hole, .port = 80}, &a);
        const net_packet *syn = &wire_last(line, A)->packet;
        net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                            .icmp_type = 3,
                            .icmp_code = cases[i].code,
                            .destination = {.ip = syn->source.ip},
                            .quote = {.protocol = PL_PROTOCOL_TCP,
                                      .source = syn->source,
                                      .destination = syn->destination,
                                      .sequence = syn->sequence + 1}};
        wire_inject(line, A, &error);
        conformance_run(world, 1);
        g_assert_cmpuint(world->node[A].seen->len, ==, 0);
        error.quote.sequence--;
        wire_inject(line, A, &error);
        conformance_run(world, 1);
        g_assert_cmpuint(conformance_count(world, A, PL_INPUT_CLOSED, a), ==, cases[i].cause >= 0);
        if (cases[i].cause >= 0)
            g_assert_cmpint((int)conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==,
                            cases[i].cause);
        conformance_world_free(world);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *name = sim_stack_profile_names(); *name; name++) {
        g_autofree char *syn = g_strdup_printf("/light/tcp/syn-instants/%s", *name);
        g_autofree char *lost = g_strdup_printf("/light/tcp/rto-after-lost-syn-ack/%s", *name);
        g_autofree char *data = g_strdup_printf("/light/tcp/data-instants/%s", *name);
        g_autofree char *ack = g_strdup_printf("/light/tcp/delayed-ack/%s", *name);
        g_autofree char *wait = g_strdup_printf("/light/tcp/time-wait/%s", *name);
        g_test_add_data_func(syn, *name, test_syn_instants);
        g_test_add_data_func(lost, *name, test_rto_after_lost_syn_ack);
        g_test_add_data_func(data, *name, test_data_instants);
        g_test_add_data_func(ack, *name, test_delayed_ack);
        g_test_add_data_func(wait, *name, test_time_wait);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(reset_cases); i++) {
        g_autofree char *path = g_strdup_printf("/light/tcp/reset/%s", reset_cases[i].state);
        g_test_add_data_func(path, &reset_cases[i], test_reset);
    }
    g_test_add_func("/light/tcp/icmp-to-syn", test_icmp_to_syn);
    g_test_add_func("/light/tcp/timers-do-not-pile-up", test_timers_do_not_pile_up);
    g_test_add_func("/light/tcp/sizes", test_sizes);
    return g_test_run();
}
