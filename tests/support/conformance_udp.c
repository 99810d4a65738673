/* The clock, datagrams, ICMP and hosts that vanish. */
#include "tests/support/conformance_tests.h"

#include <string.h>

static void note(void *ctx, void *arg, pl_time now)
{
    conformance_world *world = ctx;
    g_assert_cmpint(now, ==, world->ops->now(world->engine));
    g_byte_array_append(world->node[A].bytes, arg, 1);
}

static void note_and_stop(void *ctx, void *arg, pl_time now)
{
    conformance_world *world = ctx;
    note(ctx, arg, now);
    world->ops->stop(world->engine);
}

static void equal_instants_in_order(conformance_world *world)
{
    static char names[] = "abcdefgh";
    const pl_time when = world->ops->now(world->engine) + 20 * PL_MILLISECOND;
    world->ops->at(world->engine, when + 1, note, world, &names[7]);
    for (size_t i = 0; i < 7; i++)
        world->ops->at(world->engine, when, note, world, &names[i]);
    conformance_run(world, 40 * PL_MILLISECOND);
    conformance_bytes(world, A, names);
}

static void run_excludes_its_end(conformance_world *world)
{
    static char name[] = "x";
    world->ops->at(world->engine, 1000, note, world, name);
    world->ops->run(world->engine, 1000);
    g_assert_cmpint(world->ops->now(world->engine), ==, 1000);
    conformance_bytes(world, A, "");
    world->ops->run(world->engine, 1001);
    g_assert_cmpint(world->ops->now(world->engine), ==, 1001);
    conformance_bytes(world, A, "x");
}

static void stop_ends_the_run(conformance_world *world)
{
    static char names[] = "ab";
    const pl_time when = world->ops->now(world->engine) + 10 * PL_MILLISECOND;
    world->ops->at(world->engine, when, note_and_stop, world, &names[0]);
    world->ops->at(world->engine, when + 50 * PL_MILLISECOND, note, world, &names[1]);
    world->ops->run(world->engine, when + PL_SECOND);
    g_assert_cmpint(world->ops->now(world->engine), <, when + 50 * PL_MILLISECOND);
    conformance_bytes(world, A, "a");
    world->ops->run(world->engine, when + 100 * PL_MILLISECOND);
    conformance_bytes(world, A, "b");
}

const conformance_test conformance_clock_tests[] = {
    {"clock/equal-instants-run-in-order", 0, equal_instants_in_order},
    {"clock/run-excludes-its-end", SIM_ENGINE_VIRTUAL_TIME, run_excludes_its_end},
    {"clock/stop-ends-the-run", 0, stop_ends_the_run},
    {0}};

static void datagrams_cross_both_ways(conformance_world *world)
{
    const pl_id a = conformance_bind(world, A, 0);
    const pl_id b = conformance_bind(world, B, 1);
    g_assert_cmpint(hand_send(world, A, a, conformance_addr(world, B, 1), "ping"), ==, 0);
    const conformance_seen *ping = conformance_expect(world, B, PL_INPUT_DATAGRAM, b);
    g_assert_true(pl_addr_equal(ping->input.from, conformance_addr(world, A, 0)));
    g_assert_cmpuint(ping->input.len, ==, 4);
    conformance_bytes(world, B, "ping");
    g_assert_cmpint(hand_send(world, B, b, conformance_addr(world, A, 0), "pong!"), ==, 0);
    const conformance_seen *pong = conformance_expect(world, A, PL_INPUT_DATAGRAM, a);
    g_assert_true(pl_addr_equal(pong->input.from, conformance_addr(world, B, 1)));
    conformance_bytes(world, A, "pong!");
}

static void an_empty_datagram_arrives(conformance_world *world)
{
    const pl_id a = conformance_bind(world, A, 0);
    const pl_id b = conformance_bind(world, B, 0);
    g_assert_cmpint(hand_send(world, A, a, conformance_addr(world, B, 0), ""), ==, 0);
    g_assert_cmpuint(conformance_expect(world, B, PL_INPUT_DATAGRAM, b)->input.len, ==, 0);
}

/* Larger than any link: what fragments it, and puts it together, is no matter of the node. */
static void a_long_datagram_arrives_whole(conformance_world *world)
{
    const pl_id a = conformance_bind(world, A, 0);
    const pl_id b = conformance_bind(world, B, 0);
    g_autofree char *text = g_strnfill(20000, 'x');
    for (size_t i = 0; i < 20000; i += 97)
        text[i] = (char)('a' + i % 26);
    g_assert_cmpint(hand_send(world, A, a, conformance_addr(world, B, 0), text), ==, 0);
    g_assert_cmpuint(conformance_expect(world, B, PL_INPUT_DATAGRAM, b)->input.len, ==, 20000);
    conformance_bytes(world, B, text);
}

static void a_bound_port_is_in_use(conformance_world *world)
{
    const uint16_t port = conformance_addr(world, A, 0).port;
    const pl_id first = conformance_bind(world, A, 0);
    pl_id second = 77;
    g_assert_cmpint(hand_bind(world, A, port, &second), ==, PL_ERR_IN_USE);
    g_assert_cmpuint(second, ==, 77);
    g_assert_cmpuint(hand_port(world, A, first), ==, port);
    conformance_bind(world, B, 0); /* another host's ports are its own */
    hand_close(world, A, first);
    g_assert_cmpuint(conformance_bind(world, A, 0), !=, first);
}

static void any_port_is_a_free_one(conformance_world *world)
{
    pl_id one = 0, two = 0;
    g_assert_cmpint(hand_bind(world, A, 0, &one), ==, 0);
    g_assert_cmpint(hand_bind(world, A, 0, &two), ==, 0);
    g_assert_cmpuint(hand_port(world, A, one), >, 0);
    g_assert_cmpuint(hand_port(world, A, two), >, 0);
    g_assert_cmpuint(hand_port(world, A, one), !=, hand_port(world, A, two));
}

