#include "core/nat/stun_seal.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <string.h>

/* CRC-32 of ISO 3309 (spec RFC 8489 §14.7), bit by bit: a table would be faster, but a fingerprint is
 * checked once a datagram and a datagram is small. */
static uint32_t crc32_of(const uint8_t *data, size_t len)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1u) ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

uint32_t pl_stun_seal_fingerprint(const uint8_t *data, size_t len)
{
    return crc32_of(data, len) ^ PL_STUN_FINGERPRINT_XOR;
}

void pl_stun_seal_integrity(uint8_t ret_sum[PL_STUN_INTEGRITY_BYTES], const uint8_t *data, size_t len,
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
    pl_stun_seal_integrity(sum, data, stun->integrity_at, key, key_len);
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
