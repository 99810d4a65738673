/* Two channels over a stream in memory, under both suites: what arrives, what is refused and as what, and
 * what an idle channel costs. */
#include "core/crypto/channel.h"
#include "core/crypto/replay.h"
#include "tests/support/hex.h"
#include "tests/support/pipe_port.h"

#include <glib.h>
#include <malloc.h>

#define NOW (5 * PL_SECOND)

/* What to do from inside a handler. */
typedef enum reflex { REFLEX_NONE, REFLEX_FREE_ON_READY, REFLEX_FREE_ON_MESSAGE, REFLEX_SEND_ON_READY } reflex;

/* One side: its port, its channel and what its handler heard. */
typedef struct side {
    pipe_end end;
    pl_keypair keypair;
    pl_channel *channel;
    reflex reflex;
    int n_ready;
    int n_messages;
    GByteArray *payload;
    GByteArray *heard; /* all messages joined */
    size_t wire_bytes; /* that it has sent and that were carried over */
} side;

typedef struct link {
    side a, b; /* a initiates */
} link;

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    side *s = owner;

    g_assert_cmpint(now, ==, NOW);
    g_assert_true(pl_channel_is_ready(channel));
    s->n_ready++;
    g_byte_array_append(s->payload, payload, (guint)len);
    if (s->reflex == REFLEX_SEND_ON_READY)
        g_assert_cmpint(pl_channel_send(channel, (const uint8_t *)"at once", 7), ==, 0);
    if (s->reflex == REFLEX_FREE_ON_READY) {
        pl_channel_free(channel);
        s->channel = NULL;
    }
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    side *s = owner;

    g_assert_cmpint(now, ==, NOW);
    s->n_messages++;
    if (s->reflex == REFLEX_FREE_ON_MESSAGE) {
        pl_channel_free(channel);
        s->channel = NULL;
    }
    /* After the free, so that the bytes are known to outlive it. */
    g_byte_array_append(s->heard, data, (guint)len);
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

static void side_init(side *s, const pl_suite *suite, uint64_t seed)
{
    *s = (side){.payload = g_byte_array_new(), .heard = g_byte_array_new()};
    pipe_init(&s->end, suite, seed);
    pl_context_random(&s->end.context, s->keypair.private_key, PL_KEY_BYTES);
    suite->dh_public(s->keypair.public_key, s->keypair.private_key);
}

static void side_clear(side *s)
{
    pl_channel_free(s->channel);
    g_byte_array_unref(s->payload);
    g_byte_array_unref(s->heard);
    pipe_clear(&s->end);
}

static pl_channel_options options_of(side *s, pl_noise_pattern pattern, pl_noise_role role)
{
    return (pl_channel_options){.context = &s->end.context,
                                .stream = 7,
                                .pattern = pattern,
                                .role = role,
                                .own_static = &s->keypair,
                                .handler = &handler,
                                .owner = s};
}

/* Makes both channels; the initiator's first message is then in a's pipe. */
static void link_init(link *l, const pl_suite *suite, pl_noise_pattern pattern)
{
    side_init(&l->a, suite, 1);
    side_init(&l->b, suite, 2);
    pl_channel_options a = options_of(&l->a, pattern, PL_NOISE_INITIATOR);
    pl_channel_options b = options_of(&l->b, pattern, PL_NOISE_RESPONDER);
    if (pattern != PL_NOISE_XX)
        a.remote_static = l->b.keypair.public_key;
    if (pattern == PL_NOISE_NK)
        a.own_static = NULL;
    if (pattern == PL_NOISE_XX) {
        b.payload = (const uint8_t *)"a credential";
        b.payload_len = 12;
    }
    l->a.channel = pl_channel_new(&a);
    l->b.channel = pl_channel_new(&b);
}

static void link_clear(link *l)
{
    side_clear(&l->a);
    side_clear(&l->b);
}

/* Gives bytes to a side in pieces; its first error, or 0. */
static int give(side *to, const uint8_t *data, size_t len, pipe_chunks chunks)
{
    for (size_t at = 0; at < len && to->channel;) {
        size_t piece = pipe_piece(chunks, len - at);
        int got = pl_channel_input(to->channel, data + at, piece, NOW);
        if (got < 0)
            return got;
        g_assert_cmpint(got, ==, (int)piece);
        at += piece;
    }
    return 0;
}

/* Takes what a side has written; free with g_byte_array_unref. */
static GByteArray *take(side *from)
{
    GByteArray *bytes = from->end.out;

    from->end.out = g_byte_array_new();
    from->wire_bytes += bytes->len;
    return bytes;
}

