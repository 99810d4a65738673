#include <glib.h>
#include <string.h>

#include "core/nat/stun/stun.h"

#define FAMILY_IPV6 2 /* spec RFC 8489 §14.1 */

typedef struct attribute_row {
    uint16_t type, shortest, longest;
} attribute_row;

static const attribute_row rows[] = {
#define X(id, type, shortest, longest) [id] = {type, shortest, longest},
    PL_STUN_ATTRIBUTES(X)
#undef X
};
G_STATIC_ASSERT(G_N_ELEMENTS(rows) <= 32); /* a bit each in `present` */

uint16_t pl_stun_type_of(pl_stun_attribute attribute)
{
    return rows[attribute].type;
}

/* The class bits lie among the method bits: M11..M7 C1 M6..M4 C0 M3..M0 (spec RFC 8489 §5). */
static void read_type(pl_stun *stun, uint16_t type)
{
    stun->kind = (pl_stun_class)((type >> 4 & 1) | (type >> 7 & 2));
    stun->method = (uint16_t)((type & 0x000F) | (type >> 1 & 0x0070) | (type >> 2 & 0x0F80));
}

static int read_header(pl_stun *stun, pl_reader *reader)
{
    uint16_t type = pl_read_u16(reader);
    size_t len = pl_read_u16(reader);
    stun->cookie = pl_read_u32(reader);
    pl_read_bytes(reader, stun->id, sizeof stun->id);
    if (reader->failed)
        return PL_ERR_SHORT;
    if ((type & 0xC000) != 0 || len % 4 != 0)
        return PL_ERR_MALFORMED;
    read_type(stun, type);
    if (pl_reader_left(reader) < len)
        return PL_ERR_SHORT;
    return pl_reader_left(reader) > len ? PL_ERR_OVERSIZED : 0;
}

/* An address: zero 1, family 1, port 2, address 4 or 16.  PL_ERR_AGAIN: well formed, of no use to us. */
static int read_address(pl_addr *ret_addr, pl_reader *value, uint32_t veil)
{
    size_t len = pl_reader_left(value);
    pl_read_u8(value);
    uint8_t family = pl_read_u8(value);
    if (family == FAMILY_IPV6 && len == 20)
        return PL_ERR_AGAIN;
    if (family != PL_STUN_FAMILY_IPV4 || len != 8)
        return PL_ERR_MALFORMED;
    uint16_t port = pl_read_u16(value);
    ret_addr->port = (uint16_t)(port ^ veil >> 16);
    ret_addr->ip = pl_read_u32(value) ^ veil;
    return 0;
}

/* zeros 21 bits, class 3 bits, number 8 bits, phrase (spec RFC 8489 §14.8). */
static int read_error(uint16_t *ret_error, pl_reader *value)
{
    pl_read_u16(value);
    unsigned hundreds = pl_read_u8(value) & 7u, number = pl_read_u8(value);
    if (hundreds < 3 || hundreds > 6 || number > 99)
        return PL_ERR_MALFORMED;
    *ret_error = (uint16_t)(100 * hundreds + number);
    return 0;
}

static pl_stun_text read_text(pl_reader *value)
{
    size_t len = pl_reader_left(value);
    return (pl_stun_text){.data = pl_read_view(value, len), .len = len};
}

static int read_peer(pl_stun *stun, pl_reader *value)
{
    pl_addr peer;
    int error = read_address(&peer, value, PL_STUN_MAGIC);
    if (error)
        return error;
    if (stun->n_peers < PL_STUN_PEERS_MAX)
        stun->peers[stun->n_peers++] = peer;
    else
        stun->more_peers = true;
    return 0;
}

/* Reserved bytes behind a number may be anything (spec RFC 8656 §18.1, §18.8). */
static void read_number(pl_stun *stun, pl_stun_attribute attribute, pl_reader *value)
{
    if (attribute == PL_STUN_CHANGE_REQUEST)
        stun->change = pl_read_u32(value) & (PL_STUN_CHANGE_IP | PL_STUN_CHANGE_PORT);
    else if (attribute == PL_STUN_PRIORITY)
        stun->priority = pl_read_u32(value);
    else if (attribute == PL_STUN_LIFETIME)
        stun->lifetime = pl_read_u32(value);
    else if (attribute == PL_STUN_CHANNEL_NUMBER)
        stun->channel = pl_read_u16(value);
    else if (attribute == PL_STUN_RESPONSE_PORT)
        stun->response_port = pl_read_u16(value);
    else if (attribute == PL_STUN_REQUESTED_TRANSPORT)
        stun->transport = pl_read_u8(value);
    else if (attribute == PL_STUN_REQUESTED_FAMILY)
        stun->family = pl_read_u8(value);
    else
        stun->tie_breaker = pl_read_u64(value);
}

/* Where an attribute's text goes, NULL if it is none that anybody reads. */
static pl_stun_text *text_of(pl_stun *stun, pl_stun_attribute attribute)
{
    return attribute == PL_STUN_USERNAME ? &stun->username
           : attribute == PL_STUN_REALM  ? &stun->realm
           : attribute == PL_STUN_NONCE  ? &stun->nonce
           : attribute == PL_STUN_DATA   ? &stun->data
                                         : NULL;
}

