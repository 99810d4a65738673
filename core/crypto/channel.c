#include "core/crypto/channel.h"

#include <glib.h>
#include <string.h>

#define VERSION      1 /* chosen: the first; the high half of the preamble byte */
#define LENGTH_BYTES 2 /* chosen: what PL_CHANNEL_FRAME_MAX needs */
#define REPLAYS_TRIED                                                                                        \
    16 /* chosen: a failed seal may cost this many trials more, once, before the stream ends */

typedef enum channel_state {
    CHANNEL_PREAMBLE,  /* a responder that has received nothing */
    CHANNEL_HANDSHAKE, /* messages of the handshake come and go */
    CHANNEL_READY,     /* records come and go */
    CHANNEL_FAILED     /* nothing is taken any more */
} channel_state;

/* What only the handshake needs; gone once the channel is ready.  A responder makes its Noise state when the
 * first message is there, so that a silent stranger costs no mathematics. */
typedef struct handshake {
    pl_noise *noise;
    pl_noise_pattern pattern;
    pl_noise_role role;
    bool has_static;
    pl_keypair own_static;
    uint8_t remote_static[PL_KEY_BYTES];
    size_t payload_len;
    uint8_t payload[]; /* of a responder's message */
} handshake;

/* What a frame has brought so far; held only while it is partial. */
typedef struct partial {
    size_t have;
    uint8_t bytes[];
} partial;

/* An idle ready channel is this struct and nothing else: 10⁵ of them are held by one login server, so that
 * its order and unions save bytes. */
struct pl_channel {
    pl_context *context;
    const pl_channel_handler *handler;
    void *owner;
    partial *frame;
    GByteArray *queue; /* bytes that the stream did not take yet, from queue_start on */
    pl_cipher send, receive;
    union {
        handshake *handshake;        /* until ready */
        uint8_t hash[PL_HASH_BYTES]; /* once ready */
    } u;
    uint8_t remote_static[PL_KEY_BYTES];
    uint8_t remote_ephemeral[PL_KEY_BYTES];
    uint32_t queue_start;
    pl_id stream;
    uint8_t header[LENGTH_BYTES];
    uint8_t header_have;
    uint8_t state; /* a channel_state */
    int8_t failure;
    bool knows_remote_static : 1;
    bool knows_remote_ephemeral : 1;
    bool was_ready : 1;
    bool in_input : 1; /* freeing waits until pl_channel_input returns */
    bool is_freed : 1;
};

static uint8_t preamble_of(pl_noise_pattern pattern)
{
    return (uint8_t)(VERSION << 4 | (unsigned)pattern);
}

static void drop_queue(pl_channel *channel)
{
    if (channel->queue)
        g_byte_array_unref(channel->queue);
    channel->queue = NULL;
    channel->queue_start = 0;
}

static void drop_handshake(pl_channel *channel)
{
    if (!channel->u.handshake)
        return;
    pl_noise_free(channel->u.handshake->noise);
    pl_bytes_wipe(channel->u.handshake, sizeof *channel->u.handshake);
    g_free(channel->u.handshake);
    channel->u.handshake = NULL;
}

static int fail(pl_channel *channel, int error)
{
    if (channel->state == CHANNEL_READY)
        memset(&channel->u, 0, sizeof channel->u);
    drop_handshake(channel);
    drop_queue(channel);
    g_clear_pointer(&channel->frame, g_free);
    channel->state = CHANNEL_FAILED;
    channel->failure = (int8_t)error;
    return error;
}

static size_t queued_bytes(const pl_channel *channel)
{
    return channel->queue ? channel->queue->len - channel->queue_start : 0;
}

/* Writes what the stream takes and keeps the rest in order.  The stream's error, or 0. */
static int put_bytes(pl_channel *channel, const uint8_t *bytes, size_t len)
{
    const pl_port *port = &channel->context->port;
    int written = 0;

    if (!channel->queue) {
        written = port->ops->tcp_write(port->ctx, channel->stream, bytes, len);
        if (written < 0 && written != PL_ERR_AGAIN)
            return written;
        if (written < 0)
            written = 0;
        if ((size_t)written == len)
            return 0;
        channel->queue = g_byte_array_new();
    }
    g_byte_array_append(channel->queue, bytes + written, (guint)(len - (size_t)written));
    return 0;
}

static void put_length(uint8_t ret_header[LENGTH_BYTES], size_t len)
{
    ret_header[0] = (uint8_t)(len >> 8);
    ret_header[1] = (uint8_t)len;
}

