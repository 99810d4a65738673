/* letter.h - what is asked of the index by UDP, sealed, so that who listens does not read who looks for whom.
 *
 * A supernode's X25519 key comes with its answers to pings, and a client has it from its supernode.  Who asks
 * shows a key of its own; from the two come one key for the question and one for the reply, and the
 * transaction is the nonce.  That keeps listeners out, and no more: who asks is not proved, nor is the node,
 * whose key came by the mesh.  What is said is proved by its signature.
 *
 *   STORE, QUERY     transaction 8 · key 32 · sealed: an entry; or length 1, name, zeros up to 301
 *   GONE             transaction 8 · key 32 · sealed: stamp 8 · since 4 · length 1 · name
 *   STORED, ANSWER   transaction 8 · sealed: verdict 1, since 4 if it is PL_VERDICT_GONE, entry if there is one */
#ifndef PL_OVERLAY_INDEX_LETTER_H
#define PL_OVERLAY_INDEX_LETTER_H

#include "core/crypto/suite.h"
#include "core/wire/message.h"

#define PL_LETTER_BYTES_MAX 361 /* a query with its head */
#define PL_LETTER_PLAIN_MAX 301 /* a verdict and an entry */

/* What a supernode says of an entry: it is kept, or not; that there is one, or none; that there is one that says online,
 * and does not count as that any more (overlay/index/standing.c). */
typedef enum pl_verdict {
    PL_VERDICT_KEPT = 1,
    PL_VERDICT_REFUSED = 2,
    PL_VERDICT_FOUND = 3,
    PL_VERDICT_NONE = 4,
    PL_VERDICT_SURELY_NONE = 5,
    PL_VERDICT_GONE = 6
} pl_verdict;

/* Whom a letter is from and to: our own pair, and the other's public key. */
typedef struct pl_letter_ends {
    const pl_suite *suite;
    const pl_keypair *own;
    const uint8_t *other;
} pl_letter_ends;

/* Who is not there any more: a user whose supernode tells so, or with an empty name that supernode itself. */
typedef struct pl_departure {
    int64_t stamp;  /* of the user's entry; of a supernode, its incarnation */
    uint32_t since; /* Unix seconds */
    char name[PL_MESSAGE_NAME_MAX + 1];
} pl_departure;

/* What is replied to a question. */
typedef struct pl_reply {
    pl_verdict verdict;
    pl_bytes_view entry; /* may be empty */
    uint32_t since;      /* PL_VERDICT_GONE: Unix seconds, not 0 */
} pl_reply;

/* What was read. */
typedef struct pl_letter {
    uint8_t plain[PL_LETTER_PLAIN_MAX];
    pl_verdict verdict;                 /* of a reply */
    pl_bytes_view entry;                /* of a store, and of a reply that found; in `plain` */
    uint32_t since;                     /* of a reply: 0, unless its verdict is PL_VERDICT_GONE */
    char name[PL_MESSAGE_NAME_MAX + 1]; /* of a query */
    pl_departure gone;                  /* of a GONE */
    uint8_t reply_key[PL_KEY_BYTES];    /* of a question: what its reply is sealed with */
} pl_letter;

/* Whole datagrams, written to ret_datagram (PL_LETTER_BYTES_MAX); the length, 0 if the other's key is none.
 */
size_t pl_letter_query(uint8_t *ret_datagram, const pl_letter_ends *ends, uint64_t transaction,
                       const char *name);
size_t pl_letter_store(uint8_t *ret_datagram, const pl_letter_ends *ends, uint64_t transaction,
                       pl_bytes_view entry);
size_t pl_letter_gone(uint8_t *ret_datagram, const pl_letter_ends *ends, uint64_t transaction,
                      const pl_departure *gone);
/* A reply to a question that was read. */
size_t pl_letter_reply(uint8_t *ret_datagram, const pl_suite *suite, const pl_letter *question,
                       const pl_message *message, const pl_reply *reply);

/* Reads a STORE, QUERY or GONE that came to us; ends->other is not looked at.  0, PL_ERR_FORGED if it is not sealed
 * for us, PL_ERR_MALFORMED. */
int pl_letter_read(pl_letter *ret_letter, const pl_letter_ends *ends, const pl_message *message);
/* Reads the reply to what we asked.  As above; a verdict belongs to its kind of question. */
int pl_letter_read_reply(pl_letter *ret_letter, const pl_letter_ends *ends, const pl_message *message);

#endif
