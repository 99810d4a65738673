#include "tests/support/channel_link.h"

#include <string.h>

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    link_side *s = owner;

    g_assert_cmpint(now, ==, LINK_NOW);
    g_assert_true(pl_channel_is_ready(channel));
    s->n_ready++;
    g_byte_array_append(s->payload, payload, (guint)len);
    if (s->reflex == LINK_SEND_ON_READY)
        g_assert_cmpint(pl_channel_send(channel, (const uint8_t *)"at once", 7), ==, 0);
    if (s->reflex == LINK_FREE_ON_READY) {
        pl_channel_free(channel);
        s->channel = NULL;
    }
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    link_side *s = owner;

    g_assert_cmpint(now, ==, LINK_NOW);
    s->n_messages++;
    if (s->reflex == LINK_FREE_ON_MESSAGE) {
        pl_channel_free(channel);
        s->channel = NULL;
    }
    /* After the free, so that the bytes are known to outlive it. */
    g_byte_array_append(s->heard, data, (guint)len);
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

void link_side_init(link_side *s, const pl_suite *suite, uint64_t seed)
{
    *s = (link_side){.payload = g_byte_array_new(), .heard = g_byte_array_new()};
    pipe_init(&s->end, suite, seed);
    pl_context_random(&s->end.context, s->keypair.private_key, PL_KEY_BYTES);
    suite->dh_public(s->keypair.public_key, s->keypair.private_key);
}

void link_side_clear(link_side *s)
{
    pl_channel_free(s->channel);
    g_byte_array_unref(s->payload);
    g_byte_array_unref(s->heard);
    pipe_clear(&s->end);
}

pl_channel_options link_options(link_side *s, pl_noise_pattern pattern, pl_noise_role role)
{
    return (pl_channel_options){.context = &s->end.context,
                                .stream = 7,
                                .pattern = pattern,
                                .role = role,
                                .own_static = &s->keypair,
                                .handler = &handler,
                                .owner = s};
}

void link_init(link_pair *l, const pl_suite *suite, pl_noise_pattern pattern)
{
    link_side_init(&l->a, suite, 1);
    link_side_init(&l->b, suite, 2);
    pl_channel_options a = link_options(&l->a, pattern, PL_NOISE_INITIATOR);
    pl_channel_options b = link_options(&l->b, pattern, PL_NOISE_RESPONDER);
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

void link_clear(link_pair *l)
{
    link_side_clear(&l->a);
    link_side_clear(&l->b);
}

int link_give(link_side *to, const uint8_t *data, size_t len, pipe_chunks chunks)
{
    for (size_t at = 0; at < len && to->channel;) {
        size_t piece = pipe_piece(chunks, len - at);
        int got = pl_channel_input(to->channel, data + at, piece, LINK_NOW);
        if (got < 0)
            return got;
        g_assert_cmpint(got, ==, (int)piece);
        at += piece;
    }
    return 0;
}

GByteArray *link_take(link_side *from)
{
    GByteArray *bytes = from->end.out;

    from->end.out = g_byte_array_new();
    from->wire_bytes += bytes->len;
    return bytes;
}

int link_carry(link_side *from, link_side *to, pipe_chunks chunks)
{
    GByteArray *bytes = link_take(from);
    int error = link_give(to, bytes->data, bytes->len, chunks);

    g_byte_array_unref(bytes);
    return error;
}

int link_pump(link_pair *l, pipe_chunks chunks)
{
    while (l->a.end.out->len > 0 || l->b.end.out->len > 0) {
        int error = link_carry(&l->a, &l->b, chunks);
        if (!error)
            error = link_carry(&l->b, &l->a, chunks);
        if (error)
            return error;
    }
    return 0;
}

void link_ready(link_pair *l, const pl_suite *suite, pl_noise_pattern pattern)
{
    link_init(l, suite, pattern);
    g_assert_cmpint(link_pump(l, PIPE_WHOLE), ==, 0);
    g_assert_true(pl_channel_is_ready(l->a.channel) && pl_channel_is_ready(l->b.channel));
}

void link_say(link_side *s, const char *text)
{
    g_assert_cmpint(pl_channel_send(s->channel, (const uint8_t *)text, strlen(text)), ==, 0);
}