/* Makes the Noise state with a fresh ephemeral key. */
static void begin_noise(pl_channel *channel)
{
    handshake *h = channel->u.handshake;
    const pl_suite *suite = channel->context->suite;
    pl_keypair ephemeral;

    pl_context_random(channel->context, ephemeral.private_key, PL_KEY_BYTES);
    suite->dh_public(ephemeral.public_key, ephemeral.private_key);
    h->noise = pl_noise_new(&(pl_noise_options){.suite = suite,
                                                .pattern = h->pattern,
                                                .role = h->role,
                                                .prologue = (const uint8_t *)PL_CHANNEL_PROLOGUE,
                                                .prologue_len = strlen(PL_CHANNEL_PROLOGUE),
                                                .own_static = h->has_static ? &h->own_static : NULL,
                                                .own_ephemeral = &ephemeral,
                                                .remote_static = h->remote_static});
    pl_bytes_wipe(&ephemeral, sizeof ephemeral);
}

/* Sends our next message of the handshake, the initiator's first with the preamble before it. */
static int put_handshake(pl_channel *channel)
{
    handshake *h = channel->u.handshake;
    uint8_t bytes[1 + LENGTH_BYTES + PL_CHANNEL_FRAME_MAX];
    size_t payload_len = h->role == PL_NOISE_RESPONDER ? h->payload_len : 0;
    size_t len = pl_noise_message_bytes(h->noise, payload_len), start = 0;

    g_assert(len <= PL_CHANNEL_FRAME_MAX);
    if (channel->state == CHANNEL_PREAMBLE)
        bytes[start++] = preamble_of(h->pattern);
    put_length(bytes + start, len);
    int error = pl_noise_write(h->noise, h->payload, payload_len, bytes + start + LENGTH_BYTES);
    if (error)
        return error;
    return put_bytes(channel, bytes, start + LENGTH_BYTES + len);
}

pl_channel *pl_channel_new(const pl_channel_options *options)
{
    pl_channel *channel = g_new0(pl_channel, 1);
    handshake *h = g_malloc0(sizeof *h + options->payload_len);

    g_assert(options->payload_len <= PL_CHANNEL_PAYLOAD_MAX);
    channel->context = options->context;
    channel->handler = options->handler;
    channel->owner = options->owner;
    channel->stream = options->stream;
    channel->u.handshake = h;
    h->pattern = options->pattern;
    h->role = options->role;
    if (options->own_static) {
        h->own_static = *options->own_static;
        h->has_static = true;
    }
    if (options->remote_static)
        memcpy(h->remote_static, options->remote_static, PL_KEY_BYTES);
    h->payload_len = options->payload_len;
    if (options->payload_len > 0)
        memcpy(h->payload, options->payload, options->payload_len);
    if (options->role == PL_NOISE_INITIATOR) {
        begin_noise(channel);
        int error = put_handshake(channel);
        if (error)
            fail(channel, error);
        else
            channel->state = CHANNEL_HANDSHAKE;
    }
    return channel;
}

static void release(pl_channel *channel)
{
    fail(channel, 0);
    pl_bytes_wipe(channel, sizeof *channel);
    g_free(channel);
}

void pl_channel_free(pl_channel *channel)
{
    if (!channel)
        return;
    if (channel->in_input) {
        pl_bytes_wipe(&channel->send, sizeof channel->send);
        pl_bytes_wipe(&channel->receive, sizeof channel->receive);
        channel->is_freed = true;
    } else {
        release(channel);
    }
}

static void become_ready(pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    const pl_noise *noise = channel->u.handshake->noise;
    const uint8_t *remote_static = pl_noise_remote_static(noise);
    uint8_t hash[PL_HASH_BYTES];

    channel->knows_remote_static = channel->u.handshake->pattern != PL_NOISE_NK;
    if (channel->knows_remote_static)
        memcpy(channel->remote_static, remote_static, PL_KEY_BYTES);
    memcpy(hash, pl_noise_hash(noise), PL_HASH_BYTES);
    pl_noise_split(noise, &channel->send, &channel->receive);
    drop_handshake(channel);
    memcpy(channel->u.hash, hash, PL_HASH_BYTES);
    channel->state = CHANNEL_READY;
    channel->was_ready = true;
    channel->handler->ready(channel->owner, channel, payload, len, now);
}

