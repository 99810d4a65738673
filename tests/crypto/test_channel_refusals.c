/* What a channel refuses, and as what, under both suites. */
#include "core/crypto/replay.h"
#include "tests/support/channel_link.h"

#include <glib.h>

/* Changes one byte of the n-th message of the handshake (or of the first record after it).  True if both
 * sides are ready and the record was read. */
static bool changed_byte_survives(const pl_suite *suite, pl_noise_pattern pattern, size_t n, size_t at,
                                  int *ret_error)
{
    size_t n_handshake = pattern == PL_NOISE_XX ? 3 : 2;
    link_pair l;
    int error = 0;

    link_init(&l, suite, pattern);
    for (size_t i = 0; i <= n_handshake && !error; i++) {
        link_side *from = i % 2 ? &l.b : &l.a, *to = i % 2 ? &l.a : &l.b;
        if (i == n_handshake && !pl_channel_is_ready(from->channel))
            break; /* it waits for bytes that a changed length has promised */
        if (i == n_handshake)
            link_say(from, "a record");
        GByteArray *bytes = link_take(from);
        if (i == n && at < bytes->len)
            bytes->data[at] ^= 0x10;
        error = link_give(to, bytes->data, bytes->len, PIPE_WHOLE);
        g_byte_array_unref(bytes);
        if (!error && i < n_handshake - 1 && to->end.out->len == 0)
            break; /* likewise */
    }
    bool survived = l.a.n_messages + l.b.n_messages == 1;
    *ret_error = error;
    link_clear(&l);
    return survived;
}

static void test_changed_byte(const void *data)
{
    for (pl_noise_pattern pattern = PL_NOISE_NK; pattern <= PL_NOISE_IK; pattern++) {
        int error;
        g_assert_true(changed_byte_survives(data, pattern, 0, SIZE_MAX, &error));
        for (size_t n = 0; n <= (pattern == PL_NOISE_XX ? 3u : 2u); n++) {
            size_t noticed = 0;
            for (size_t at = 0; at < 128; at++) {
                bool survived = changed_byte_survives(data, pattern, n, at, &error);
                if (survived)
                    break; /* beyond the end */
                noticed++;
                if (n == 0 && at == 0)
                    g_assert_cmpint(error, ==, PL_ERR_MALFORMED);
                else if (at > 2)
                    g_assert_cmpint(error, ==, PL_ERR_FORGED);
            }
            g_assert_cmpuint(noticed, >=, 26);
        }
    }
}

