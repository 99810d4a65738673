#include <glib.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <string.h>

#include "core/nat/stun/stun.h"

/* CRC-32 of ISO 3309 (spec RFC 8489 §14.7), four bits at a time: bit by bit it was a sixth of a run in which
 * many paths are looked for. */
static uint32_t crc32_of(const uint8_t *data, size_t len)
{
    static const uint32_t of_four_bits[16] = {
        0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
        0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu, 0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < len; i++) {
        crc = crc >> 4 ^ of_four_bits[(crc ^ data[i]) & 15u];
        crc = crc >> 4 ^ of_four_bits[(crc ^ data[i] >> 4) & 15u];
    }
    return ~crc;
}

uint32_t pl_stun_fingerprint(const uint8_t *data, size_t len)
{
    return crc32_of(data, len) ^ PL_STUN_FINGERPRINT_XOR;
}

/* The integrity of the `len` bytes before it, as if the message ended with it. */
static void sum_integrity(uint8_t ret_sum[PL_STUN_INTEGRITY_BYTES], const uint8_t *data, size_t len,
                          const uint8_t *key, size_t key_len)
{
    /* spec RFC 8489 §14.5: the length field as it stands when this attribute is the last. */
    size_t counted = len - PL_STUN_HEADER_BYTES + 4 + PL_STUN_INTEGRITY_BYTES;
    uint8_t header[PL_STUN_HEADER_BYTES];
    memcpy(header, data, sizeof header);
    header[2] = (uint8_t)(counted >> 8);
    header[3] = (uint8_t)counted;
    struct hmac_sha1_ctx hmac;
    hmac_sha1_set_key(&hmac, key_len, key);
    hmac_sha1_update(&hmac, sizeof header, header);
    hmac_sha1_update(&hmac, len - sizeof header, data + sizeof header);
    hmac_sha1_digest(&hmac, PL_STUN_INTEGRITY_BYTES, ret_sum);
}

bool pl_stun_verify(const pl_stun *stun, const uint8_t *data, const uint8_t *key, size_t key_len)
{
    if (stun->integrity_at == 0)
        return false;
    uint8_t sum[PL_STUN_INTEGRITY_BYTES];
    sum_integrity(sum, data, stun->integrity_at, key, key_len);
    return memeql_sec(sum, data + stun->integrity_at + 4, sizeof sum) != 0;
}

void pl_stun_long_term_key(uint8_t ret_key[16], const char *user, const char *realm, const char *password)
{
    struct md5_ctx md5;
    md5_init(&md5);
    md5_update(&md5, strlen(user), (const uint8_t *)user);
    md5_update(&md5, 1, (const uint8_t *)":");
    md5_update(&md5, strlen(realm), (const uint8_t *)realm);
    md5_update(&md5, 1, (const uint8_t *)":");
    md5_update(&md5, strlen(password), (const uint8_t *)password);
    md5_digest(&md5, MD5_DIGEST_SIZE, ret_key);
}

/* Writes into the header how many bytes follow it. */
static void set_length(pl_writer *writer, size_t len)
{
    if (writer->failed)
        return;
    writer->data[2] = (uint8_t)(len >> 8);
    writer->data[3] = (uint8_t)len;
}

/* The class bits lie among the method bits: M11..M7 C1 M6..M4 C0 M3..M0 (spec RFC 8489 §5). */
static uint16_t type_of(uint16_t method, pl_stun_class kind)
{
    unsigned bits = (unsigned)kind;
    unsigned spread = (method & 0x000Fu) | (method & 0x0070u) << 1 | (method & 0x0F80u) << 2;
    return (uint16_t)(spread | (bits & 1) << 4 | (bits & 2) << 7);
}

static void begin(pl_writer *writer, uint16_t type, uint32_t cookie, const uint8_t *id)
{
    g_assert(writer->len == 0);
    pl_write_u16(writer, type);
    pl_write_u16(writer, 0);
    pl_write_u32(writer, cookie);
    pl_write_bytes(writer, id, PL_STUN_ID_BYTES);
}

void pl_stun_begin(pl_writer *writer, pl_stun_class kind, uint32_t cookie, const uint8_t id[PL_STUN_ID_BYTES])
{
    begin(writer, type_of(PL_STUN_BINDING, kind), cookie, id);
}

void pl_stun_begin_method(pl_writer *writer, uint16_t method, pl_stun_class kind,
                          const uint8_t id[PL_STUN_ID_BYTES])
{
    begin(writer, type_of(method, kind), PL_STUN_MAGIC, id);
}

