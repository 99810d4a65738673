/* credential.h - what the login server signs: name, the user's two public keys, expiry (DESIGN §4). */
#ifndef PL_CRYPTO_CREDENTIAL_H
#define PL_CRYPTO_CREDENTIAL_H

#include "core/crypto/suite.h"

#define PL_NAME_MAX 32     /* chosen: bytes of a user name */
#define PL_PASSWORD_MAX 64 /* chosen: more than people type; bounds the message */
#define PL_CREDENTIAL_BYTES_MAX (1 + 1 + PL_NAME_MAX + 2 * PL_KEY_BYTES + 8 + PL_SIGNATURE_BYTES)

typedef struct pl_credential {
    char name[PL_NAME_MAX + 1]; /* NUL-terminated */
    uint8_t sign_key[PL_KEY_BYTES];
    uint8_t dh_key[PL_KEY_BYTES];
    int64_t expires; /* Unix seconds: invalid from this second on */
    uint8_t signature[PL_SIGNATURE_BYTES];
} pl_credential;

/* Signs all fields but the signature with the login server's Ed25519 key. */
void pl_credential_issue(pl_credential *credential, const pl_suite *suite, const pl_keypair *server_key);
/* 0, PL_ERR_FORGED, or PL_ERR_EXPIRED at `unix_now` seconds. */
int pl_credential_check(const pl_credential *credential, const pl_suite *suite,
                        const uint8_t server_public[PL_KEY_BYTES], int64_t unix_now);
/* Encodes to ret_bytes (PL_CREDENTIAL_BYTES_MAX), returns the length. */
size_t pl_credential_encode(const pl_credential *credential, uint8_t *ret_bytes);
/* Decodes exactly `len` bytes: 0, PL_ERR_SHORT or PL_ERR_MALFORMED. */
int pl_credential_decode(pl_credential *ret_credential, const uint8_t *bytes, size_t len);

#endif