/* Reads a known attribute's value into its field. */
static int read_value(pl_stun *stun, pl_stun_attribute attribute, pl_reader *value)
{
    switch (attribute) {
    case PL_STUN_MAPPED:
        return read_address(&stun->mapped, value, 0);
    case PL_STUN_SOURCE:
        return read_address(&stun->source, value, 0);
    case PL_STUN_CHANGED:
        return read_address(&stun->changed, value, 0);
    case PL_STUN_RESPONSE_ORIGIN:
        return read_address(&stun->origin, value, 0);
    case PL_STUN_OTHER_ADDRESS:
        return read_address(&stun->other, value, 0);
    case PL_STUN_XOR_MAPPED:
        return read_address(&stun->xor_mapped, value, PL_STUN_MAGIC);
    case PL_STUN_XOR_RELAYED:
        return read_address(&stun->relayed, value, PL_STUN_MAGIC);
    case PL_STUN_XOR_PEER:
        return read_peer(stun, value);
    case PL_STUN_ERROR_CODE:
        return read_error(&stun->error, value);
    case PL_STUN_USERNAME:
    case PL_STUN_REALM:
    case PL_STUN_NONCE:
    case PL_STUN_DATA:
        *text_of(stun, attribute) = read_text(value);
        return 0;
    case PL_STUN_CHANGE_REQUEST:
    case PL_STUN_PRIORITY:
    case PL_STUN_LIFETIME:
    case PL_STUN_CHANNEL_NUMBER:
    case PL_STUN_RESPONSE_PORT:
    case PL_STUN_REQUESTED_TRANSPORT:
    case PL_STUN_REQUESTED_FAMILY:
    case PL_STUN_ICE_CONTROLLED:
    case PL_STUN_ICE_CONTROLLING:
        read_number(stun, attribute, value);
        return 0;
    case PL_STUN_UNKNOWN_ATTRIBUTES:
    case PL_STUN_SOFTWARE:
    case PL_STUN_INTEGRITY:
    case PL_STUN_FINGERPRINT:
    case PL_STUN_PADDING:
    case PL_STUN_USE_CANDIDATE:
    case PL_STUN_DONT_FRAGMENT:
    case PL_STUN_EVEN_PORT:
    case PL_STUN_RESERVATION_TOKEN:
        return 0;
    }
    g_assert_not_reached();
}

static int find_attribute(uint16_t type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].type == type)
            return (int)i;
    }
    return -1;
}

static void note_unknown(pl_stun *stun, uint16_t type)
{
    if (type >= 0x8000)
        return;
    if (stun->n_unknown < PL_STUN_UNKNOWN_MAX)
        stun->unknown[stun->n_unknown++] = type;
}

/* One attribute that still counts: before the integrity, and the first of its type. */
static int read_counted(pl_stun *stun, uint16_t type, const uint8_t *value, size_t len)
{
    int found = find_attribute(type);
    if (found < 0) {
        note_unknown(stun, type);
        return 0;
    }
    if (len < rows[found].shortest || len > rows[found].longest)
        return PL_ERR_MALFORMED;
    if (pl_stun_has(stun, (pl_stun_attribute)found) && found != PL_STUN_XOR_PEER)
        return 0;
    if (found == PL_STUN_PADDING || found == PL_STUN_RESPONSE_PORT)
        note_unknown(stun, type);
    pl_reader reader;
    pl_reader_init(&reader, value, len);
    int error = read_value(stun, (pl_stun_attribute)found, &reader);
    if (error == PL_ERR_AGAIN) {
        stun->foreign_family = true;
        return 0;
    }
    if (!error)
        stun->present |= 1u << found;
    return error;
}

/* The fingerprint must be last and match all before it. */
static int check_fingerprint(pl_stun *stun, const pl_reader *reader, const uint8_t *value, size_t len)
{
    if (len != 4 || pl_reader_left(reader) > 0)
        return PL_ERR_MALFORMED;
    size_t at = (size_t)(value - reader->data) - 4;
    uint32_t sum = pl_stun_fingerprint(reader->data, at);
    uint8_t expected[4] = {(uint8_t)(sum >> 24), (uint8_t)(sum >> 16), (uint8_t)(sum >> 8), (uint8_t)sum};
    if (memcmp(value, expected, sizeof expected) != 0)
        return PL_ERR_FORGED;
    stun->present |= 1u << PL_STUN_FINGERPRINT;
    return 0;
}

/* The next attribute: type 2, length 2, value, padding to a whole word, whose bytes may be anything. */
static int read_attribute(pl_stun *stun, pl_reader *reader)
{
    size_t at = reader->at;
    uint16_t type = pl_read_u16(reader);
    size_t len = pl_read_u16(reader);
    const uint8_t *value = pl_read_view(reader, len);
    pl_read_view(reader, (4 - len % 4) % 4);
    if (reader->failed)
        return PL_ERR_MALFORMED; /* the header's length is right, so this one's is wrong */
    if (type == rows[PL_STUN_FINGERPRINT].type)
        return check_fingerprint(stun, reader, value, len);
    if (stun->integrity_at != 0)
        return 0;
    if (type == rows[PL_STUN_INTEGRITY].type && len == PL_STUN_INTEGRITY_BYTES)
        stun->integrity_at = at;
    return read_counted(stun, type, value, len);
}

int pl_stun_read(pl_stun *ret_stun, const uint8_t *data, size_t len)
{
    if (len > PL_STUN_BYTES_MAX)
        return PL_ERR_OVERSIZED;
    pl_stun stun = {0};
    pl_reader reader;
    pl_reader_init(&reader, data, len);
    int error = read_header(&stun, &reader);
    while (!error && pl_reader_left(&reader) > 0)
        error = read_attribute(&stun, &reader);
    if (!error)
        *ret_stun = stun;
    return error;
}
