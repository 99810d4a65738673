/* Two channels over a stream in memory, under both suites: what arrives, in what sizes, and what an idle
 * channel costs. */
#include "tests/support/channel_link.h"
#include "tests/support/hex.h"

#include <glib.h>
#include <malloc.h>

static void check_conversation(const pl_suite *suite, pl_noise_pattern pattern, pipe_chunks chunks)
{
    link_pair l;

    link_init(&l, suite, pattern);
    g_assert_false(pl_channel_is_ready(l.a.channel));
    g_assert_cmpint(pl_channel_send(l.a.channel, (const uint8_t *)"x", 1), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(link_pump(&l, chunks), ==, 0);
    g_assert_cmpint(l.a.n_ready, ==, 1);
    g_assert_cmpint(l.b.n_ready, ==, 1);
    g_assert_cmpuint(l.a.payload->len, ==, pattern == PL_NOISE_XX ? 12 : 0);
    if (pattern == PL_NOISE_NK) {
        g_assert_null(pl_channel_remote_static(l.b.channel));
    } else {
        assert_bytes(pl_channel_remote_static(l.b.channel), 32u, l.a.keypair.public_key, 32u);
        assert_bytes(pl_channel_remote_static(l.a.channel), 32u, l.b.keypair.public_key, 32u);
    }
    link_say(&l.a, "one");
    link_say(&l.a, "");
    link_say(&l.a, "two");
    link_say(&l.b, "three");
    g_assert_cmpint(link_pump(&l, chunks), ==, 0);
    g_assert_cmpint(l.b.n_messages, ==, 3);
    assert_bytes(l.b.heard->data, l.b.heard->len, "onetwo", 6u);
    assert_bytes(l.a.heard->data, l.a.heard->len, "three", 5u);
    g_assert_cmpuint(pl_channel_stream(l.a.channel), ==, 7);
    link_clear(&l);
}

static void test_conversation(const void *data)
{
    for (pl_noise_pattern pattern = PL_NOISE_NK; pattern <= PL_NOISE_IK; pattern++)
        for (pipe_chunks chunks = PIPE_WHOLE; chunks <= PIPE_RANDOM; chunks++)
            check_conversation(data, pattern, chunks);
}

/* The bytes of a whole conversation: 32 e, 48 s, 16 seal, 2 length, 1 preamble.  Both suites run this test,
 * so that both have the same sizes on the wire (DESIGN §3). */
static void test_wire_sizes(const void *data)
{
    static const size_t a_bytes[] = {1 + 2 + 48, 1 + 2 + 32 + 2 + 64, 1 + 2 + 96};
    static const size_t b_bytes[] = {2 + 48, 2 + 96 + 12, 2 + 48};

    for (pl_noise_pattern pattern = PL_NOISE_NK; pattern <= PL_NOISE_IK; pattern++) {
        link_pair l;
        link_ready(&l, data, pattern);
        g_assert_cmpuint(l.a.wire_bytes, ==, a_bytes[pattern]);
        g_assert_cmpuint(l.b.wire_bytes, ==, b_bytes[pattern]);
        for (size_t len = 0; len <= PL_CHANNEL_FRAME_MAX - PL_TAG_BYTES; len += 170) {
            static const uint8_t zeros[PL_CHANNEL_FRAME_MAX];
            size_t before = l.a.wire_bytes;
            g_assert_cmpint(pl_channel_send(l.a.channel, zeros, len), ==, 0);
            g_assert_cmpint(link_carry(&l.a, &l.b, PIPE_WHOLE), ==, 0);
            g_assert_cmpuint(l.a.wire_bytes - before, ==, 2 + len + PL_TAG_BYTES);
        }
        link_clear(&l);
    }
}

static void test_free_in_handler(const void *data)
{
    link_pair l;

    link_init(&l, data, PL_NOISE_XX);
    l.a.reflex = LINK_FREE_ON_READY;
    g_assert_cmpint(link_pump(&l, PIPE_WHOLE), ==, 0);
    g_assert_null(l.a.channel);
    link_clear(&l);

    for (pipe_chunks chunks = PIPE_WHOLE; chunks <= PIPE_BYTES; chunks++) {
        link_ready(&l, data, PL_NOISE_XX);
        l.b.reflex = LINK_FREE_ON_MESSAGE;
        link_say(&l.a, "one");
        link_say(&l.a, "two");
        g_assert_cmpint(link_pump(&l, chunks), ==, 0);
        g_assert_null(l.b.channel);
        assert_bytes(l.b.heard->data, l.b.heard->len, "one", 3u);
        link_clear(&l);
    }
}

static void test_send_from_ready(const void *data)
{
    for (pl_noise_pattern pattern = PL_NOISE_NK; pattern <= PL_NOISE_IK; pattern++) {
        link_pair l;
        link_init(&l, data, pattern);
        l.a.reflex = l.b.reflex = LINK_SEND_ON_READY;
        g_assert_cmpint(link_pump(&l, PIPE_RANDOM), ==, 0);
        g_assert_cmpint(l.a.n_messages, ==, 1);
        g_assert_cmpint(l.b.n_messages, ==, 1);
        link_clear(&l);
    }
}

/* A stream that takes a few bytes at a time gets every byte once, in order. */
static void test_partial_writes(const void *data)
{
    link_pair l;

    link_side_init(&l.a, data, 1);
    link_side_init(&l.b, data, 2);
    l.a.end.room = 0;
    pl_channel_options a = link_options(&l.a, PL_NOISE_XX, PL_NOISE_INITIATOR);
    pl_channel_options b = link_options(&l.b, PL_NOISE_XX, PL_NOISE_RESPONDER);
    l.a.channel = pl_channel_new(&a);
    l.b.channel = pl_channel_new(&b);
    g_assert_cmpuint(l.a.end.out->len, ==, 0);
    for (int i = 0; i < 40 && !pl_channel_is_ready(l.b.channel); i++) {
        l.a.end.room = 5;
        pl_channel_writable(l.a.channel);
        g_assert_cmpint(link_pump(&l, PIPE_WHOLE), ==, 0);
    }
    g_assert_true(pl_channel_is_ready(l.b.channel));
    l.a.end.room = 3;
    for (int i = 0; i < 50; i++)
        link_say(&l.a, "0123456789");
    for (int i = 0; i < 2000; i++) {
        l.a.end.room = (size_t)g_test_rand_int_range(0, 9);
        pl_channel_writable(l.a.channel);
        g_assert_cmpint(link_pump(&l, PIPE_WHOLE), ==, 0);
    }
    g_assert_cmpint(l.b.n_messages, ==, 50);
    link_clear(&l);
}

/* A peer that reads nothing fills the queue to its bound and not beyond; what was accepted still arrives. */
static void test_bounded_queue(const void *data)
{
    static const uint8_t text[1000];
    int accepted = 0, error = 0;
    link_pair l;

    link_ready(&l, data, PL_NOISE_NK);
    l.a.end.room = 0;
    while ((error = pl_channel_send(l.a.channel, text, sizeof text)) == 0)
        accepted++;
    g_assert_cmpint(error, ==, PL_ERR_LIMIT);
    g_assert_cmpint(accepted, ==, PL_CHANNEL_QUEUE_MAX / (2 + 1000 + 16));
    l.a.end.room = SIZE_MAX;
    pl_channel_writable(l.a.channel);
    g_assert_cmpint(link_pump(&l, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(l.b.n_messages, ==, accepted);
    g_assert_cmpint(pl_channel_send(l.a.channel, text, sizeof text), ==, 0);
    l.a.end.error = PL_ERR_GONE;
    g_assert_cmpint(pl_channel_send(l.a.channel, text, sizeof text), ==, PL_ERR_GONE);
    link_clear(&l);
}

/* Nothing that was said can be read off the wire, under either suite. */
static void test_wiretap(const void *data)
{
    static const char secret[] = "correct horse battery staple";
    link_pair l;

    link_ready(&l, data, PL_NOISE_NK);
    link_say(&l.a, secret);
    GByteArray *bytes = link_take(&l.a);
    for (size_t at = 0; at + 8 <= bytes->len; at++)
        for (size_t from = 0; from + 8 <= sizeof secret; from++)
            g_assert_true(memcmp(bytes->data + at, secret + from, 8) != 0);
    g_byte_array_unref(bytes);
    link_clear(&l);
}

/* An idle ready channel is one block of at most 250 bytes, with what malloc adds. */
static void test_idle_memory(const void *data)
{
    link_pair l;

    link_ready(&l, data, PL_NOISE_XX);
    link_say(&l.a, "warm");
    g_assert_cmpint(link_pump(&l, PIPE_BYTES), ==, 0);
    size_t bytes = malloc_usable_size(l.b.channel) + sizeof(size_t);
    g_test_message("an idle channel takes %zu bytes", bytes);
#ifndef __SANITIZE_ADDRESS__
    g_assert_cmpuint(bytes, <=, 250);
#endif
    link_clear(&l);
}

static void add(const char *name, GTestDataFunc test)
{
    const pl_suite *suites[] = {&pl_suite_real, &pl_suite_sized};

    for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
        char *path = g_strdup_printf("/channel/%s/%s", suites[i]->name, name);
        g_test_add_data_func(path, suites[i], test);
        g_free(path);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("conversation-in-any-pieces", test_conversation);
    add("sizes-on-the-wire", test_wire_sizes);
    add("free-in-handler", test_free_in_handler);
    add("send-from-ready", test_send_from_ready);
    add("partial-writes", test_partial_writes);
    add("bounded-queue", test_bounded_queue);
    add("wiretap-reads-nothing", test_wiretap);
    add("idle-memory", test_idle_memory);
    return g_test_run();
}