/* A stream that ends early is neither an error nor a message: the rest may still come. */
static void test_truncated(const void *data)
{
    link_pair l;

    link_ready(&l, data, PL_NOISE_XX);
    link_say(&l.a, "a record");
    GByteArray *bytes = link_take(&l.a);
    g_assert_cmpint(link_give(&l.b, bytes->data, bytes->len - 1, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(l.b.n_messages, ==, 0);
    g_assert_cmpint(link_give(&l.b, bytes->data + bytes->len - 1, 1, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(l.b.n_messages, ==, 1);
    g_byte_array_unref(bytes);
    link_clear(&l);

    /* A frame that is whole but shorter than its message, before and after the handshake. */
    static const uint8_t short_handshake[] = {0x11, 0, 31, [33] = 0}, short_record[] = {0, 15, [16] = 0};
    link_init(&l, data, PL_NOISE_XX);
    g_assert_cmpint(link_give(&l.b, short_handshake, sizeof short_handshake, PIPE_WHOLE), ==,
                    PL_ERR_MALFORMED);
    link_clear(&l);
    link_ready(&l, data, PL_NOISE_XX);
    g_assert_cmpint(link_give(&l.b, short_record, sizeof short_record, PIPE_WHOLE), ==, PL_ERR_MALFORMED);
    link_clear(&l);
}

/* The length alone is refused: no memory is set aside for what it promises. */
static void test_oversized(const void *data)
{
    static const uint8_t oversized[] = {0x10, 0x01}, largest[] = {0x10, 0x00}, empty[] = {0, 0};
    static const uint8_t text[PL_CHANNEL_FRAME_MAX];
    link_pair l;

    link_ready(&l, data, PL_NOISE_NK);
    g_assert_cmpint(pl_channel_send(l.a.channel, text, sizeof text - PL_TAG_BYTES + 1), ==, PL_ERR_OVERSIZED);
    g_assert_cmpint(pl_channel_send(l.a.channel, text, sizeof text - PL_TAG_BYTES), ==, 0);
    g_assert_cmpint(link_pump(&l, PIPE_RANDOM), ==, 0);
    g_assert_cmpuint(l.b.heard->len, ==, sizeof text - PL_TAG_BYTES);
    g_assert_cmpint(link_give(&l.b, largest, 2, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(link_give(&l.a, oversized, 2, PIPE_WHOLE), ==, PL_ERR_OVERSIZED);
    /* A failed channel stays so. */
    g_assert_cmpint(link_give(&l.a, empty, 1, PIPE_WHOLE), ==, PL_ERR_OVERSIZED);
    g_assert_cmpint(pl_channel_send(l.a.channel, text, 1), ==, PL_ERR_UNEXPECTED);
    link_clear(&l);

    link_init(&l, data, PL_NOISE_NK);
    g_assert_cmpint(link_give(&l.b, (const uint8_t[]){0x10, 0x10, 0x01}, 3, PIPE_WHOLE), ==,
                    PL_ERR_OVERSIZED);
    g_assert_cmpint(link_give(&l.a, empty, 2, PIPE_WHOLE), ==, PL_ERR_MALFORMED);
    link_clear(&l);
}

/* A record again is a replay, up to 16 records later; one that was never valid is a forgery. */
static void test_replayed_record(const void *data)
{
    for (int later = 0; later <= 16; later++) {
        link_pair l;
        link_ready(&l, data, PL_NOISE_XX);
        link_say(&l.a, "pay ten");
        GByteArray *record = link_take(&l.a);
        g_assert_cmpint(link_give(&l.b, record->data, record->len, PIPE_WHOLE), ==, 0);
        for (int i = 0; i < later; i++)
            link_say(&l.a, "other");
        g_assert_cmpint(link_pump(&l, PIPE_WHOLE), ==, 0);
        int expected = later < 16 ? PL_ERR_REPLAYED : PL_ERR_FORGED;
        g_assert_cmpint(link_give(&l.b, record->data, record->len, PIPE_WHOLE), ==, expected);
        g_assert_cmpint(l.b.n_messages, ==, 1 + later);
        g_byte_array_unref(record);
        link_clear(&l);
    }
}

/* Records that change places, or are left out, are not the ones awaited. */
static void test_reordered_record(const void *data)
{
    link_pair l;

    link_ready(&l, data, PL_NOISE_XX);
    link_say(&l.a, "first");
    GByteArray *first = link_take(&l.a);
    link_say(&l.a, "second");
    g_assert_cmpint(link_carry(&l.a, &l.b, PIPE_WHOLE), ==, PL_ERR_FORGED);
    g_assert_cmpint(l.b.n_messages, ==, 0);
    g_byte_array_unref(first);
    link_clear(&l);
}

static void test_wrong_pattern(const void *data)
{
    link_pair nk, xx;

    link_init(&nk, data, PL_NOISE_NK);
    link_init(&xx, data, PL_NOISE_XX);
    g_assert_cmpint(link_carry(&nk.a, &xx.b, PIPE_WHOLE), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(link_carry(&xx.a, &nk.b, PIPE_BYTES), ==, PL_ERR_MALFORMED);
    link_clear(&nk);
    link_clear(&xx);
}

/* An initiator that pinned another key gets no second message, and would not take one. */
static void test_wrong_remote_static(const void *data)
{
    static const pl_noise_pattern patterns[] = {PL_NOISE_NK, PL_NOISE_IK};

    for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
        link_pair right, wrong;
        link_init(&right, data, patterns[i]);
        link_init(&wrong, data, patterns[i]);
        pl_channel_free(wrong.a.channel);
        g_byte_array_set_size(wrong.a.end.out, 0);
        pl_channel_options options = link_options(&wrong.a, patterns[i], PL_NOISE_INITIATOR);
        options.remote_static = wrong.a.keypair.public_key;
        wrong.a.channel = pl_channel_new(&options);
        g_assert_cmpint(link_carry(&wrong.a, &wrong.b, PIPE_WHOLE), ==, PL_ERR_FORGED);
        g_assert_cmpuint(wrong.b.end.out->len, ==, 0);
        g_assert_cmpint(link_carry(&right.a, &right.b, PIPE_WHOLE), ==, 0);
        g_assert_cmpint(link_carry(&right.b, &wrong.a, PIPE_WHOLE), ==, PL_ERR_FORGED);
        g_assert_cmpint(wrong.a.n_ready, ==, 0);
        link_clear(&right);
        link_clear(&wrong);
    }
}

static void test_zero_remote_static(const void *data)
{
    static const uint8_t zeros[PL_KEY_BYTES];
    link_side s;

    link_side_init(&s, data, 3);
    pl_channel_options options = link_options(&s, PL_NOISE_IK, PL_NOISE_INITIATOR);
    options.remote_static = zeros;
    s.channel = pl_channel_new(&options);
    g_assert_cmpuint(s.end.out->len, ==, 0);
    g_assert_cmpint(link_give(&s, zeros, 1, PIPE_WHOLE), ==, PL_ERR_FORGED);
    link_side_clear(&s);
}

/* The first message of a client, sent again by somebody else, shows the same ephemeral key; and whoever
 * replays it cannot go on, because the second message is for a key that they have not. */
static void test_replayed_first_message(const void *data)
{
    link_pair l, again;
    pl_replay_memory *memory = pl_replay_memory_new(4);

    link_init(&l, data, PL_NOISE_NK);
    link_init(&again, data, PL_NOISE_NK);
    GByteArray *first = link_take(&l.a);
    g_assert_null(pl_channel_remote_ephemeral(l.b.channel));
    g_assert_cmpint(link_give(&l.b, first->data, first->len, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(pl_replay_memory_add(memory, pl_channel_remote_ephemeral(l.b.channel)), ==, 0);
    again.b.end.seed = 99; /* the server's next ephemeral key is another */
    g_assert_cmpint(link_give(&again.b, first->data, first->len, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(pl_replay_memory_add(memory, pl_channel_remote_ephemeral(again.b.channel)), ==,
                    PL_ERR_REPLAYED);
    g_assert_cmpint(link_carry(&l.b, &l.a, PIPE_WHOLE), ==, 0);
    link_say(&l.a, "a password");
    g_assert_cmpint(link_carry(&l.a, &again.b, PIPE_WHOLE), ==, PL_ERR_FORGED);
    pl_replay_memory_free(memory);
    g_byte_array_unref(first);
    link_clear(&l);
    link_clear(&again);
}

static void add(const char *name, GTestDataFunc test)
{
    const pl_suite *suites[] = {&pl_suite_real, &pl_suite_sized};

    for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
        char *path = g_strdup_printf("/channel-refusals/%s/%s", suites[i]->name, name);
        g_test_add_data_func(path, suites[i], test);
        g_free(path);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("changed-byte-is-noticed", test_changed_byte);
    add("truncated", test_truncated);
    add("oversized-is-refused-by-its-length", test_oversized);
    add("replayed-record-is-no-forgery", test_replayed_record);
    add("reordered-record-is-refused", test_reordered_record);
    add("wrong-pattern-is-malformed", test_wrong_pattern);
    add("wrong-remote-static-has-no-second-message", test_wrong_remote_static);
    add("zero-remote-static-sends-nothing", test_zero_remote_static);
    add("replayed-first-message-is-remembered", test_replayed_first_message);
    return g_test_run();
}