static void a_closed_port_is_reported(conformance_world *world)
{
    const pl_id a = conformance_bind(world, A, 0);
    const pl_addr to = conformance_addr(world, B, 9);
    g_assert_cmpint(hand_send(world, A, a, to, "anybody?"), ==, 0);
    const pl_icmp icmp = conformance_expect(world, A, PL_INPUT_ICMP, a)->input.icmp;
    g_assert_cmpuint(icmp.type, ==, 3);
    g_assert_cmpuint(icmp.code, ==, 3);
    g_assert_cmpuint(icmp.protocol, ==, PL_PROTOCOL_UDP);
    g_assert_true(pl_addr_equal(icmp.source, conformance_addr(world, A, 0)));
    g_assert_true(pl_addr_equal(icmp.destination, to));
}

static void a_closed_socket_is_silent(conformance_world *world)
{
    const pl_id a = conformance_bind(world, A, 0);
    const pl_id b = conformance_bind(world, B, 0);
    g_assert_cmpint(hand_send(world, A, a, conformance_addr(world, B, 0), "late"), ==, 0);
    hand_close(world, B, b);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[B].seen->len, ==, 0);
    g_assert_cmpint(hand_send(world, B, b, conformance_addr(world, A, 0), "gone"), ==, PL_ERR_GONE);
    g_assert_cmpuint(hand_port(world, B, b), ==, 0);
    g_assert_cmpint(hand_send(world, B, 0, conformance_addr(world, A, 0), "none"), ==, PL_ERR_GONE);
}

static void a_short_ttl_does_not_arrive(conformance_world *world)
{
    if (!world->hops) {
        g_test_skip("no hops between the hosts");
        return;
    }
    const pl_id a = conformance_bind(world, A, 0);
    conformance_bind(world, B, 0);
    const pl_addr to = conformance_addr(world, B, 0);
    world->ops->udp_send(world->engine, world->node[A].host, a, to, world->hops, (const uint8_t *)"low", 3);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(conformance_count(world, B, PL_INPUT_DATAGRAM, 0), ==, 0);
    if (world->ops->capabilities & SIM_ENGINE_ICMP)
        g_assert_cmpuint(conformance_expect(world, A, PL_INPUT_ICMP, a)->input.icmp.type, ==, 11);
    world->ops->udp_send(world->engine, world->node[A].host, a, to, (uint8_t)(world->hops + 1),
                         (const uint8_t *)"high", 4);
    conformance_expect(world, B, PL_INPUT_DATAGRAM, 0);
    conformance_bytes(world, B, "high");
}

static void an_echo_is_answered(conformance_world *world)
{
    world->inside_port = true;
    g_assert_cmpint(world->ops->icmp_echo(world->engine, world->node[A].host, world->node[B].ip, 42, 56), ==,
                    0);
    world->inside_port = false;
    const conformance_seen *reply = conformance_expect(world, A, PL_INPUT_ECHO, 0);
    g_assert_cmpuint(reply->input.echo_sequence, ==, 42);
    g_assert_cmpuint(reply->input.from.ip, ==, world->node[B].ip);
    g_assert_cmpuint(world->node[B].seen->len, ==, 0); /* the stack answers, not the node */
}

static void a_host_goes_down_silently(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    const pl_id socket = conformance_bind(world, B, 1);
    world->ops->host_down(world->engine, world->node[B].host);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len, ==, 0);
    g_assert_cmpuint(world->node[B].seen->len, ==, 0);
    g_assert_cmpint(hand_send(world, B, socket, conformance_addr(world, A, 0), "x"), <, 0);
    g_assert_cmpint(hand_write(world, B, b, "x", 1), <, 0);
    const pl_id from = conformance_bind(world, A, 2);
    g_assert_cmpint(hand_send(world, A, from, conformance_addr(world, B, 1), "x"), ==, 0);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len, ==, 0);

    world->ops->host_up(world->engine, world->node[B].host, world->node[B].ip);
    conformance_bind(world, B, 1); /* the stack is empty, so the port is free */
    g_assert_cmpint(hand_send(world, A, from, conformance_addr(world, B, 1), "again"), ==, 0);
    conformance_expect(world, B, PL_INPUT_DATAGRAM, 0);
    conformance_bytes(world, B, "again");
    g_assert_cmpint(hand_write(world, A, a, "hello", 5), ==, 5); /* a stream that nobody there knows */
    g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==, PL_CAUSE_RESET);
}

const conformance_test conformance_udp_tests[] = {
    {"udp/datagrams-cross-both-ways", 0, datagrams_cross_both_ways},
    {"udp/an-empty-datagram-arrives", 0, an_empty_datagram_arrives},
    {"udp/a-long-datagram-arrives-whole", 0, a_long_datagram_arrives_whole},
    {"udp/a-bound-port-is-in-use", 0, a_bound_port_is_in_use},
    {"udp/any-port-is-a-free-one", 0, any_port_is_a_free_one},
    {"udp/a-closed-port-is-reported", SIM_ENGINE_ICMP, a_closed_port_is_reported},
    {"udp/a-closed-socket-is-silent", 0, a_closed_socket_is_silent},
    {"udp/a-short-ttl-does-not-arrive", SIM_ENGINE_TTL, a_short_ttl_does_not_arrive},
    {"icmp/an-echo-is-answered", SIM_ENGINE_ECHO, an_echo_is_answered},
    {"host/goes-down-silently", SIM_ENGINE_VIRTUAL_TIME, a_host_goes_down_silently},
    {0}};
