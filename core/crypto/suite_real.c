/* The primitives of the protocol as Nettle 3.8 provides them.  A GCM context is 4.4 KB and keying one
 * costs less than a cache miss on it would, so that contexts live on the stack for one call and only the
 * 32-byte keys are kept. */
#include "core/crypto/suite.h"

#include <glib.h>
#include <nettle/curve25519.h>
#include <nettle/eddsa.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha2.h>

/* spec: Noise rev. 34 §12.3: 32 zero bits, then the counter as 64 big-endian bits. */
#define NONCE_ZEROS 4

static void real_dh_public(uint8_t ret_public[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES])
{
    curve25519_mul_g(ret_public, private_key);
}

static bool real_dh(uint8_t ret_shared[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES],
                    const uint8_t public_key[PL_KEY_BYTES])
{
    uint8_t any = 0;

    curve25519_mul(ret_shared, private_key, public_key);
    for (size_t i = 0; i < PL_KEY_BYTES; i++)
        any |= ret_shared[i];
    return any != 0;
}

static void real_sign_public(uint8_t ret_public[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES])
{
    ed25519_sha512_public_key(ret_public, private_key);
}

static void real_sign(uint8_t ret_signature[PL_SIGNATURE_BYTES], const uint8_t public_key[PL_KEY_BYTES],
                      const uint8_t private_key[PL_KEY_BYTES], const uint8_t *data, size_t len)
{
    ed25519_sha512_sign(public_key, private_key, len, data, ret_signature);
}

static bool real_verify(const uint8_t public_key[PL_KEY_BYTES], const uint8_t *data, size_t len,
                        const uint8_t signature[PL_SIGNATURE_BYTES])
{
    return ed25519_sha512_verify(public_key, len, data, signature) != 0;
}

static void gcm_begin(struct gcm_aes256_ctx *gcm, const uint8_t key[PL_KEY_BYTES], uint64_t nonce,
                      const uint8_t *ad, size_t ad_len)
{
    uint8_t iv[GCM_IV_SIZE] = {0};

    for (size_t i = 0; i < 8; i++)
        iv[NONCE_ZEROS + i] = (uint8_t)(nonce >> (56 - 8 * i));
    gcm_aes256_set_key(gcm, key);
    gcm_aes256_set_iv(gcm, sizeof iv, iv);
    gcm_aes256_update(gcm, ad_len, ad);
}

static void real_seal(uint8_t *ret_sealed, const uint8_t key[PL_KEY_BYTES], uint64_t nonce, const uint8_t *ad,
                      size_t ad_len, const uint8_t *plain, size_t len)
{
    struct gcm_aes256_ctx gcm;

    gcm_begin(&gcm, key, nonce, ad, ad_len);
    gcm_aes256_encrypt(&gcm, len, ret_sealed, plain);
    gcm_aes256_digest(&gcm, PL_TAG_BYTES, ret_sealed + len);
    pl_bytes_wipe(&gcm, sizeof gcm);
}

static bool real_open(uint8_t *ret_plain, const uint8_t key[PL_KEY_BYTES], uint64_t nonce, const uint8_t *ad,
                      size_t ad_len, const uint8_t *sealed, size_t len)
{
    struct gcm_aes256_ctx gcm;
    uint8_t tag[PL_TAG_BYTES];

    if (len < PL_TAG_BYTES)
        return false;
    size_t plain_len = len - PL_TAG_BYTES;
    gcm_begin(&gcm, key, nonce, ad, ad_len);
    gcm_aes256_decrypt(&gcm, plain_len, ret_plain, sealed);
    gcm_aes256_digest(&gcm, PL_TAG_BYTES, tag);
    pl_bytes_wipe(&gcm, sizeof gcm);
    bool valid = pl_bytes_equal(tag, sealed + plain_len, PL_TAG_BYTES);
    if (!valid && plain_len > 0)
        pl_bytes_wipe(ret_plain, plain_len);
    return valid;
}

static void real_hash(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *a, size_t a_len, const uint8_t *b,
                      size_t b_len)
{
    struct sha256_ctx sha;

    sha256_init(&sha);
    sha256_update(&sha, a_len, a);
    sha256_update(&sha, b_len, b);
    sha256_digest(&sha, PL_HASH_BYTES, ret_hash);
}

static void real_hmac(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *key, size_t key_len, const uint8_t *a,
                      size_t a_len, const uint8_t *b, size_t b_len)
{
    struct hmac_sha256_ctx hmac;

    hmac_sha256_set_key(&hmac, key_len, key);
    hmac_sha256_update(&hmac, a_len, a);
    hmac_sha256_update(&hmac, b_len, b);
    hmac_sha256_digest(&hmac, PL_HASH_BYTES, ret_hash);
    pl_bytes_wipe(&hmac, sizeof hmac);
}

static void real_stretch(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *password, size_t len,
                         const uint8_t *salt, size_t salt_len, uint32_t rounds)
{
    g_assert(rounds > 0);
    pbkdf2_hmac_sha256(len, password, rounds, salt_len, salt, PL_HASH_BYTES, ret_hash);
}

const pl_suite pl_suite_real = {
    .name = "real",
    .dh_public = real_dh_public,
    .dh = real_dh,
    .sign_public = real_sign_public,
    .sign = real_sign,
    .verify = real_verify,
    .seal = real_seal,
    .open = real_open,
    .hash = real_hash,
    .hmac = real_hmac,
    .stretch = real_stretch,
};