static int carry(side *from, side *to, pipe_chunks chunks)
{
    GByteArray *bytes = take(from);
    int error = give(to, bytes->data, bytes->len, chunks);

    g_byte_array_unref(bytes);
    return error;
}

/* Carries bytes both ways until nothing is left; the first error, or 0. */
static int pump(link *l, pipe_chunks chunks)
{
    while (l->a.end.out->len > 0 || l->b.end.out->len > 0) {
        int error = carry(&l->a, &l->b, chunks);
        if (!error)
            error = carry(&l->b, &l->a, chunks);
        if (error)
            return error;
    }
    return 0;
}

static void link_ready(link *l, const pl_suite *suite, pl_noise_pattern pattern)
{
    link_init(l, suite, pattern);
    g_assert_cmpint(pump(l, PIPE_WHOLE), ==, 0);
    g_assert_true(pl_channel_is_ready(l->a.channel) && pl_channel_is_ready(l->b.channel));
}

static void say(side *s, const char *text)
{
    g_assert_cmpint(pl_channel_send(s->channel, (const uint8_t *)text, strlen(text)), ==, 0);
}

static void check_conversation(const pl_suite *suite, pl_noise_pattern pattern, pipe_chunks chunks)
{
    link l;

    link_init(&l, suite, pattern);
    g_assert_false(pl_channel_is_ready(l.a.channel));
    g_assert_null(pl_channel_hash(l.a.channel));
    g_assert_cmpint(pl_channel_send(l.a.channel, (const uint8_t *)"x", 1), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(pump(&l, chunks), ==, 0);
    g_assert_cmpint(l.a.n_ready, ==, 1);
    g_assert_cmpint(l.b.n_ready, ==, 1);
    g_assert_cmpuint(l.a.payload->len, ==, pattern == PL_NOISE_XX ? 12 : 0);
    assert_bytes(pl_channel_hash(l.a.channel), 32u, pl_channel_hash(l.b.channel), 32u);
    if (pattern == PL_NOISE_NK) {
        g_assert_null(pl_channel_remote_static(l.b.channel));
    } else {
        assert_bytes(pl_channel_remote_static(l.b.channel), 32u, l.a.keypair.public_key, 32u);
        assert_bytes(pl_channel_remote_static(l.a.channel), 32u, l.b.keypair.public_key, 32u);
    }
    say(&l.a, "one");
    say(&l.a, "");
    say(&l.a, "two");
    say(&l.b, "three");
    g_assert_cmpint(pump(&l, chunks), ==, 0);
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
        link l;
        link_ready(&l, data, pattern);
        g_assert_cmpuint(l.a.wire_bytes, ==, a_bytes[pattern]);
        g_assert_cmpuint(l.b.wire_bytes, ==, b_bytes[pattern]);
        for (size_t len = 0; len <= PL_CHANNEL_FRAME_MAX - PL_TAG_BYTES; len += 170) {
            static const uint8_t zeros[PL_CHANNEL_FRAME_MAX];
            size_t before = l.a.wire_bytes;
            g_assert_cmpint(pl_channel_send(l.a.channel, zeros, len), ==, 0);
            g_assert_cmpint(carry(&l.a, &l.b, PIPE_WHOLE), ==, 0);
            g_assert_cmpuint(l.a.wire_bytes - before, ==, 2 + len + PL_TAG_BYTES);
        }
        link_clear(&l);
    }
}

/* Changes one byte of the n-th message of the handshake (or of the first record after it).  True if both
 * sides are ready and the record was read. */
