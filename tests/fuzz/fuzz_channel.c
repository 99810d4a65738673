/* Bytes of strangers against the secure channel.
 *
 * The first byte chooses pattern (bits 0-1), suite (bit 2), scene (bits 3-4) and size of the pieces
 * (bits 5-6).  Scenes: a responder that has heard nothing; an initiator that awaits an answer; a ready
 * channel; and a true conversation of which each three further bytes (position, big-endian, and mask) change
 * one byte. Whatever comes, nothing is heard that was not said.
 *
 * Without FUZZ_LIBFUZZER it is a program that plays the files given to it, so that the corpus is a test. */
#include "core/crypto/channel.h"
#include "tests/support/pipe_port.h"

#include <glib.h>
#include <string.h>

typedef enum scene { SCENE_RESPONDER, SCENE_INITIATOR, SCENE_READY, SCENE_CHANGED } scene;

static const char *const said[] = {"first", "second", "third"};

typedef struct party {
    pipe_end end;
    pl_keypair keypair;
    pl_channel *channel;
    size_t n_heard;
    size_t fed; /* bytes given to it */
} party;

typedef struct edits {
    const uint8_t *data;
    size_t len;
} edits;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    (void)owner, (void)channel, (void)payload, (void)len, (void)now;
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    party *p = owner;

    (void)channel, (void)now;
    g_assert(p->n_heard < G_N_ELEMENTS(said));
    const char *expected = said[p->n_heard++];
    g_assert(len == strlen(expected) && memcmp(data, expected, len) == 0);
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

static void party_init(party *p, const pl_suite *suite, uint64_t seed)
{
    *p = (party){0};
    pipe_init(&p->end, suite, seed);
    pl_context_random(&p->end.context, p->keypair.private_key, PL_KEY_BYTES);
    suite->dh_public(p->keypair.public_key, p->keypair.private_key);
}

static void party_open(party *p, const party *other, pl_noise_pattern pattern, pl_noise_role role)
{
    p->channel = pl_channel_new(&(pl_channel_options){.context = &p->end.context,
                                                      .stream = 1,
                                                      .pattern = pattern,
                                                      .role = role,
                                                      .own_static = &p->keypair,
                                                      .remote_static = other->keypair.public_key,
                                                      .handler = &handler,
                                                      .owner = p});
}

static void party_clear(party *p)
{
    pl_channel_free(p->channel);
    pipe_clear(&p->end);
}

/* False once the channel has refused its input. */
static bool feed(party *p, const uint8_t *data, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece) {
        int got = pl_channel_input(p->channel, data + at, MIN(piece, len - at), 0);
        g_assert(got < 0 || (size_t)got == MIN(piece, len - at));
        if (got < 0)
            return false;
    }
    return true;
}

/* Carries what one has written to the other, changed as told. */
static bool carry(party *from, party *to, edits changes, size_t piece)
{
    GByteArray *bytes = from->end.out;

    from->end.out = g_byte_array_new();
    for (size_t i = 0; i + 3 <= changes.len; i += 3) {
        size_t at = (size_t)changes.data[i] << 8 | changes.data[i + 1];
        if (at >= to->fed && at - to->fed < bytes->len)
            bytes->data[at - to->fed] ^= changes.data[i + 2];
    }
    to->fed += bytes->len;
    bool taken = feed(to, bytes->data, bytes->len, piece);
    g_byte_array_unref(bytes);
    return taken;
}

static bool shake_hands(party *a, party *b, edits changes, size_t piece)
{
    while (a->end.out->len > 0 || b->end.out->len > 0)
        if (!carry(a, b, changes, piece) || !carry(b, a, (edits){0}, piece))
            return false;
    return true;
}

static void play(party *a, party *b, scene scene_now, edits input, size_t piece)
{
    switch (scene_now) {
    case SCENE_RESPONDER:
        feed(b, input.data, input.len, piece);
        break;
    case SCENE_INITIATOR:
        feed(a, input.data, input.len, piece);
        break;
    case SCENE_READY:
        g_assert(shake_hands(a, b, (edits){0}, piece));
        feed(b, input.data, input.len, piece);
        break;
    case SCENE_CHANGED:
        if (!shake_hands(a, b, input, piece) || !pl_channel_is_ready(a->channel))
            break;
        for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
            pl_channel_send(a->channel, (const uint8_t *)said[i], strlen(said[i]));
        bool untouched = input.len < 3;
        bool taken = carry(a, b, input, piece);
        g_assert(!untouched || (taken && b->n_heard == G_N_ELEMENTS(said)));
        return;
    }
    g_assert(a->n_heard == 0 && b->n_heard == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {SIZE_MAX / 2, 1, 7, 64};
    party a, b;

    if (size == 0)
        return 0;
    const pl_suite *suite = data[0] & 4 ? &pl_suite_real : &pl_suite_sized;
    pl_noise_pattern pattern = (pl_noise_pattern)(data[0] % 4 % 3);
    party_init(&a, suite, 1);
    party_init(&b, suite, 2);
    party_open(&a, &b, pattern, PL_NOISE_INITIATOR);
    party_open(&b, &a, pattern, PL_NOISE_RESPONDER);
    play(&a, &b, (scene)(data[0] >> 3 & 3), (edits){data + 1, size - 1}, pieces[data[0] >> 5 & 3]);
    party_clear(&a);
    party_clear(&b);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    if (argc < 2)
        g_error("give the files of tests/fuzz/corpus/channel to play");
    for (int i = 1; i < argc; i++) {
        char *data;
        gsize len;
        GError *error = NULL;
        if (!g_file_get_contents(argv[i], &data, &len, &error))
            g_error("%s", error->message);
        LLVMFuzzerTestOneInput((const uint8_t *)data, len);
        g_free(data);
    }
    return 0;
}
#endif