static int take_handshake(pl_channel *channel, const uint8_t *frame, size_t len, pl_time now)
{
    uint8_t payload[PL_CHANNEL_FRAME_MAX];
    handshake *h = channel->u.handshake;

    if (!h->noise)
        begin_noise(channel);
    int got = pl_noise_read(h->noise, frame, len, payload);
    if (got < 0)
        return got == PL_ERR_SHORT ? PL_ERR_MALFORMED : got;
    const uint8_t *remote_ephemeral = pl_noise_remote_ephemeral(h->noise);
    memcpy(channel->remote_ephemeral, remote_ephemeral, PL_KEY_BYTES);
    channel->knows_remote_ephemeral = true;
    if (!pl_noise_done(h->noise)) {
        int error = put_handshake(channel);
        if (error)
            return error;
    }
    if (pl_noise_done(h->noise))
        become_ready(channel, payload, (size_t)got, now);
    pl_bytes_wipe(payload, (size_t)got);
    return 0;
}

/* Tells a record that was received before from one that never was valid. */
static int diagnose(const pl_channel *channel, const uint8_t *frame, size_t len)
{
    const pl_suite *suite = channel->context->suite;
    uint8_t plain[PL_CHANNEL_FRAME_MAX];
    uint64_t tried = MIN(channel->receive.nonce, REPLAYS_TRIED);

    for (uint64_t i = 1; i <= tried; i++)
        if (suite->open(plain, channel->receive.key, channel->receive.nonce - i, channel->u.hash,
                        PL_HASH_BYTES, frame, len)) {
            pl_bytes_wipe(plain, len - PL_TAG_BYTES);
            return PL_ERR_REPLAYED;
        }
    return PL_ERR_FORGED;
}

static int take_record(pl_channel *channel, const uint8_t *frame, size_t len, pl_time now)
{
    const pl_suite *suite = channel->context->suite;
    uint8_t plain[PL_CHANNEL_FRAME_MAX];

    if (len < PL_TAG_BYTES)
        return PL_ERR_MALFORMED;
    if (!suite->open(plain, channel->receive.key, channel->receive.nonce, channel->u.hash, PL_HASH_BYTES,
                     frame, len))
        return diagnose(channel, frame, len);
    channel->receive.nonce++;
    channel->handler->message(channel->owner, channel, plain, len - PL_TAG_BYTES, now);
    pl_bytes_wipe(plain, len - PL_TAG_BYTES);
    return 0;
}

static int take_frame(pl_channel *channel, const uint8_t *frame, size_t len, pl_time now)
{
    channel->header_have = 0;
    switch ((channel_state)channel->state) {
    case CHANNEL_HANDSHAKE:
        return take_handshake(channel, frame, len, now);
    case CHANNEL_READY:
        return take_record(channel, frame, len, now);
    case CHANNEL_PREAMBLE:
    case CHANNEL_FAILED:
        break;
    }
    g_assert_not_reached();
}

static size_t frame_bytes(const pl_channel *channel)
{
    return (size_t)channel->header[0] << 8 | channel->header[1];
}

static int take_header_byte(pl_channel *channel, uint8_t byte)
{
    channel->header[channel->header_have++] = byte;
    if (channel->header_have < LENGTH_BYTES)
        return 0;
    if (frame_bytes(channel) > PL_CHANNEL_FRAME_MAX)
        return PL_ERR_OVERSIZED;
    return frame_bytes(channel) == 0 ? PL_ERR_MALFORMED : 0;
}

/* Takes bytes of a frame's body and adds their count to *at; a frame that is there whole is not copied. */
static int take_body(pl_channel *channel, const uint8_t *data, size_t len, size_t *at, pl_time now)
{
    size_t whole = frame_bytes(channel);
    const uint8_t *bytes = data + *at;

    if (!channel->frame && len - *at >= whole) {
        *at += whole;
        return take_frame(channel, bytes, whole, now);
    }
    if (!channel->frame) {
        channel->frame = g_malloc(sizeof *channel->frame + whole);
        channel->frame->have = 0;
    }
    partial *frame = channel->frame;
    size_t taken = MIN(len - *at, whole - frame->have);
    memcpy(frame->bytes + frame->have, bytes, taken);
    frame->have += taken;
    *at += taken;
    if (frame->have < whole)
        return 0;
    channel->frame = NULL;
    int error = take_frame(channel, frame->bytes, whole, now);
    g_free(frame);
    return error;
}

