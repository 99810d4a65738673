/* entry.h - what the index keeps of a user: who he is, at which supernode, since when, until when; signed by
 * himself.
 *
 *   version 1 | state 1 | supernode 6 | stamp 8 | expires 8 | length 1 | credential | signature 64
 *
 * Signed with the key of the credential is a label and all before the signature.  So a supernode can neither
 * make an entry nor alter one; that it cannot turn one back is the store's business, since the newest stamp
 * wins. */
#ifndef PL_OVERLAY_INDEX_ENTRY_H
#define PL_OVERLAY_INDEX_ENTRY_H

#include "core/context.h"
#include "core/crypto/credential.h"
#include "core/wire/message.h"

#define PL_ENTRY_BYTES_MAX (1 + 1 + 6 + 8 + 8 + 1 + PL_CREDENTIAL_BYTES_MAX + PL_SIGNATURE_BYTES)

typedef enum pl_presence { PL_PRESENCE_ONLINE = 1, PL_PRESENCE_OFFLINE = 2 } pl_presence;
/* "online", "offline". */
const char *pl_presence_name(pl_presence state);

typedef struct pl_entry {
    pl_presence state;
    pl_addr supernode; /* where he is, or was last */
    int64_t stamp;     /* Unix milliseconds: when he signed it */
    int64_t expires;   /* Unix milliseconds: forgotten from then on */
    pl_credential credential;
    uint8_t signature[PL_SIGNATURE_BYTES];
} pl_entry;

/* Unix milliseconds at `now`. */
static inline int64_t pl_context_unix_ms(const pl_context *context, pl_time now)
{
    return context->epoch * 1000 + now / PL_MILLISECOND;
}

/* What an entry is made of. */
typedef struct pl_entry_facts {
    const pl_credential *credential;
    const pl_keypair *sign; /* of that credential */
    pl_addr supernode;
    pl_presence state;
    int64_t after; /* the stamp of the user's last entry, 0 = none: two within one millisecond differ all the
                      same */
} pl_entry_facts;

/* An entry of now, signed: it lives for index.lifetime, and while its user is online for one index.refresh
 * more, since he may be seen so long without signing anew. */
void pl_entry_make(pl_entry *ret_entry, const pl_context *context, const pl_entry_facts *facts, pl_time now);
/* Encodes to ret_bytes (PL_ENTRY_BYTES_MAX), returns the length. */
size_t pl_entry_encode(const pl_entry *entry, uint8_t *ret_bytes);
/* Decodes exactly `len` bytes: 0, PL_ERR_SHORT or PL_ERR_MALFORMED. */
int pl_entry_decode(pl_entry *ret_entry, const uint8_t *bytes, size_t len);
/* Everything but the two signatures: PL_ERR_EXPIRED, PL_ERR_UNEXPECTED if it is dated ahead by more than
 * index.skew, PL_ERR_MALFORMED if it would live too long or its credential had lapsed when it was signed.
 * Costs nothing. */
int pl_entry_check_times(const pl_entry *entry, const pl_context *context, pl_time now);
/* That and both signatures, the login server's and the user's: PL_ERR_FORGED. */
int pl_entry_check(const pl_entry *entry, const pl_context *context,
                   const uint8_t server_sign_key[PL_KEY_BYTES], pl_time now);
/* The user's signature alone, for who has checked the credential already: 0 or PL_ERR_FORGED. */
int pl_entry_check_signature(const pl_entry *entry, const pl_context *context);

#endif
