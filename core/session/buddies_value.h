/* buddies_value.h - what the registry holds of a buddy list: one value, sealed under the user's password, signed.
 *
 * Private to session/; pure functions.  A value proves three things to whoever knows the password: that it is
 * whole, whose it is, and that its owner wrote it.  The first two need no password, so that a wrong one is told
 * from a damaged value (docs/decisions/010-buddy-list.md).  That it is the newest it cannot prove: the mark does,
 * as far as a registry can.
 *
 *   head      magic "PLBL" 4 | version 1 | rounds 4 | salt 16 | owner 32 | serial 8 | fresh 16 | signing key 32 |
 *             length 2
 *   sealed    AES-256-GCM of the plain list, `length` bytes with its tag; the head is its associated data
 *   signature Ed25519 over the hash of head and sealed, 64
 *
 *   plain     n 2 | n × (length 1 | name | state 1 | last seen 4), names ascending | zeros to a multiple of 256 */
#ifndef PL_SESSION_BUDDIES_VALUE_H
#define PL_SESSION_BUDDIES_VALUE_H

#include "core/session/buddies.h"

#define PL_BUDDIES_SALT_BYTES 16 /* chosen: twice the least of RFC 8018 §4.1 */
#define PL_BUDDIES_PAD_BYTES 256 /* chosen: a thief learns how many buddies there are to some 15 only */
#define PL_BUDDIES_HEAD_BYTES                                                                                \
    (4 + 1 + 4 + PL_BUDDIES_SALT_BYTES + PL_HASH_BYTES + 8 + PL_BUDDIES_SALT_BYTES + PL_KEY_BYTES + 2)
#define PL_BUDDIES_ENTRY_BYTES_MAX (1 + PL_NAME_MAX + 1 + 4)
#define PL_BUDDIES_PLAIN_MAX                                                                                           \
    ((2 + PL_BUDDIES_MAX * PL_BUDDIES_ENTRY_BYTES_MAX + PL_BUDDIES_PAD_BYTES - 1) / PL_BUDDIES_PAD_BYTES *             \
     PL_BUDDIES_PAD_BYTES)
#define PL_BUDDIES_VALUE_MAX (PL_BUDDIES_HEAD_BYTES + PL_BUDDIES_PLAIN_MAX + PL_TAG_BYTES + PL_SIGNATURE_BYTES)
#define PL_BUDDIES_MARK_BYTES (1 + 8 + PL_HASH_BYTES)
/* chosen: a value that asks for more would hold a login up for a second and more. */
#define PL_BUDDIES_ROUNDS_MAX 1000000

/* What a session keeps of the password: enough to open lists, useless at the login server. */
typedef struct pl_buddies_pass {
    uint8_t digest[PL_HASH_BYTES];
} pl_buddies_pass;

void pl_buddies_pass_make(pl_buddies_pass *ret_pass, const pl_suite *suite, const char *password);

/* What seals, signs and marks one user's values on one machine. */
typedef struct pl_buddies_secret {
    uint8_t salt[PL_BUDDIES_SALT_BYTES];
    uint32_t rounds;
    uint8_t key[PL_HASH_BYTES]; /* PBKDF2 of the password's digest; all others come from it */
} pl_buddies_secret;

/* From salt and rounds, which are set: makes the key.  Slow on purpose. */
void pl_buddies_secret_make(pl_buddies_secret *secret, const pl_suite *suite, const pl_buddies_pass *pass);

/* The plain list; entries sorted by name.  Writes at most PL_BUDDIES_PLAIN_MAX bytes, returns how many. */
size_t pl_buddies_plain_write(const pl_buddy *entries, size_t n, uint8_t *ret_bytes);
/* PL_BUDDIES_OK and entries (g_free, NULL if there are none), MALFORMED, or OVERSIZED beyond `max` entries. */
pl_buddies_refusal pl_buddies_plain_read(const uint8_t *bytes, size_t len, size_t max, pl_buddy **ret_entries,
                                         size_t *ret_n);

/* What a value is made of besides the list. */
typedef struct pl_buddies_seal {
    const pl_suite *suite;
    const pl_buddies_secret *secret;
    const char *owner;
    uint64_t serial;                      /* counts the owner's values, from 1 */
    uint8_t fresh[PL_BUDDIES_SALT_BYTES]; /* random: each value has a key of its own, even after a roll-back */
} pl_buddies_seal;

/* Makes a value in memory of its own (g_free). */
uint8_t *pl_buddies_value_make(const pl_buddies_seal *seal, const pl_buddy *entries, size_t n, size_t *ret_len);

typedef struct pl_buddies_opened {
    pl_buddy *entries; /* g_free */
    size_t n;
    uint64_t serial;
    pl_buddies_secret secret;
} pl_buddies_opened;

/* Opens a value; `ret_opened` is written on PL_BUDDIES_OK only. */
pl_buddies_refusal pl_buddies_value_open(const pl_suite *suite, const pl_buddies_pass *pass, const char *owner,
                                         size_t max, const uint8_t *bytes, size_t len, pl_buddies_opened *ret_opened);

/* The mark that says up to which serial there were values. */
void pl_buddies_mark_make(const pl_suite *suite, const pl_buddies_secret *secret, uint64_t serial,
                          uint8_t ret_mark[PL_BUDDIES_MARK_BYTES]);
/* False if it is not ours, or not whole. */
bool pl_buddies_mark_read(const pl_suite *suite, const pl_buddies_secret *secret, const uint8_t *mark, size_t len,
                          uint64_t *ret_serial);

#endif
