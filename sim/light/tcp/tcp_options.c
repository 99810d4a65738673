#include "sim/light/tcp/tcp.h"

/* spec: RFC 9293 §3.2, RFC 2018 §2 and §3. */
#define KIND_END 0
#define KIND_NOTHING 1
#define KIND_MSS 2
#define KIND_SACK_PERMITTED 4
#define KIND_SACK 5
#define MSS_BYTES 4
#define SACK_PERMITTED_BYTES 2
#define BLOCK_BYTES 8
/* spec: four blocks fill the forty bytes of options (RFC 2018 §3). */
#define BLOCKS_MAX 4

static uint32_t read_u32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void write_u32(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 24);
    to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8);
    to[3] = (uint8_t)value;
}

static void read_blocks(const uint8_t *body, size_t len, sim_tcp_options *options)
{
    options->n_sacked = 0;
    for (size_t at = 0; at + BLOCK_BYTES <= len && options->n_sacked < BLOCKS_MAX; at += BLOCK_BYTES)
        options->sacked[options->n_sacked++] =
            (sim_range){.start = read_u32(body + at), .end = read_u32(body + at + 4)};
}

static void read_one(const uint8_t *option, size_t len, sim_tcp_options *options)
{
    switch (option[0]) {
    case KIND_MSS:
        if (len == MSS_BYTES)
            options->mss = (uint16_t)(option[2] << 8 | option[3]);
        break;
    case KIND_SACK_PERMITTED:
        options->sack_permitted = len == SACK_PERMITTED_BYTES;
        break;
    case KIND_SACK:
        read_blocks(option + 2, len - 2, options);
        break;
    default: /* spec: an option that is not known is ignored (RFC 9293 §3.1, MUST-6) */
        break;
    }
}

void sim_tcp_options_read(const net_packet *segment, sim_tcp_options *ret_options)
{
    *ret_options = (sim_tcp_options){0};
    const size_t end =
        segment->options_len < NET_TCP_OPTIONS_MAX ? segment->options_len : NET_TCP_OPTIONS_MAX;
    for (size_t at = 0; at < end;) {
        const uint8_t *option = &segment->options[at];
        if (option[0] == KIND_END)
            return;
        if (option[0] == KIND_NOTHING) {
            at++;
            continue;
        }
        if (at + 1 >= end || option[1] < 2 || at + option[1] > end)
            return;
        read_one(option, option[1], ret_options);
        at += option[1];
    }
}

void sim_tcp_options_write_syn(net_packet *segment, uint16_t mss)
{
    uint8_t *to = segment->options;
    to[0] = KIND_MSS;
    to[1] = MSS_BYTES;
    to[2] = (uint8_t)(mss >> 8);
    to[3] = (uint8_t)mss;
    to[4] = KIND_NOTHING;
    to[5] = KIND_NOTHING;
    to[6] = KIND_SACK_PERMITTED;
    to[7] = SACK_PERMITTED_BYTES;
    segment->options_len = 8;
}

void sim_tcp_options_write_sack(net_packet *segment, const sim_ranges *early)
{
    const uint32_t blocks = early->count < BLOCKS_MAX ? early->count : BLOCKS_MAX;
    uint8_t *to = segment->options;
    to[0] = KIND_NOTHING;
    to[1] = KIND_NOTHING;
    to[2] = KIND_SACK;
    to[3] = (uint8_t)(2 + BLOCK_BYTES * blocks);
    for (uint32_t i = 0; i < blocks; i++) {
        write_u32(to + 4 + BLOCK_BYTES * i, early->range[i].start);
        write_u32(to + 8 + BLOCK_BYTES * i, early->range[i].end);
    }
    segment->options_len = (uint8_t)(4 + BLOCK_BYTES * blocks);
}