void pl_stun_add(pl_writer *writer, pl_stun_attribute attribute, const void *value, size_t len)
{
    g_assert(len <= PL_STUN_BYTES_MAX);
    pl_write_u16(writer, pl_stun_type_of(attribute));
    pl_write_u16(writer, (uint16_t)len);
    pl_write_bytes(writer, value, len);
    pl_write_zeros(writer, (4 - len % 4) % 4);
    set_length(writer, writer->len - PL_STUN_HEADER_BYTES);
}

void pl_stun_add_u32(pl_writer *writer, pl_stun_attribute attribute, uint32_t value)
{
    uint8_t bytes[4];
    pl_writer field;
    pl_writer_init(&field, bytes, sizeof bytes);
    pl_write_u32(&field, value);
    pl_stun_add(writer, attribute, bytes, sizeof bytes);
}

void pl_stun_add_u64(pl_writer *writer, pl_stun_attribute attribute, uint64_t value)
{
    uint8_t bytes[8];
    pl_writer field;
    pl_writer_init(&field, bytes, sizeof bytes);
    pl_write_u64(&field, value);
    pl_stun_add(writer, attribute, bytes, sizeof bytes);
}

static bool is_veiled(pl_stun_attribute attribute)
{
    return attribute == PL_STUN_XOR_MAPPED || attribute == PL_STUN_XOR_PEER ||
           attribute == PL_STUN_XOR_RELAYED;
}

void pl_stun_add_addr(pl_writer *writer, pl_stun_attribute attribute, pl_addr addr)
{
    uint32_t veil = is_veiled(attribute) ? PL_STUN_MAGIC : 0;
    uint8_t value[8];
    pl_writer field;
    pl_writer_init(&field, value, sizeof value);
    pl_write_u16(&field, 1); /* zero, family IPv4 */
    pl_write_u16(&field, (uint16_t)(addr.port ^ veil >> 16));
    pl_write_u32(&field, addr.ip ^ veil);
    pl_stun_add(writer, attribute, value, sizeof value);
}

void pl_stun_add_change(pl_writer *writer, uint32_t change)
{
    uint8_t value[4] = {0, 0, 0, (uint8_t)change};
    pl_stun_add(writer, PL_STUN_CHANGE_REQUEST, value, sizeof value);
}

void pl_stun_add_error(pl_writer *writer, uint16_t error)
{
    uint8_t value[4] = {0, 0, (uint8_t)(error / 100), (uint8_t)(error % 100)};
    pl_stun_add(writer, PL_STUN_ERROR_CODE, value, sizeof value);
}

void pl_stun_add_unknown(pl_writer *writer, const uint16_t *types, size_t n)
{
    uint8_t value[2 * PL_STUN_UNKNOWN_MAX];
    g_assert(n <= PL_STUN_UNKNOWN_MAX);
    for (size_t i = 0; i < n; i++) {
        value[2 * i] = (uint8_t)(types[i] >> 8);
        value[2 * i + 1] = (uint8_t)types[i];
    }
    pl_stun_add(writer, PL_STUN_UNKNOWN_ATTRIBUTES, value, 2 * n);
}

void pl_stun_add_integrity(pl_writer *writer, const uint8_t *key, size_t key_len)
{
    if (writer->failed)
        return;
    uint8_t sum[PL_STUN_INTEGRITY_BYTES];
    sum_integrity(sum, writer->data, writer->len, key, key_len);
    pl_stun_add(writer, PL_STUN_INTEGRITY, sum, sizeof sum);
}

void pl_stun_add_fingerprint(pl_writer *writer)
{
    /* spec RFC 8489 §14.7: the sum is taken over a length field that counts the fingerprint itself. */
    set_length(writer, writer->len - PL_STUN_HEADER_BYTES + 8);
    if (writer->failed)
        return;
    uint32_t sum = pl_stun_fingerprint(writer->data, writer->len);
    uint8_t value[4] = {(uint8_t)(sum >> 24), (uint8_t)(sum >> 16), (uint8_t)(sum >> 8), (uint8_t)sum};
    pl_stun_add(writer, PL_STUN_FINGERPRINT, value, sizeof value);
}

void pl_stun_add_padding(pl_writer *writer)
{
    static const char text[PL_STUN_FULL_BYTES + 1] = "partyline"
                                                     "                                                 ";
    if (writer->len + 4 < PL_STUN_FULL_BYTES)
        pl_stun_add(writer, PL_STUN_SOFTWARE, text, PL_STUN_FULL_BYTES - writer->len - 4);
}
