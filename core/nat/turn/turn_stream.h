/* turn_stream.h - STUN messages and ChannelData on a wire: ChannelData's header, and both on a stream, one after
 * the other (RFC 8656 §2.1, §12.5), in bounded memory.
 *
 * What comes in is held only while a message is not whole.  What goes out is handed to the stack at once or, if it
 * is a datagram of a peer, not at all: at most the rest of one message, and a few answers, wait for a slow stream. */
#ifndef PL_NAT_TURN_STREAM_H
#define PL_NAT_TURN_STREAM_H

#include "core/context.h"
#include "core/nat/stun/stun.h"

#define PL_TURN_CHANNEL_HEADER_BYTES 4 /* spec RFC 8656 §12.4 */
#define PL_TURN_CHANNEL_FIRST 0x4000   /* spec RFC 8656 §12 */
#define PL_TURN_CHANNEL_LAST 0x4FFF    /* spec RFC 8656 §12 */
/* chosen: what a relayed datagram holds at most, so that a Data indication of it is a message of ours. */
#define PL_TURN_PAYLOAD_MAX (PL_STUN_BYTES_MAX - PL_STUN_HEADER_BYTES - 12 - 4)
/* chosen: the longest answer to a stranger (header, error, realm, nonce).  By UDP it goes to who asked in as many
 * bytes only, so that nobody is amplified: our client pads its first request to it. */
#define PL_TURN_CHALLENGE_BYTES 64
#define PL_TURN_OUT_MAX 4096           /* chosen: the rest of one message and some twenty answers */

typedef struct pl_turn_stream {
    const pl_context *context;
    pl_id id;          /* 0 = none */
    uint8_t *partial;  /* a message that is not whole yet; NULL if there is none */
    size_t have;
    uint8_t head[PL_TURN_CHANNEL_HEADER_BYTES];
    size_t head_have;
    uint8_t *out;      /* what the stack has not taken yet; NULL if there is nothing */
    size_t out_len;
} pl_turn_stream;

void pl_turn_stream_init(pl_turn_stream *stream, const pl_context *context, pl_id id);
/* Forgets what waits; does not touch the world's stream. */
void pl_turn_stream_clear(pl_turn_stream *stream);

/* Takes bytes from *data until a message is whole: 1 and the message, which is valid until the next call; 0 when all
 * is taken; PL_ERR_MALFORMED or PL_ERR_OVERSIZED if no message begins so.  Padding of ChannelData is not part of
 * ret_len. */
int pl_turn_stream_take(pl_turn_stream *stream, const uint8_t **data, size_t *len, const uint8_t **ret_message,
                        size_t *ret_len);
/* Writes a peer's datagram, framed: all of it, or PL_ERR_AGAIN if the stream is not empty enough to begin. */
int pl_turn_stream_write_data(pl_turn_stream *stream, const uint8_t *message, size_t len);
/* Writes an answer or a request, which may wait.  PL_ERR_LIMIT if too much waits already. */
int pl_turn_stream_write(pl_turn_stream *stream, const uint8_t *message, size_t len);
/* The stream is writable again. */
void pl_turn_stream_flush(pl_turn_stream *stream);

/* Writes ChannelData into `ret_message`, which has room for PL_STUN_BYTES_MAX; returns its length, without padding. */
size_t pl_turn_channel_data(uint8_t *ret_message, uint16_t channel, const uint8_t *data, size_t len);
/* Reads it.  PL_ERR_SHORT, PL_ERR_MALFORMED; more bytes than the header counts are padding. */
int pl_turn_channel_read(const uint8_t *message, size_t len, uint16_t *ret_channel, const uint8_t **ret_data,
                         size_t *ret_len);
/* A message that begins with this byte is STUN's, or ChannelData. */
static inline bool pl_turn_is_stun(uint8_t first)
{
    return first <= 0x03; /* spec RFC 8656 §12: the first two bits tell them apart; RFC 7983 */
}
static inline bool pl_turn_is_channel(uint8_t first)
{
    return first >= PL_TURN_CHANNEL_FIRST >> 8 && first <= PL_TURN_CHANNEL_LAST >> 8;
}

#endif
