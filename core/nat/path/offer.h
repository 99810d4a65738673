/* offer.h - the bodies that the two ends of a path send each other through their supernodes ⇄ bytes.
 *
 * Private to nat/.  Pure functions.  Nobody on the way is trusted: every body is signed by its sender for its
 * receiver, offer, answer and bye carry the sender's credential, and each body has exactly one encoding.  What is read is
 * what was written; whether to believe it is asked of pl_offer_verify. */
#ifndef PL_NAT_PATH_OFFER_H
#define PL_NAT_PATH_OFFER_H

#include "core/nat/path/path.h"

#define PL_OFFER_VERSION 1
#define PL_OFFER_CANDIDATES_MAX 16 /* chosen: 4 local addresses over both transports, reflexive, relayed, web ports */
#define PL_OFFER_ATTEMPTS 2        /* chosen: 97.6 % of punches that succeed do so at the first (Trautwein et al. 2025) */
#define PL_OFFER_NONCE_BYTES 16    /* chosen: 128 bits; with the other's, makes the key of a session its own */

/* What a body is for. */
typedef enum pl_offer_kind {
    PL_OFFER_OFFER = 1,  /* caller: come and find a path with me */
    PL_OFFER_ANSWER = 2, /* callee: here is what I have */
    PL_OFFER_START = 3,  /* caller: begin now */
    PL_OFFER_MORE = 4,   /* either: a relayed candidate, or a port that was measured anew */
    PL_OFFER_BYE = 5     /* either: it is over */
} pl_offer_kind;

/* Why it is over: code, name. */
#define PL_OFFER_BYES(X)                                                                           \
    X(PL_BYE_CLOSED, "closed-by-peer")                                                             \
    X(PL_BYE_DECLINED, "declined")                                                                 \
    X(PL_BYE_NO_PATH, "no-path")
typedef enum pl_offer_bye {
#define X(id, name) id,
    PL_OFFER_BYES(X)
#undef X
        PL_BYES_COUNT
} pl_offer_bye;
const char *pl_offer_bye_name(pl_offer_bye bye);

typedef struct pl_candidate {
    pl_candidate_type type;
    pl_path_transport transport; /* of a relayed one: how its owner reaches his relay */
    pl_addr addr;
} pl_candidate;

/* What is known of an end's boxes for one transport. */
typedef struct pl_hint {
    pl_nat_mapping mapping;
    pl_nat_filtering filtering;
    int16_t step;  /* from one new mapping's port to the next's, 0 = no step is seen */
    uint16_t last; /* the port of the latest mapping that was seen, 0 = none */
} pl_hint;

typedef struct pl_hints {
    pl_nat_udp udp;
    bool web_only; /* TCP gets out to ports 80 and 443 alone */
    pl_hint of[2]; /* by transport */
} pl_hints;

typedef struct pl_offer {
    pl_offer_kind kind;
    uint64_t session; /* 1 to INT64_MAX */
    uint8_t attempt; /* 1, or 2 from fresh ports */
    /* Offer and answer. */
    uint8_t profile; /* its place among pl_path_profiles */
    pl_path_choice choice;
    uint8_t nonce[PL_OFFER_NONCE_BYTES];
    uint16_t spent_ms; /* answer: from the offer's coming to the answer's going */
    pl_credential credential; /* bye, too: who declines has not been introduced */
    /* Offer, answer, more. */
    pl_hints hints;
    pl_candidate candidates[PL_OFFER_CANDIDATES_MAX];
    size_t n_candidates;
    /* Bye. */
    pl_offer_bye bye;
} pl_offer;

/* Writes a body to ret_bytes (PL_PATH_BODY_MAX), signed for the user named `receiver`; returns its length. */
size_t pl_offer_write(const pl_offer *offer, const pl_suite *suite, const pl_keypair *sign, const char *receiver,
                      uint8_t *ret_bytes);
/* Reads a body: 0, PL_ERR_SHORT (no whole head, or no whole signature), PL_ERR_OVERSIZED (bytes left over, or too
 * long) or PL_ERR_MALFORMED.  Verifies nothing. */
int pl_offer_read(pl_offer *ret_offer, const uint8_t *bytes, size_t len);
/* Is the body signed by this key for this receiver? */
bool pl_offer_verify(const uint8_t *bytes, size_t len, const pl_suite *suite, const uint8_t sign_key[PL_KEY_BYTES],
                     const char *receiver);
/* Adds a candidate unless it is there already, or the list is full. */
void pl_offer_add(pl_offer *offer, pl_candidate candidate);
/* The first candidate of that type and transport; NULL if there is none. */
const pl_candidate *pl_offer_find(const pl_offer *offer, pl_candidate_type type, pl_path_transport transport);
/* An address that only its own network knows (RFC 1918, RFC 6598, RFC 3927, loopback). */
bool pl_offer_is_private(uint32_t ip);
/* Under which address the end is seen from outside, 0 if it does not know. */
uint32_t pl_offer_outside(const pl_offer *offer);

#endif
