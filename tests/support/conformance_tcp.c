/* Streams: how they open. */
#include "tests/support/conformance_tests.h"

static void a_stream_opens(conformance_world *world)
{
    const pl_id listener = conformance_listen(world, B, 0);
    pl_id a = 0;
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 0), &a), ==, 0);
    conformance_expect(world, A, PL_INPUT_OPENED, a);
    const conformance_seen *accepted = conformance_expect(world, B, PL_INPUT_ACCEPTED, 0);
    g_assert_cmpuint(accepted->input.listener, ==, listener);
    g_assert_cmpuint(accepted->input.id, !=, 0);
    g_assert_cmpuint(accepted->input.from.ip, ==, world->node[A].ip);
    g_assert_cmpuint(accepted->input.from.port, ==, hand_port(world, A, a));
    g_assert_cmpuint(hand_port(world, B, accepted->input.id), ==, conformance_addr(world, B, 0).port);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len, ==, 1);
    g_assert_cmpuint(world->node[B].seen->len, ==, 1);
}

static void a_stream_opens_from_a_chosen_port(conformance_world *world)
{
    conformance_listen(world, B, 0);
    pl_id a = 0, second = 0;
    const uint16_t from = conformance_addr(world, A, 5).port;
    g_assert_cmpint(hand_open(world, A, from, conformance_addr(world, B, 0), &a), ==, 0);
    const conformance_seen *accepted = conformance_expect(world, B, PL_INPUT_ACCEPTED, 0);
    g_assert_true(pl_addr_equal(accepted->input.from, conformance_addr(world, A, 5)));
    g_assert_cmpint(hand_open(world, A, from, conformance_addr(world, B, 0), &second), ==, PL_ERR_IN_USE);
}

static void a_listening_port_is_in_use(conformance_world *world)
{
    const pl_id first = conformance_listen(world, A, 0);
    const uint16_t port = hand_port(world, A, first);
    g_assert_cmpuint(port, ==, conformance_addr(world, A, 0).port);
    pl_id second = 77;
    g_assert_cmpint(hand_listen(world, A, port, &second), ==, PL_ERR_IN_USE);
    g_assert_cmpuint(second, ==, 77);
    conformance_bind(world, A, 0); /* UDP has ports of its own */
    hand_close(world, A, first);
    conformance_listen(world, A, 0);
}

static void a_closed_port_refuses(conformance_world *world)
{
    pl_id a = 0;
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 0), &a), ==, 0);
    g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==, PL_CAUSE_REFUSED);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len, ==, 1);
    g_assert_cmpint(hand_write(world, A, a, "x", 1), <, 0);
}

static void a_closed_listener_refuses(conformance_world *world)
{
    pl_id a = 0, b = 0, late = 0;
    conformance_pair(world, 0, &a, &b); /* the pair's listener is closed again */
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 0), &late), ==, 0);
    g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, late)->input.cause, ==, PL_CAUSE_REFUSED);
    g_assert_cmpint(hand_write(world, A, a, "still", 5), ==, 5);
    conformance_expect(world, B, PL_INPUT_DATA, b);
    conformance_bytes(world, B, "still");
}

/* The last of the profile's SYNs has its wait, too. */
static pl_span open_timeout(const sim_stack_profile *profile)
{
    pl_span sum = 0;
    for (uint32_t i = 0; i < profile->syn_tries; i++)
        sum += profile->syn_rto << i;
    return sum;
}

static void a_black_hole_times_out(conformance_world *world)
{
    if (!world->black_hole) {
        g_test_skip("no black hole in this world");
        return;
    }
    pl_id a = 0;
    const pl_time start = world->ops->now(world->engine);
    const pl_time end = start + open_timeout(world->profile);
    g_assert_cmpint(hand_open(world, A, 0, (pl_addr){.ip = world->black_hole, .port = 80}, &a), ==, 0);
    world->ops->run(world->engine, end);
    g_assert_cmpuint(world->node[A].seen->len, ==, 0);
    world->ops->run(world->engine, end + 1);
    const conformance_seen *closed = conformance_expect(world, A, PL_INPUT_CLOSED, a);
    g_assert_cmpint(closed->input.cause, ==, PL_CAUSE_TIMEOUT);
    g_assert_cmpint(closed->at, ==, end);
}

static void an_abandoned_open_is_silent(conformance_world *world)
{
    conformance_listen(world, B, 0);
    pl_id aborted = 0, closed = 0, refused = 0;
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 0), &aborted), ==, 0);
    hand_abort(world, A, aborted);
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 0), &closed), ==, 0);
    hand_close(world, A, closed);
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 1), &refused), ==, 0);
    hand_close(world, A, refused);
    conformance_run(world, 2 * PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len, ==, 0);
}

static void both_open_at_once(conformance_world *world)
{
    pl_id a = 0, b = 0;
    const pl_addr at_a = conformance_addr(world, A, 3), at_b = conformance_addr(world, B, 4);
    g_assert_cmpint(hand_open(world, A, at_a.port, at_b, &a), ==, 0);
    g_assert_cmpint(hand_open(world, B, at_b.port, at_a, &b), ==, 0);
    conformance_expect(world, A, PL_INPUT_OPENED, a);
    conformance_expect(world, B, PL_INPUT_OPENED, b);
    g_assert_cmpint(hand_write(world, A, a, "left", 4), ==, 4);
    g_assert_cmpint(hand_write(world, B, b, "right", 5), ==, 5);
    conformance_expect(world, A, PL_INPUT_DATA, a);
    conformance_expect(world, B, PL_INPUT_DATA, b);
    conformance_bytes(world, A, "right");
    conformance_bytes(world, B, "left");
}

static void handles_do_not_come_again(conformance_world *world)
{
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
    for (int i = 0; i < 2000; i++) {
        const pl_id socket = conformance_bind(world, A, 0);
        g_assert_true(g_hash_table_add(known, GUINT_TO_POINTER(socket)));
        hand_close(world, A, socket);
    }
}

const conformance_test conformance_open_tests[] = {
    {"open/a-stream-opens", 0, a_stream_opens},
    {"open/from-a-chosen-port", 0, a_stream_opens_from_a_chosen_port},
    {"open/a-listening-port-is-in-use", 0, a_listening_port_is_in_use},
    {"open/a-closed-port-refuses", 0, a_closed_port_refuses},
    {"open/a-closed-listener-refuses", 0, a_closed_listener_refuses},
    {"open/a-black-hole-times-out", SIM_ENGINE_VIRTUAL_TIME, a_black_hole_times_out},
    {"open/an-abandoned-open-is-silent", 0, an_abandoned_open_is_silent},
    {"open/both-at-once", SIM_ENGINE_SIMULTANEOUS_OPEN, both_open_at_once},
    {"open/handles-do-not-come-again", 0, handles_do_not_come_again},
    {0}};
