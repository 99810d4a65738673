/* noise.h - the Noise framework (revision 34): Noise_{NK,XX,IK}_25519_AESGCM_SHA256.
 *
 * Pure functions over a handshake struct: no I/O, no time.  Randomness (the ephemeral key) is an
 * argument, so that the published vectors are tests. */
#ifndef PL_CRYPTO_NOISE_H
#define PL_CRYPTO_NOISE_H

#include "core/crypto/suite.h"

typedef enum pl_noise_pattern { PL_NOISE_NK, PL_NOISE_XX, PL_NOISE_IK } pl_noise_pattern;
typedef enum pl_noise_role { PL_NOISE_INITIATOR, PL_NOISE_RESPONDER } pl_noise_role;

/* One direction after the handshake: 40 bytes. */
typedef struct pl_cipher {
    uint8_t key[PL_KEY_BYTES];
    uint64_t nonce;
} pl_cipher;

typedef struct pl_noise_options {
    const pl_suite *suite;
    pl_noise_pattern pattern;
    pl_noise_role role;
    const uint8_t *prologue;
    size_t prologue_len;
    const pl_keypair *own_static;     /* NULL where the pattern needs none; copied */
    const pl_keypair *own_ephemeral;  /* fresh for each handshake; copied */
    const uint8_t *remote_static;     /* NK and IK initiator: the responder's public key; copied */
} pl_noise_options;

typedef struct pl_noise pl_noise;

pl_noise *pl_noise_new(const pl_noise_options *options);
void pl_noise_free(pl_noise *noise); /* wipes */

/* Length of the next message of the handshake with a payload of `payload_len` bytes. */
size_t pl_noise_message_bytes(const pl_noise *noise, size_t payload_len);
/* Writes the next message; ret_message has pl_noise_message_bytes.  0, or PL_ERR_UNEXPECTED if it is not our
 * turn, PL_ERR_OVERSIZED above 65535 bytes, PL_ERR_FORGED if a key of the other side gives an all-zero secret
 * (the handshake is then dead). */
int pl_noise_write(pl_noise *noise, const uint8_t *payload, size_t payload_len, uint8_t *ret_message);
/* Reads the next message; ret_payload has room for len bytes.  Returns the payload's length, or
 * PL_ERR_SHORT, PL_ERR_OVERSIZED, PL_ERR_FORGED (the handshake is then dead), PL_ERR_UNEXPECTED. */
int pl_noise_read(pl_noise *noise, const uint8_t *message, size_t len, uint8_t *ret_payload);
/* True when the last message was written or read. */
bool pl_noise_done(const pl_noise *noise);
/* The two directions; only when done. */
void pl_noise_split(const pl_noise *noise, pl_cipher *ret_send, pl_cipher *ret_receive);
/* The handshake hash h, for channel binding (§11.2); only when done. */
const uint8_t *pl_noise_hash(const pl_noise *noise);
/* The other side's static key once known, else NULL. */
const uint8_t *pl_noise_remote_static(const pl_noise *noise);
/* The other side's ephemeral key once known, else NULL. */
const uint8_t *pl_noise_remote_ephemeral(const pl_noise *noise);

#endif
