/* channel.h - a secure channel over one stream: frames, a Noise handshake, then sealed records.
 *
 * On the wire: one preamble byte from the initiator (version and pattern), then frames of a 16-bit
 * big-endian length and that many bytes: handshake messages first, records after.  The associated data of
 * a record is the handshake hash (Noise §11.2), so that a record is bound to its handshake.  The receiver needs
 * no more than one frame of memory.  A record that does not open under the next nonce but opens under
 * an earlier one is reported as a replay, not as a forgery. */
#ifndef PL_CRYPTO_CHANNEL_H
#define PL_CRYPTO_CHANNEL_H

#include "core/context.h"
#include "core/crypto/credential.h"
#include "core/crypto/noise.h"

#define PL_CHANNEL_FRAME_MAX 4096  /* chosen: 200 cache entries and a credential fit */
#define PL_CHANNEL_QUEUE_MAX 65536 /* chosen: bytes that wait for a slow peer before the channel gives up */
#define PL_CHANNEL_PAYLOAD_MAX (PL_CHANNEL_FRAME_MAX - 2 * PL_KEY_BYTES - 2 * PL_TAG_BYTES)
#define PL_CHANNEL_PROLOGUE "partyline/1"

typedef struct pl_channel pl_channel;

/* What the owner hears.  All are called from pl_channel_input only. */
typedef struct pl_channel_handler {
    /* The handshake is done.  `payload` is what the other side's last handshake payload carried
     * (in XX to the initiator: the responder's credential). */
    void (*ready)(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now);
    /* One record's plain text. */
    void (*message)(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now);
} pl_channel_handler;

typedef struct pl_channel_options {
    pl_context *context;
    pl_id stream;
    pl_noise_pattern pattern;
    pl_noise_role role;
    const pl_keypair *own_static;  /* copied into the handshake */
    const uint8_t *remote_static;  /* initiator of NK and IK */
    const uint8_t *payload;        /* XX responder: put into message 2 (its credential); copied */
    size_t payload_len;            /* at most PL_CHANNEL_PAYLOAD_MAX */
    const pl_channel_handler *handler; /* static */
    void *owner;
} pl_channel_options;

/* Makes a channel; an initiator sends its first message at once (the stream must be open).  A remote_static
 * that is no key (an all-zero secret) sends nothing, and the next pl_channel_input is PL_ERR_FORGED. */
pl_channel *pl_channel_new(const pl_channel_options *options);
/* Frees; wipes keys; accepts NULL.  Does not touch the stream. */
void pl_channel_free(pl_channel *channel);

/* Takes stream bytes; always consumes all of them (returns len), or a negative error: PL_ERR_OVERSIZED,
 * PL_ERR_MALFORMED, PL_ERR_FORGED, PL_ERR_REPLAYED, or what tcp_write returned.  On an error the owner traces
 * it, aborts the stream and frees the channel.
 * A handler may free the channel from inside `ready` or `message`: input then stops at once and returns
 * len. */
int pl_channel_input(pl_channel *channel, const uint8_t *data, size_t len, pl_time now);
/* Seals and sends one message of at most PL_CHANNEL_FRAME_MAX − PL_TAG_BYTES bytes.  PL_ERR_LIMIT when the
 * queue for a slow peer is full (nothing was sent, the channel lives on), PL_ERR_OVERSIZED, PL_ERR_UNEXPECTED
 * before it is ready, or what tcp_write returned. */
int pl_channel_send(pl_channel *channel, const uint8_t *data, size_t len);
/* The stream is writable again: sends what waits. */
void pl_channel_writable(pl_channel *channel);

bool pl_channel_is_ready(const pl_channel *channel);
/* The handshake was done once, also if the channel has failed since: tells a bad record from a bad handshake. */
bool pl_channel_was_ready(const pl_channel *channel);
pl_id pl_channel_stream(const pl_channel *channel);
/* Bytes that wait for a slow peer. */
size_t pl_channel_queued(const pl_channel *channel);
/* Is the other side whom this credential names?  It must be signed by the pinned key, be valid now, and carry the key
 * that the other side proved in the handshake.  0 and the credential, PL_ERR_SHORT or PL_ERR_MALFORMED if it is
 * none, PL_ERR_FORGED, PL_ERR_EXPIRED. */
int pl_channel_check_credential(const pl_channel *channel, const uint8_t *bytes, size_t len,
                                const uint8_t server_sign_key[PL_KEY_BYTES], pl_credential *ret_credential,
                                pl_time now);
/* Known once ready (XX, IK responder and initiator); else NULL. */
const uint8_t *pl_channel_remote_static(const pl_channel *channel);
/* The initiator's ephemeral key as the responder saw it in message 1; for the replay memory. */
const uint8_t *pl_channel_remote_ephemeral(const pl_channel *channel);

#endif
