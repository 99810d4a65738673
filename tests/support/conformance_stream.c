/* Streams: bytes, windows, and how they end. */
#include "tests/support/conformance_tests.h"

#include <string.h>

/* A pattern without a short period, so that a lost or doubled byte shows. */
static uint8_t pattern(size_t i)
{
    return (uint8_t)((i * 2654435761u) >> 13);
}

static void bytes_cross_both_ways(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    g_assert_cmpint(hand_write(world, A, a, "question", 8), ==, 8);
    conformance_expect(world, B, PL_INPUT_DATA, b);
    conformance_bytes(world, B, "question");
    g_assert_cmpint(hand_write(world, B, b, "answer", 6), ==, 6);
    conformance_expect(world, A, PL_INPUT_DATA, a);
    conformance_bytes(world, A, "answer");
    g_assert_cmpint(hand_write(world, A, a, "", 0), ==, 0);
}

static void bytes_written_early_follow_the_open(conformance_world *world)
{
    conformance_listen(world, B, 0);
    pl_id a = 0;
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, 0), &a), ==, 0);
    const int accepted = hand_write(world, A, a, "eager", 5);
    g_assert_cmpint(accepted, >=, 0); /* an engine may accept none before the stream is open */
    conformance_expect(world, A, PL_INPUT_OPENED, a);
    if (accepted < 5)
        g_assert_cmpint(hand_write(world, A, a, &"eager"[accepted], (size_t)(5 - accepted)), ==, 5 - accepted);
    conformance_expect(world, B, PL_INPUT_DATA, 0);
    conformance_run(world, PL_SECOND);
    conformance_bytes(world, B, "eager");
}

static void check_pattern(const GByteArray *bytes)
{
    for (guint i = 0; i < bytes->len; i++)
        g_assert_cmpuint(bytes->data[i], ==, pattern(i));
}

/* Writes all of it by short writes and WRITABLE; the reader eats some and asks for more each time. */
static void transfer(conformance_world *world, int from, pl_id out, pl_id in, size_t total)
{
    const int to = 1 - from;
    g_autofree uint8_t *data = g_malloc(total);
    for (size_t i = 0; i < total; i++)
        data[i] = pattern(i);
    world->node[to].appetite = 777;
    world->node[to].more_at_once = true;
    size_t short_writes = 0;
    for (size_t done = 0; done < total;) {
        const int accepted = hand_write(world, from, out, data + done, total - done);
        g_assert_cmpint(accepted, >=, 0);
        done += (size_t)accepted;
        if (done == total)
            break;
        short_writes++;
        conformance_expect(world, from, PL_INPUT_WRITABLE, out);
        g_array_set_size(world->node[from].seen, 0);
    }
    g_assert_cmpuint(short_writes, >, 0);
    const GByteArray *bytes = world->node[to].bytes;
    for (pl_span waited = 0; bytes->len < total && waited < world->patience; waited += 10 * PL_MILLISECOND)
        conformance_run(world, 10 * PL_MILLISECOND);
    g_assert_cmpuint(bytes->len, ==, total);
    check_pattern(bytes);
    g_assert_cmpuint(conformance_count(world, to, PL_INPUT_DATA, in), >=, total / 777);
    world->node[to].appetite = SIZE_MAX;
    world->node[to].more_at_once = false;
    conformance_clear(world);
}

static void two_hundred_kilobytes(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    const size_t total = MAX(200000, 4u * (world->profile->send_buffer + world->profile->receive_buffer));
    transfer(world, A, a, b, total);
    transfer(world, B, b, a, total);
}

static void the_unconsumed_waits(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    world->node[B].appetite = 3;
    g_assert_cmpint(hand_write(world, A, a, "abcdef", 6), ==, 6);
    g_assert_cmpuint(conformance_expect(world, B, PL_INPUT_DATA, b)->input.len, ==, 6);
    conformance_run(world, PL_SECOND);
    g_assert_cmpint(hand_write(world, A, a, "ghi", 3), ==, 3);
    hand_shutdown(world, A, a);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[B].seen->len, ==, 1); /* nothing until it asks, not even the FIN */
    conformance_bytes(world, B, "abc");
    world->node[B].appetite = SIZE_MAX;
    g_array_set_size(world->node[B].seen, 0);
    hand_more(world, B, b);
    g_assert_cmpuint(conformance_expect(world, B, PL_INPUT_DATA, b)->input.len, ==, 6);
    conformance_bytes(world, B, "defghi");
    conformance_expect(world, B, PL_INPUT_FIN, b);
    hand_more(world, B, b); /* there is nothing more */
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(conformance_count(world, B, PL_INPUT_DATA, b), ==, 1);
}

static void a_reader_that_stops_stops_the_writer(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    world->node[B].appetite = 0;
    const size_t len = 8u * 1024 * 1024; /* more than any stack buffers */
    g_autofree uint8_t *data = g_malloc(len);
    for (size_t i = 0; i < len; i++)
        data[i] = pattern(i);
    size_t done = 0;
    for (int quiet = 0; quiet < 3 && done < len;) { /* until no room comes any more */
        const int accepted = hand_write(world, A, a, data + done, len - done);
        g_assert_cmpint(accepted, >=, 0);
        done += (size_t)accepted;
        quiet = accepted ? 0 : quiet + 1;
        conformance_run(world, 200 * PL_MILLISECOND);
    }
    g_assert_cmpuint(done, <, len);
    g_assert_cmpuint(conformance_count(world, B, PL_INPUT_DATA, b), ==, 1);
    conformance_clear(world);
    world->node[B].appetite = SIZE_MAX;
    hand_more(world, B, b);
    conformance_expect(world, A, PL_INPUT_WRITABLE, a); /* the window opens again */
    const GByteArray *bytes = world->node[B].bytes;
    for (pl_span waited = 0; bytes->len < done && waited < world->patience; waited += 10 * PL_MILLISECOND)
        conformance_run(world, 10 * PL_MILLISECOND);
    g_assert_cmpuint(bytes->len, ==, done);
    check_pattern(bytes);
}