static int take_preamble(pl_channel *channel, uint8_t byte)
{
    if (byte != preamble_of(channel->u.handshake->pattern))
        return PL_ERR_MALFORMED;
    channel->state = CHANNEL_HANDSHAKE;
    return 0;
}

static int take_some(pl_channel *channel, const uint8_t *data, size_t len, size_t *at, pl_time now)
{
    if (channel->state == CHANNEL_FAILED)
        return channel->failure;
    if (channel->state == CHANNEL_PREAMBLE)
        return take_preamble(channel, data[(*at)++]);
    if (channel->header_have < LENGTH_BYTES)
        return take_header_byte(channel, data[(*at)++]);
    return take_body(channel, data, len, at, now);
}

int pl_channel_input(pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    size_t at = 0;
    int error = 0;

    g_assert(!channel->in_input);
    channel->in_input = true;
    while (at < len && !error && !channel->is_freed)
        error = take_some(channel, data, len, &at, now);
    channel->in_input = false;
    if (channel->is_freed) {
        release(channel);
        return (int)len;
    }
    return error ? fail(channel, error) : (int)len;
}

int pl_channel_send(pl_channel *channel, const uint8_t *data, size_t len)
{
    uint8_t bytes[LENGTH_BYTES + PL_CHANNEL_FRAME_MAX];
    size_t sealed_len = len + PL_TAG_BYTES;

    if (channel->state != CHANNEL_READY || channel->is_freed)
        return PL_ERR_UNEXPECTED;
    if (len > PL_CHANNEL_FRAME_MAX - PL_TAG_BYTES)
        return PL_ERR_OVERSIZED;
    /* The last nonce is not for use (spec: Noise rev. 34 §5.1). */
    if (queued_bytes(channel) + LENGTH_BYTES + sealed_len > PL_CHANNEL_QUEUE_MAX ||
        channel->send.nonce == UINT64_MAX)
        return PL_ERR_LIMIT;
    put_length(bytes, sealed_len);
    channel->context->suite->seal(bytes + LENGTH_BYTES, channel->send.key, channel->send.nonce++,
                                  channel->u.hash, PL_HASH_BYTES, data, len);
    return put_bytes(channel, bytes, LENGTH_BYTES + sealed_len);
}

void pl_channel_writable(pl_channel *channel)
{
    const pl_port *port = &channel->context->port;
    size_t len = queued_bytes(channel);

    if (len == 0)
        return;
    int written =
        port->ops->tcp_write(port->ctx, channel->stream, channel->queue->data + channel->queue_start, len);
    if (written == PL_ERR_AGAIN)
        return;
    if (written < 0 || (size_t)written == len) {
        drop_queue(channel);
        return;
    }
    channel->queue_start += (uint32_t)written;
    /* Moving bytes only when half of them went keeps the cost linear and the array below twice the bound. */
    if (channel->queue_start > channel->queue->len / 2) {
        g_byte_array_remove_range(channel->queue, 0, channel->queue_start);
        channel->queue_start = 0;
    }
}

bool pl_channel_is_ready(const pl_channel *channel)
{
    return channel->state == CHANNEL_READY;
}

bool pl_channel_was_ready(const pl_channel *channel)
{
    return channel->was_ready;
}

pl_id pl_channel_stream(const pl_channel *channel)
{
    return channel->stream;
}

const uint8_t *pl_channel_remote_static(const pl_channel *channel)
{
    return channel->knows_remote_static ? channel->remote_static : NULL;
}

const uint8_t *pl_channel_remote_ephemeral(const pl_channel *channel)
{
    return channel->knows_remote_ephemeral ? channel->remote_ephemeral : NULL;
}

size_t pl_channel_queued(const pl_channel *channel)
{
    return queued_bytes(channel);
}

int pl_channel_check_credential(const pl_channel *channel, const uint8_t *bytes, size_t len,
                                const uint8_t server_sign_key[PL_KEY_BYTES], pl_credential *ret_credential,
                                pl_time now)
{
    const pl_context *context = channel->context;
    int error = pl_credential_decode(ret_credential, bytes, len);
    if (error)
        return error;
    if (!channel->knows_remote_static ||
        !pl_bytes_equal(ret_credential->dh_key, channel->remote_static, PL_KEY_BYTES))
        return PL_ERR_FORGED;
    return pl_credential_check(ret_credential, context->suite, server_sign_key,
                               pl_context_unix(context, now));
}
