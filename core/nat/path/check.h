/* check.h - connectivity checks (RFC 8445 §7) ⇄ bytes, their key, and the memory that tells a replay.
 *
 * Private to nat/.  Pure functions.  A check is a STUN Binding request with USERNAME, PRIORITY, ICE-CONTROLLING or
 * ICE-CONTROLLED, perhaps USE-CANDIDATE, MESSAGE-INTEGRITY under the session's key, and FINGERPRINT.  The USERNAME
 * says for which session it is, from which end, in which stage it was begun, and its number:
 *
 *   session 16 hexadecimal digits ":" ("c" caller, "a" callee) ":" method 1 digit ":" number 8 hexadecimal digits
 */
#ifndef PL_NAT_PATH_CHECK_H
#define PL_NAT_PATH_CHECK_H

#include "core/nat/path/offer.h"
#include "core/nat/stun/stun.h"

#define PL_CHECK_BYTES_MAX 160 /* chosen: a nominating check has 120 bytes */
#define PL_CHECK_USERNAME_BYTES 29
#define PL_CHECK_MEMORY 128    /* chosen: numbers within which checks may overtake each other; a burst is shorter */

typedef struct pl_check {
    uint64_t session;
    bool from_caller;
    pl_path_method method; /* in whose stage it was begun */
    uint32_t number;       /* rises with every check that an end begins; a repetition keeps it */
    bool nominates;        /* the caller's choice */
    uint32_t priority;     /* spec RFC 8445 §7.1.1: of the candidate that the other end may learn by it */
    uint64_t tie_breaker;  /* spec RFC 8445 §16.1; the roles of a session are fixed, so nobody compares it */
    uint8_t id[PL_STUN_ID_BYTES];
} pl_check;

/* The key of a session: HMAC over both nonces and the session under the X25519 secret of the two users.  False if the
 * peer's key is none. */
bool pl_check_key(uint8_t ret_key[PL_HASH_BYTES], const pl_suite *suite, const pl_keypair *own_dh,
                  const pl_offer *offer, const pl_offer *answer, const uint8_t peer_dh[PL_KEY_BYTES]);

/* Each writes to ret_bytes (PL_CHECK_BYTES_MAX) and returns the length. */
size_t pl_check_write(const pl_check *check, const uint8_t key[PL_HASH_BYTES], uint8_t *ret_bytes);
size_t pl_check_write_answer(const uint8_t id[PL_STUN_ID_BYTES], pl_addr observed, const uint8_t key[PL_HASH_BYTES],
                             uint8_t *ret_bytes);
/* A Binding indication, the keep-alive of RFC 8445 §11. */
size_t pl_check_write_indication(const uint8_t id[PL_STUN_ID_BYTES], uint8_t *ret_bytes);

/* Takes a request that pl_stun_read has read from `data`: 0, PL_ERR_MALFORMED (no check), PL_ERR_UNEXPECTED (of another
 * session, or our own thrown back), PL_ERR_FORGED (not keyed so). */
int pl_check_read(pl_check *ret_check, const pl_stun *stun, const uint8_t *data, uint64_t session, bool from_caller,
                  const uint8_t key[PL_HASH_BYTES]);
/* The session that a check's USERNAME names, 0 if the message is no check; verifies nothing. */
uint64_t pl_check_session(const pl_stun *stun);

/* Which checks were received. */
typedef struct pl_check_memory {
    uint32_t highest;
    struct {
        uint32_t number; /* 0 = none */
        uint8_t id[PL_STUN_ID_BYTES];
        pl_addr from;
    } seen[PL_CHECK_MEMORY];
} pl_check_memory;

/* 0 if the check is new, or was repeated by its sender from where it came before; else PL_ERR_REPLAYED. */
int pl_check_remember(pl_check_memory *memory, const pl_check *check, pl_addr from);

/* spec RFC 8445 §5.1.2.1, for one component. */
uint32_t pl_check_priority(pl_candidate_type type);

#endif
