/* A credential's bytes:
 *
 *   version 1 | length of the name | name | Ed25519 key (32) | X25519 key (32) | expiry (8, big-endian) |
 *   signature (64)
 *
 * Signed is a label, so that no other signature of the server can pass for one, and all before the
 * signature. */
#include "core/crypto/credential.h"

#include <glib.h>
#include <string.h>

#define VERSION          1 /* chosen: the first */
#define LABEL            "partyline credential"
#define LABEL_BYTES      (sizeof LABEL - 1)
#define HEAD_BYTES       2 /* version and length of the name */
#define TAIL_BYTES       (2 * PL_KEY_BYTES + 8)
#define SIGNED_BYTES_MAX (LABEL_BYTES + HEAD_BYTES + PL_NAME_MAX + TAIL_BYTES)

/* A name has 1 to PL_NAME_MAX bytes and no control characters, which would hide in logs. */
static bool is_name(const char *name, size_t len)
{
    if (len == 0 || len > PL_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return true;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static const uint8_t *take(const uint8_t *at, void *ret_bytes, size_t len)
{
    memcpy(ret_bytes, at, len);
    return at + len;
}

/* Writes all before the signature; returns the length. */
static size_t encode_body(const pl_credential *credential, uint8_t *ret_bytes)
{
    size_t name_len = strnlen(credential->name, PL_NAME_MAX);
    uint8_t *at = ret_bytes;

    *at++ = VERSION;
    *at++ = (uint8_t)name_len;
    at = put(at, credential->name, name_len);
    at = put(at, credential->sign_key, PL_KEY_BYTES);
    at = put(at, credential->dh_key, PL_KEY_BYTES);
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (uint8_t)((uint64_t)credential->expires >> shift);
    return (size_t)(at - ret_bytes);
}

static size_t signed_bytes(const pl_credential *credential, uint8_t ret_bytes[SIGNED_BYTES_MAX])
{
    return LABEL_BYTES + encode_body(credential, put(ret_bytes, LABEL, LABEL_BYTES));
}

void pl_credential_issue(pl_credential *credential, const pl_suite *suite, const pl_keypair *server_key)
{
    uint8_t bytes[SIGNED_BYTES_MAX];

    g_assert(is_name(credential->name, strnlen(credential->name, sizeof credential->name)));
    size_t len = signed_bytes(credential, bytes);
    suite->sign(credential->signature, server_key->public_key, server_key->private_key, bytes, len);
}

int pl_credential_check(const pl_credential *credential, const pl_suite *suite,
                        const uint8_t server_public[PL_KEY_BYTES], int64_t unix_now)
{
    uint8_t bytes[SIGNED_BYTES_MAX];

    size_t len = signed_bytes(credential, bytes);
    if (!suite->verify(server_public, bytes, len, credential->signature))
        return PL_ERR_FORGED;
    return unix_now >= credential->expires ? PL_ERR_EXPIRED : 0;
}

size_t pl_credential_encode(const pl_credential *credential, uint8_t *ret_bytes)
{
    size_t len = encode_body(credential, ret_bytes);

    memcpy(ret_bytes + len, credential->signature, PL_SIGNATURE_BYTES);
    return len + PL_SIGNATURE_BYTES;
}

int pl_credential_decode(pl_credential *ret_credential, const uint8_t *bytes, size_t len)
{
    pl_credential credential = {0};
    uint64_t expires = 0;

    if (len < HEAD_BYTES)
        return PL_ERR_SHORT;
    size_t name_len = bytes[1];
    if (bytes[0] != VERSION || name_len == 0 || name_len > PL_NAME_MAX)
        return PL_ERR_MALFORMED;
    size_t expected = HEAD_BYTES + name_len + TAIL_BYTES + PL_SIGNATURE_BYTES;
    if (len != expected)
        return len < expected ? PL_ERR_SHORT : PL_ERR_MALFORMED;
    const uint8_t *at = take(bytes + HEAD_BYTES, credential.name, name_len);
    if (!is_name(credential.name, name_len))
        return PL_ERR_MALFORMED;
    at = take(at, credential.sign_key, PL_KEY_BYTES);
    at = take(at, credential.dh_key, PL_KEY_BYTES);
    for (size_t i = 0; i < 8; i++)
        expires = expires << 8 | *at++;
    credential.expires = (int64_t)expires;
    take(at, credential.signature, PL_SIGNATURE_BYTES);
    *ret_credential = credential;
    return 0;
}