static bool changed_byte_survives(const pl_suite *suite, pl_noise_pattern pattern, size_t n, size_t at,
                                  int *ret_error)
{
    size_t n_handshake = pattern == PL_NOISE_XX ? 3 : 2;
    link l;
    int error = 0;

    link_init(&l, suite, pattern);
    for (size_t i = 0; i <= n_handshake && !error; i++) {
        side *from = i % 2 ? &l.b : &l.a, *to = i % 2 ? &l.a : &l.b;
        if (i == n_handshake && !pl_channel_is_ready(from->channel))
            break; /* it waits for bytes that a changed length has promised */
        if (i == n_handshake)
            say(from, "a record");
        GByteArray *bytes = take(from);
        if (i == n && at < bytes->len)
            bytes->data[at] ^= 0x10;
        error = give(to, bytes->data, bytes->len, PIPE_WHOLE);
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
    link l;

    link_ready(&l, data, PL_NOISE_XX);
    say(&l.a, "a record");
    GByteArray *bytes = take(&l.a);
    g_assert_cmpint(give(&l.b, bytes->data, bytes->len - 1, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(l.b.n_messages, ==, 0);
    g_assert_cmpint(give(&l.b, bytes->data + bytes->len - 1, 1, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(l.b.n_messages, ==, 1);
    g_byte_array_unref(bytes);
    link_clear(&l);

    /* A frame that is whole but shorter than its message, before and after the handshake. */
    static const uint8_t short_handshake[] = {0x11, 0, 31, [33] = 0}, short_record[] = {0, 15, [16] = 0};
    link_init(&l, data, PL_NOISE_XX);
    g_assert_cmpint(give(&l.b, short_handshake, sizeof short_handshake, PIPE_WHOLE), ==, PL_ERR_MALFORMED);
    link_clear(&l);
    link_ready(&l, data, PL_NOISE_XX);
    g_assert_cmpint(give(&l.b, short_record, sizeof short_record, PIPE_WHOLE), ==, PL_ERR_MALFORMED);
    link_clear(&l);
}

/* The length alone is refused: no memory is set aside for what it promises. */
static void test_oversized(const void *data)
{
    static const uint8_t oversized[] = {0x10, 0x01}, largest[] = {0x10, 0x00}, empty[] = {0, 0};
    static const uint8_t text[PL_CHANNEL_FRAME_MAX];
    link l;

    link_ready(&l, data, PL_NOISE_NK);
    g_assert_cmpint(pl_channel_send(l.a.channel, text, sizeof text - PL_TAG_BYTES + 1), ==,
                    PL_ERR_OVERSIZED);
    g_assert_cmpint(pl_channel_send(l.a.channel, text, sizeof text - PL_TAG_BYTES), ==, 0);
    g_assert_cmpint(pump(&l, PIPE_RANDOM), ==, 0);
    g_assert_cmpuint(l.b.heard->len, ==, sizeof text - PL_TAG_BYTES);
    g_assert_cmpint(give(&l.b, largest, 2, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(give(&l.a, oversized, 2, PIPE_WHOLE), ==, PL_ERR_OVERSIZED);
    /* A failed channel stays so. */
    g_assert_cmpint(give(&l.a, empty, 1, PIPE_WHOLE), ==, PL_ERR_OVERSIZED);
    g_assert_cmpint(pl_channel_send(l.a.channel, text, 1), ==, PL_ERR_UNEXPECTED);
    link_clear(&l);

    link_init(&l, data, PL_NOISE_NK);
    g_assert_cmpint(give(&l.b, (const uint8_t[]){0x10, 0x10, 0x01}, 3, PIPE_WHOLE), ==, PL_ERR_OVERSIZED);
    g_assert_cmpint(give(&l.a, empty, 2, PIPE_WHOLE), ==, PL_ERR_MALFORMED);
    link_clear(&l);
}

/* A record again is a replay, up to 16 records later; one that was never valid is a forgery. */
static void test_replayed_record(const void *data)
{
    for (int later = 0; later <= 16; later++) {
        link l;
        link_ready(&l, data, PL_NOISE_XX);
        say(&l.a, "pay ten");
        GByteArray *record = take(&l.a);
        g_assert_cmpint(give(&l.b, record->data, record->len, PIPE_WHOLE), ==, 0);
        for (int i = 0; i < later; i++)
            say(&l.a, "other");
        g_assert_cmpint(pump(&l, PIPE_WHOLE), ==, 0);
        int expected = later < 16 ? PL_ERR_REPLAYED : PL_ERR_FORGED;
        g_assert_cmpint(give(&l.b, record->data, record->len, PIPE_WHOLE), ==, expected);
        g_assert_cmpint(l.b.n_messages, ==, 1 + later);
        g_byte_array_unref(record);
        link_clear(&l);
    }
}

/* Records that change places, or are left out, are not the ones awaited. */
static void test_reordered_record(const void *data)
{
    link l;

    link_ready(&l, data, PL_NOISE_XX);
    say(&l.a, "first");
    GByteArray *first = take(&l.a);
    say(&l.a, "second");
    g_assert_cmpint(carry(&l.a, &l.b, PIPE_WHOLE), ==, PL_ERR_FORGED);
    g_assert_cmpint(l.b.n_messages, ==, 0);
    g_byte_array_unref(first);
    link_clear(&l);
}

static void test_wrong_pattern(const void *data)
{
    link nk, xx;

    link_init(&nk, data, PL_NOISE_NK);
    link_init(&xx, data, PL_NOISE_XX);
    g_assert_cmpint(carry(&nk.a, &xx.b, PIPE_WHOLE), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(carry(&xx.a, &nk.b, PIPE_BYTES), ==, PL_ERR_MALFORMED);
    link_clear(&nk);
    link_clear(&xx);
}

/* An initiator that pinned another key gets no second message, and would not take one. */
static void test_wrong_remote_static(const void *data)
{
    static const pl_noise_pattern patterns[] = {PL_NOISE_NK, PL_NOISE_IK};

    for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
        link right, wrong;
        link_init(&right, data, patterns[i]);
        link_init(&wrong, data, patterns[i]);
        pl_channel_free(wrong.a.channel);
        g_byte_array_set_size(wrong.a.end.out, 0);
        pl_channel_options options = options_of(&wrong.a, patterns[i], PL_NOISE_INITIATOR);
        options.remote_static = wrong.a.keypair.public_key;
        wrong.a.channel = pl_channel_new(&options);
        g_assert_cmpint(carry(&wrong.a, &wrong.b, PIPE_WHOLE), ==, PL_ERR_FORGED);
        g_assert_cmpuint(wrong.b.end.out->len, ==, 0);
        g_assert_cmpint(carry(&right.a, &right.b, PIPE_WHOLE), ==, 0);
        g_assert_cmpint(carry(&right.b, &wrong.a, PIPE_WHOLE), ==, PL_ERR_FORGED);
        g_assert_cmpint(wrong.a.n_ready, ==, 0);
        link_clear(&right);
        link_clear(&wrong);
    }
}

static void test_zero_remote_static(const void *data)
{
    static const uint8_t zeros[PL_KEY_BYTES];
    side s;

    side_init(&s, data, 3);
    pl_channel_options options = options_of(&s, PL_NOISE_IK, PL_NOISE_INITIATOR);
    options.remote_static = zeros;
    s.channel = pl_channel_new(&options);
    g_assert_cmpuint(s.end.out->len, ==, 0);
    g_assert_cmpint(give(&s, zeros, 1, PIPE_WHOLE), ==, PL_ERR_FORGED);
    side_clear(&s);
}

/* The first message of a client, sent again by somebody else, shows the same ephemeral key; and whoever
 * replays it cannot go on, because the second message is for a key that they have not. */
static void test_replayed_first_message(const void *data)
{
    link l, again;
    pl_replay_memory *memory = pl_replay_memory_new(4);

    link_init(&l, data, PL_NOISE_NK);
    link_init(&again, data, PL_NOISE_NK);
    GByteArray *first = take(&l.a);
    g_assert_null(pl_channel_remote_ephemeral(l.b.channel));
    g_assert_cmpint(give(&l.b, first->data, first->len, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(pl_replay_memory_add(memory, pl_channel_remote_ephemeral(l.b.channel)), ==, 0);
    again.b.end.seed = 99; /* the server's next ephemeral key is another */
    g_assert_cmpint(give(&again.b, first->data, first->len, PIPE_WHOLE), ==, 0);
    g_assert_cmpint(pl_replay_memory_add(memory, pl_channel_remote_ephemeral(again.b.channel)), ==,
                    PL_ERR_REPLAYED);
    g_assert_cmpint(carry(&l.b, &l.a, PIPE_WHOLE), ==, 0);
    say(&l.a, "a password");
    g_assert_cmpint(carry(&l.a, &again.b, PIPE_WHOLE), ==, PL_ERR_FORGED);
    pl_replay_memory_free(memory);
    g_byte_array_unref(first);
    link_clear(&l);
    link_clear(&again);
}

static void test_free_in_handler(const void *data)
{
    link l;

    link_init(&l, data, PL_NOISE_XX);
    l.a.reflex = REFLEX_FREE_ON_READY;
    g_assert_cmpint(pump(&l, PIPE_WHOLE), ==, 0);
    g_assert_null(l.a.channel);
    link_clear(&l);

    for (pipe_chunks chunks = PIPE_WHOLE; chunks <= PIPE_BYTES; chunks++) {
        link_ready(&l, data, PL_NOISE_XX);
        l.b.reflex = REFLEX_FREE_ON_MESSAGE;
        say(&l.a, "one");
        say(&l.a, "two");
        g_assert_cmpint(pump(&l, chunks), ==, 0);
        g_assert_null(l.b.channel);
        assert_bytes(l.b.heard->data, l.b.heard->len, "one", 3u);
        link_clear(&l);
    }
}

static void test_send_from_ready(const void *data)
{
    for (pl_noise_pattern pattern = PL_NOISE_NK; pattern <= PL_NOISE_IK; pattern++) {
        link l;
        link_init(&l, data, pattern);
        l.a.reflex = l.b.reflex = REFLEX_SEND_ON_READY;
        g_assert_cmpint(pump(&l, PIPE_RANDOM), ==, 0);
        g_assert_cmpint(l.a.n_messages, ==, 1);
        g_assert_cmpint(l.b.n_messages, ==, 1);
        link_clear(&l);
    }
}

/* A stream that takes a few bytes at a time gets every byte once, in order. */
static void test_partial_writes(const void *data)
{
    link l;

    side_init(&l.a, data, 1);
    side_init(&l.b, data, 2);
    l.a.end.room = 0;
    pl_channel_options a = options_of(&l.a, PL_NOISE_XX, PL_NOISE_INITIATOR);
    pl_channel_options b = options_of(&l.b, PL_NOISE_XX, PL_NOISE_RESPONDER);
    l.a.channel = pl_channel_new(&a);
    l.b.channel = pl_channel_new(&b);
    g_assert_cmpuint(l.a.end.out->len, ==, 0);
    for (int i = 0; i < 40 && !pl_channel_is_ready(l.b.channel); i++) {
        l.a.end.room = 5;
        pl_channel_writable(l.a.channel);
        g_assert_cmpint(pump(&l, PIPE_WHOLE), ==, 0);
    }
    g_assert_true(pl_channel_is_ready(l.b.channel));
    l.a.end.room = 3;
    for (int i = 0; i < 50; i++)
        say(&l.a, "0123456789");
    for (int i = 0; i < 2000; i++) {
        l.a.end.room = (size_t)g_test_rand_int_range(0, 9);
        pl_channel_writable(l.a.channel);
        g_assert_cmpint(pump(&l, PIPE_WHOLE), ==, 0);
    }
    g_assert_cmpint(l.b.n_messages, ==, 50);
    link_clear(&l);
}

/* A peer that reads nothing fills the queue to its bound and not beyond; what was accepted still arrives. */
static void test_bounded_queue(const void *data)
{
    static const uint8_t text[1000];
    int accepted = 0, error = 0;
    link l;

    link_ready(&l, data, PL_NOISE_NK);
    l.a.end.room = 0;
    while ((error = pl_channel_send(l.a.channel, text, sizeof text)) == 0)
        accepted++;
    g_assert_cmpint(error, ==, PL_ERR_LIMIT);
    g_assert_cmpint(accepted, ==, PL_CHANNEL_QUEUE_MAX / (2 + 1000 + 16));
    l.a.end.room = SIZE_MAX;
    pl_channel_writable(l.a.channel);
    g_assert_cmpint(pump(&l, PIPE_WHOLE), ==, 0);
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
    link l;

    link_ready(&l, data, PL_NOISE_NK);
    say(&l.a, secret);
    GByteArray *bytes = take(&l.a);
    for (size_t at = 0; at + 8 <= bytes->len; at++)
        for (size_t from = 0; from + 8 <= sizeof secret; from++)
            g_assert_true(memcmp(bytes->data + at, secret + from, 8) != 0);
    g_byte_array_unref(bytes);
    link_clear(&l);
}

/* An idle ready channel is one block of at most 250 bytes, with what malloc adds. */
static void test_idle_memory(const void *data)
{
    link l;

    link_ready(&l, data, PL_NOISE_XX);
    say(&l.a, "warm");
    g_assert_cmpint(pump(&l, PIPE_BYTES), ==, 0);
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
    add("changed-byte-is-noticed", test_changed_byte);
    add("truncated", test_truncated);
    add("oversized-is-refused-by-its-length", test_oversized);
    add("replayed-record-is-no-forgery", test_replayed_record);
    add("reordered-record-is-refused", test_reordered_record);
    add("wrong-pattern-is-malformed", test_wrong_pattern);
    add("wrong-remote-static-has-no-second-message", test_wrong_remote_static);
    add("zero-remote-static-sends-nothing", test_zero_remote_static);
    add("replayed-first-message-is-remembered", test_replayed_first_message);
    add("free-in-handler", test_free_in_handler);
    add("send-from-ready", test_send_from_ready);
    add("partial-writes", test_partial_writes);
    add("bounded-queue", test_bounded_queue);
    add("wiretap-reads-nothing", test_wiretap);
    add("idle-memory", test_idle_memory);
    return g_test_run();
}
