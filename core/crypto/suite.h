/* suite.h - the primitives under the protocol's cryptography, as a table with two makers.
 *
 * `real`: X25519, Ed25519, AES-256-GCM, SHA-256 (Nettle).  `sized`: the same lengths, the same calls and
 * the same refusals (a wrong key, a changed byte, a forged signature are all noticed), but no
 * mathematics and no secrecy: for crowds (DESIGN §3).  Everything above this table is one code. */
#ifndef PL_CRYPTO_SUITE_H
#define PL_CRYPTO_SUITE_H

#include "core/types.h"

#define PL_KEY_BYTES 32       /* spec RFC 7748, RFC 8032 */
#define PL_HASH_BYTES 32      /* spec FIPS 180-4: SHA-256 */
#define PL_SIGNATURE_BYTES 64 /* spec RFC 8032 */
#define PL_TAG_BYTES 16       /* spec: Noise rev. 34 §5.1, AES-GCM */

typedef struct pl_suite {
    const char *name;
    /* X25519 (RFC 7748): public key of a private one; shared secret, false if it is all zero. */
    void (*dh_public)(uint8_t ret_public[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES]);
    bool (*dh)(uint8_t ret_shared[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES],
               const uint8_t public_key[PL_KEY_BYTES]);
    /* Ed25519 (RFC 8032). */
    void (*sign_public)(uint8_t ret_public[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES]);
    void (*sign)(uint8_t ret_signature[PL_SIGNATURE_BYTES], const uint8_t public_key[PL_KEY_BYTES],
                 const uint8_t private_key[PL_KEY_BYTES], const uint8_t *data, size_t len);
    bool (*verify)(const uint8_t public_key[PL_KEY_BYTES], const uint8_t *data, size_t len,
                   const uint8_t signature[PL_SIGNATURE_BYTES]);
    /* AES-256-GCM with Noise's nonce (32 zero bits, 64-bit big-endian counter).  `ret_sealed` has
     * len + PL_TAG_BYTES bytes and may overlap `plain` exactly. */
    void (*seal)(uint8_t *ret_sealed, const uint8_t key[PL_KEY_BYTES], uint64_t nonce, const uint8_t *ad,
                 size_t ad_len, const uint8_t *plain, size_t len);
    /* `len` counts the tag; false, and nothing useful in ret_plain, if it does not verify. */
    bool (*open)(uint8_t *ret_plain, const uint8_t key[PL_KEY_BYTES], uint64_t nonce, const uint8_t *ad,
                 size_t ad_len, const uint8_t *sealed, size_t len);
    /* SHA-256 of a ‖ b; either may be empty. */
    void (*hash)(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *a, size_t a_len, const uint8_t *b,
                 size_t b_len);
    /* HMAC-SHA-256 of a ‖ b under key. */
    void (*hmac)(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *key, size_t key_len, const uint8_t *a,
                 size_t a_len, const uint8_t *b, size_t b_len);
    /* PBKDF2-HMAC-SHA-256 (RFC 8018) of a password. */
    void (*stretch)(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *password, size_t len,
                    const uint8_t *salt, size_t salt_len, uint32_t rounds);
} pl_suite;

extern const pl_suite pl_suite_real;
extern const pl_suite pl_suite_sized;

typedef struct pl_keypair {
    uint8_t private_key[PL_KEY_BYTES];
    uint8_t public_key[PL_KEY_BYTES];
} pl_keypair;

/* Compares without a branch on the content. */
bool pl_bytes_equal(const uint8_t *a, const uint8_t *b, size_t len);
/* Overwrites secrets that are no longer needed; not optimised away. */
void pl_bytes_wipe(void *data, size_t len);

#endif
