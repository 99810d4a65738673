#include "core/nat/turn/turn_stream.h"

#include <glib.h>
#include <string.h>

void pl_turn_stream_init(pl_turn_stream *stream, const pl_context *context, pl_id id)
{
    *stream = (pl_turn_stream){.context = context, .id = id};
}

void pl_turn_stream_clear(pl_turn_stream *stream)
{
    g_free(stream->partial);
    g_free(stream->out);
    *stream = (pl_turn_stream){0};
}

static size_t padded(size_t len)
{
    return (len + 3) / 4 * 4;
}

/* Bytes of the message behind these four, header and padding included; 0 if none begins so. */
static size_t whole_of(const uint8_t head[PL_TURN_CHANNEL_HEADER_BYTES])
{
    size_t counted = (size_t)head[2] << 8 | head[3];
    if (pl_turn_is_stun(head[0]))
        return counted % 4 ? 0 : PL_STUN_HEADER_BYTES + counted;
    return pl_turn_is_channel(head[0]) ? PL_TURN_CHANNEL_HEADER_BYTES + padded(counted) : 0;
}

/* The same without padding. */
static size_t length_of(const uint8_t head[PL_TURN_CHANNEL_HEADER_BYTES])
{
    size_t counted = (size_t)head[2] << 8 | head[3];
    return pl_turn_is_stun(head[0]) ? PL_STUN_HEADER_BYTES + counted : PL_TURN_CHANNEL_HEADER_BYTES + counted;
}

/* Moves up to `most` bytes. */
static size_t move(uint8_t *to, const uint8_t **data, size_t *len, size_t most)
{
    size_t n = MIN(*len, most);
    memcpy(to, *data, n);
    *data += n;
    *len -= n;
    return n;
}

int pl_turn_stream_take(pl_turn_stream *stream, const uint8_t **data, size_t *len,
                        const uint8_t **ret_message, size_t *ret_len)
{
    if (stream->head_have == 0) { /* the former message has been used */
        g_free(stream->partial);
        stream->partial = NULL;
    }
    stream->head_have +=
        move(stream->head + stream->head_have, data, len, sizeof stream->head - stream->head_have);
    if (stream->head_have < sizeof stream->head)
        return 0;
    size_t whole = whole_of(stream->head);
    if (whole == 0 || whole > PL_STUN_BYTES_MAX)
        return whole ? PL_ERR_OVERSIZED : PL_ERR_MALFORMED;
    if (!stream->partial) {
        stream->partial = g_malloc(whole);
        memcpy(stream->partial, stream->head, sizeof stream->head);
        stream->have = sizeof stream->head;
    }
    stream->have += move(stream->partial + stream->have, data, len, whole - stream->have);
    if (stream->have < whole)
        return 0;
    stream->head_have = 0;
    *ret_message = stream->partial;
    *ret_len = length_of(stream->partial);
    return 1;
}

/* Hands bytes to the stack and keeps what it does not take. */
static int put(pl_turn_stream *stream, const uint8_t *bytes, size_t len)
{
    const pl_port *port = &stream->context->port;
    int taken = stream->out ? 0 : port->ops->tcp_write(port->ctx, stream->id, bytes, len);
    if (taken < 0)
        return taken;
    size_t rest = len - (size_t)taken;
    if (rest == 0)
        return 0;
    if (!stream->out)
        stream->out = g_malloc(PL_TURN_OUT_MAX);
    g_assert(rest <= PL_TURN_OUT_MAX - stream->out_len);
    memcpy(stream->out + stream->out_len, bytes + taken, rest);
    stream->out_len += rest;
    return 0;
}

/* Puts a message with its padding. */
static int put_padded(pl_turn_stream *stream, const uint8_t *message, size_t len)
{
    uint8_t bytes[PL_STUN_BYTES_MAX] = {0};
    g_assert(padded(len) <= sizeof bytes);
    memcpy(bytes, message, len);
    return put(stream, bytes, padded(len));
}

int pl_turn_stream_write_data(pl_turn_stream *stream, const uint8_t *message, size_t len)
{
    return stream->out ? PL_ERR_AGAIN : put_padded(stream, message, len);
}

int pl_turn_stream_write(pl_turn_stream *stream, const uint8_t *message, size_t len)
{
    return padded(len) > PL_TURN_OUT_MAX - stream->out_len ? PL_ERR_LIMIT : put_padded(stream, message, len);
}

void pl_turn_stream_flush(pl_turn_stream *stream)
{
    const pl_port *port = &stream->context->port;
    if (!stream->out)
        return;
    int taken = port->ops->tcp_write(port->ctx, stream->id, stream->out, stream->out_len);
    if (taken < 0)
        return;
    stream->out_len -= (size_t)taken;
    memmove(stream->out, stream->out + taken, stream->out_len);
    if (stream->out_len > 0)
        return;
    g_free(stream->out);
    stream->out = NULL;
}

size_t pl_turn_channel_data(uint8_t *ret_message, uint16_t channel, const uint8_t *data, size_t len)
{
    g_assert(len <= PL_TURN_PAYLOAD_MAX);
    pl_writer writer;
    pl_writer_init(&writer, ret_message, PL_STUN_BYTES_MAX);
    pl_write_u16(&writer, channel);
    pl_write_u16(&writer, (uint16_t)len);
    pl_write_bytes(&writer, data, len);
    return writer.len;
}

int pl_turn_channel_read(const uint8_t *message, size_t len, uint16_t *ret_channel, const uint8_t **ret_data,
                         size_t *ret_len)
{
    pl_reader reader;
    pl_reader_init(&reader, message, len);
    uint16_t channel = pl_read_u16(&reader);
    size_t counted = pl_read_u16(&reader);
    const uint8_t *data = pl_read_view(&reader, counted);
    if (reader.failed)
        return PL_ERR_SHORT;
    if (channel < PL_TURN_CHANNEL_FIRST || channel > PL_TURN_CHANNEL_LAST)
        return PL_ERR_MALFORMED;
    *ret_channel = channel;
    *ret_data = data;
    *ret_len = counted;
    return 0;
}