const conformance_test conformance_stream_tests[] = {
    {"stream/bytes-cross-both-ways", 0, bytes_cross_both_ways},
    {"stream/bytes-written-early-follow-the-open", 0, bytes_written_early_follow_the_open},
    {"stream/200-kB-each-way-by-partial-meals", 0, two_hundred_kilobytes},
    {"stream/the-unconsumed-waits", 0, the_unconsumed_waits},
    {"stream/a-reader-that-stops-stops-the-writer", 0, a_reader_that_stops_stops_the_writer},
    {0}};

static void half_a_stream_goes_on(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    g_assert_cmpint(hand_write(world, A, a, "last words", 10), ==, 10);
    hand_shutdown(world, A, a);
    g_assert_cmpint(hand_write(world, A, a, "x", 1), <, 0);
    conformance_expect(world, B, PL_INPUT_FIN, b);
    conformance_bytes(world, B, "last words"); /* the FIN came after the bytes */
    g_assert_cmpint(hand_write(world, B, b, "reply", 5), ==, 5);
    conformance_expect(world, A, PL_INPUT_DATA, a);
    conformance_bytes(world, A, "reply");
    g_assert_cmpuint(conformance_count(world, A, PL_INPUT_CLOSED, a), ==, 0);
    hand_shutdown(world, B, b);
    g_assert_cmpint(conformance_expect(world, A, PL_INPUT_CLOSED, a)->input.cause, ==, PL_CAUSE_FIN);
    g_assert_cmpint(conformance_expect(world, B, PL_INPUT_CLOSED, b)->input.cause, ==, PL_CAUSE_FIN);
    g_assert_cmpuint(conformance_count(world, A, PL_INPUT_FIN, a), ==, 1);
    g_assert_cmpint(hand_write(world, A, a, "x", 1), <, 0);
    conformance_clear(world);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len + world->node[B].seen->len, ==, 0);
}

static void close_lets_the_queue_out(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    g_autofree uint8_t *data = g_malloc(5000);
    for (size_t i = 0; i < 5000; i++)
        data[i] = pattern(i);
    g_assert_cmpint(hand_write(world, A, a, data, 5000), ==, 5000);
    hand_close(world, A, a);
    g_assert_cmpint(hand_write(world, A, a, "x", 1), <, 0);
    conformance_expect(world, B, PL_INPUT_FIN, b);
    g_assert_cmpuint(world->node[B].bytes->len, ==, 5000);
    check_pattern(world->node[B].bytes);
    hand_close(world, B, b);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len, ==, 0);
    g_assert_cmpuint(conformance_count(world, B, PL_INPUT_CLOSED, b), ==, 0);
}

static void nothing_after_close(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    hand_close(world, A, a);
    g_assert_cmpint(hand_write(world, B, b, "to nobody", 9), ==, 9);
    conformance_run(world, 2 * PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len, ==, 0);
}

static void a_stream_closed_while_it_reads(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    world->node[B].close_on_data = b;
    g_assert_cmpint(hand_write(world, A, a, "hang up", 7), ==, 7);
    conformance_expect(world, A, PL_INPUT_FIN, a);
    g_assert_cmpint(hand_write(world, A, a, "more", 4), >=, 0);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[B].seen->len, ==, 1);
}

static void abort_resets(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    hand_abort(world, A, a);
    g_assert_cmpint(conformance_expect(world, B, PL_INPUT_CLOSED, b)->input.cause, ==, PL_CAUSE_RESET);
    g_assert_cmpint(hand_write(world, B, b, "x", 1), <, 0);
    conformance_run(world, PL_SECOND);
    g_assert_cmpuint(world->node[A].seen->len, ==, 0);
    g_assert_cmpuint(conformance_count(world, B, PL_INPUT_FIN, b), ==, 0);
}

static void an_invented_handle_does_nothing(conformance_world *world)
{
    pl_id a = 0, b = 0;
    conformance_pair(world, 0, &a, &b);
    const pl_id invented[] = {0, 1, UINT32_MAX, a ^ 1u, a ^ 0x800000u, a ^ 0x80000000u};
    for (size_t i = 0; i < G_N_ELEMENTS(invented); i++) {
        hand_close(world, A, invented[i]);
        hand_abort(world, A, invented[i]);
        hand_shutdown(world, A, invented[i]);
        hand_more(world, A, invented[i]);
        g_assert_cmpint(hand_write(world, A, invented[i], "x", 1), <, 0);
    }
    g_assert_cmpint(hand_write(world, A, a, "alive", 5), ==, 5);
    conformance_expect(world, B, PL_INPUT_DATA, b);
    conformance_bytes(world, B, "alive");
}

const conformance_test conformance_end_tests[] = {
    {"end/half-a-stream-goes-on", 0, half_a_stream_goes_on},
    {"end/close-lets-the-queue-out", 0, close_lets_the_queue_out},
    {"end/nothing-after-close", 0, nothing_after_close},
    {"end/closed-while-it-reads", 0, a_stream_closed_while_it_reads},
    {"end/abort-resets", 0, abort_resets},
    {"end/an-invented-handle-does-nothing", 0, an_invented_handle_does_nothing},
    {0}};
