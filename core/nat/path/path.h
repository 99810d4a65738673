/* path.h - finding a path to a peer, and keeping it: in the manner of ICE (RFC 8445), with more methods.
 *
 * One pl_path is one session between two users, at one of its ends.  The caller makes one with
 * pl_path_call, the callee with pl_path_answer when an offer comes; both exchange bodies through their
 * supernodes (session/signal.h), which neither path nor supernode trusts: every body is signed by its
 * sender's key, whose credential it carries, and every connectivity check is keyed by what only the two users
 * can compute (X25519 of their credentials' keys, and both nonces).
 *
 *   gather ─▶ offer ─▶ answer ─▶ plan ─▶ [direct] [reversed] [punched] [predicted] [sprayed] [relayed] ─▶ open
 *
 * Both ends compute the same plan from offer and answer: the rows of the method table (method.h) that the
 * profile allows and the hints do not rule out, one after the other, each with a budget of time.  A path's class
 * is the method in whose stage its pair was found, and its transport. */
#ifndef PL_NAT_PATH_H
#define PL_NAT_PATH_H

#include "core/crypto/credential.h"
#include "core/nat/discovery/discovery.h"
#include "core/nat/turn/turn_client.h"

#define PL_PATH_BODY_MAX 1200 /* chosen: an offer of 16 candidates with its credential and signature; one signal */
#define PL_PATH_PAYLOAD_FIRST 0x40 /* spec RFC 8489 §5: no STUN message begins with this byte, or one above */
#define PL_PATH_PAYLOAD_MAX 1200 /* chosen: what a path carries at most in one datagram or frame */

/* How the two ends came together (DESIGN §5); the order is the order of trial. */
#define PL_PATH_METHODS(X)                                                                                   \
    X(PL_PATH_DIRECT, "direct")       /* the caller's packets reach the callee with no help */               \
    X(PL_PATH_REVERSED, "reversed")   /* the callee can open to the caller */                                \
    X(PL_PATH_PUNCHED, "punched")     /* both send, and open each other's way */                             \
    X(PL_PATH_PREDICTED, "predicted") /* punched at a port that was foretold */                              \
    X(PL_PATH_SPRAYED, "sprayed")     /* punched at a port that was hit by chance */                         \
    X(PL_PATH_RELAYED, "relayed")     /* through a supernode */
typedef enum pl_path_method {
#define X(id, name) id,
    PL_PATH_METHODS(X)
#undef X
        PL_PATH_METHODS_COUNT
} pl_path_method;

typedef enum pl_path_transport { PL_PATH_UDP, PL_PATH_TCP } pl_path_transport;
/* Which transports a session may use for the ways that are not relayed.  A relay's legs may always use both. */
typedef enum pl_path_choice { PL_PATH_ANY, PL_PATH_UDP_ONLY, PL_PATH_TCP_ONLY } pl_path_choice;

/* Where the two ends met: in public, on one local network, or at a box that turned the packets round. */
typedef enum pl_path_via { PL_PATH_VIA_PUBLIC, PL_PATH_VIA_LAN, PL_PATH_VIA_HAIRPIN } pl_path_via;

/* RFC 8445 §5.1.1 and §7.3.1.3. */
typedef enum pl_candidate_type {
    PL_CANDIDATE_HOST,
    PL_CANDIDATE_REFLEXIVE,
    PL_CANDIDATE_PEER_REFLEXIVE,
    PL_CANDIDATE_RELAYED
} pl_candidate_type;

const char *pl_path_method_name(pl_path_method method);
const char *pl_path_transport_name(pl_path_transport transport);
const char *pl_path_via_name(pl_path_via via);
const char *pl_candidate_type_name(pl_candidate_type type);
/* "punched-udp". */
const char *pl_path_class_name(pl_path_method method, pl_path_transport transport);

/* How much of the method table a client of an era knows: "e1", "e2", "ours" (method.c). */
typedef struct pl_path_profile {
    const char *name;
    const char *help;
    uint32_t methods_udp, methods_tcp; /* bit a method */
    bool public_only;      /* no way but a relay if either end is behind anything (E1) */
    bool trusts_report;    /* leaves methods out because of a stored NAT report (E2), rather than only hurrying */
    bool timed_start;      /* both ends begin at one instant, a round trip after the answer (the early-packet race) */
    bool low_ttl_opener;   /* the first packet of a punch opens one's own box and reaches nobody else's */
    bool fresh_port;       /* a punch that failed is tried once more from fresh ports */
} pl_path_profile;
const pl_path_profile *pl_path_profile_find(const char *name);
size_t pl_path_profiles(const pl_path_profile *const **ret_profiles);

/* What a path is told about the node that it belongs to; borrowed for the path's life. */
typedef struct pl_path_self {
    pl_context *context;
    const pl_path_profile *profile;
    const pl_credential *credential; /* of the logged-in user */
    const pl_keypair *sign, *dh;     /* that the credential names */
    const uint8_t *server_sign_key;  /* pinned */
    pl_addr supernode;               /* our own: STUN, and relay */
    uint32_t partner_ip;             /* its partner, where discovery was answered: STUN; 0 = none is known */
    uint16_t supernode_tcp_port;     /* the port on which its TCP was reached: its own, 80 or 443 */
    const uint16_t *web_ports;       /* on which we listen besides: candidates if nothing translates us */
    size_t n_web_ports;
    const pl_nat_report *report;     /* stored by discovery; NULL = unknown */
    pl_span binding_lifetime;        /* of a silent UDP mapping, as measured; 0 = unknown */
} pl_path_self;

/* The path of a session as it was found. */
typedef struct pl_path_found {
    pl_path_method method;
    pl_path_transport transport; /* relayed: TCP if a leg of either end is TCP */
    pl_path_via via;
    pl_candidate_type local, remote;
    pl_addr remote_addr;
    pl_span time;      /* from call (or offer) to nominated */
    uint32_t packets;  /* datagrams, and writes to streams, that this end spent until then */
} pl_path_found;

typedef struct pl_path pl_path;

/* What the owner hears, from inputs and deadlines only; `signal` also from pl_path_signal and pl_path_free, want_relay
 * from pl_path_signal.  The owner may free the path in opened, received and ended, not in the other two. */
typedef struct pl_path_handler {
    /* Wants a body carried to the peer. */
    void (*signal)(void *owner, pl_path *path, const uint8_t *body, size_t len, pl_time now);
    /* Wants an account at the relay; the owner answers by pl_path_relay_account, soon or never. */
    void (*want_relay)(void *owner, pl_path *path, pl_time now);
    void (*opened)(void *owner, pl_path *path, const pl_path_found *found, pl_time now);
    /* A payload of the peer on an open path. */
    void (*received)(void *owner, pl_path *path, const uint8_t *data, size_t len, pl_time now);
    /* The path failed, or is lost: static name of the cause ("no-path", "no-answer", "peer-offline", "declined",
     * "forged", "consent-expired", "stream-lost", "relay-lost", "closed-by-peer").  The owner frees it in here or
     * later; nothing is heard after it. */
    void (*ended)(void *owner, pl_path *path, const char *cause, pl_time now);
} pl_path_handler;

typedef struct pl_path_options {
    const pl_path_self *self;
    const char *peer; /* name of the user called; of the caller when answering */
    pl_path_choice choice;
    const pl_path_handler *handler;
    void *owner;
} pl_path_options;

/* The caller: starts gathering. */
pl_path *pl_path_call(const pl_path_options *options, pl_time now);
/* The callee: takes an offer.  NULL and the error (PL_ERR_FORGED, PL_ERR_EXPIRED, PL_ERR_MALFORMED, …) if it is none. */
pl_path *pl_path_answer(const pl_path_options *options, const uint8_t *offer, size_t len, int *ret_error, pl_time now);
/* The callee: has no room.  Writes what to say to an offer (PL_PATH_BODY_MAX), or returns the error as pl_path_answer. */
int pl_path_decline(const pl_path_self *self, const char *peer, const uint8_t *offer, size_t len, uint8_t *ret_body,
                    size_t *ret_len, pl_time now);
/* Frees; tells the peer, unless it ended by itself or nobody was told of it. */
void pl_path_free(pl_path *path, pl_time now);

/* The session's number, drawn by the caller; 0 from bodies that are none.  Routes signals to paths. */
uint64_t pl_path_session(const pl_path *path);
uint64_t pl_path_session_of(const uint8_t *body, size_t len);
bool pl_path_is_offer(const uint8_t *body, size_t len);

/* A body of the peer; and that a body could not be delivered. */
int pl_path_signal(pl_path *path, const uint8_t *body, size_t len, pl_time now);
void pl_path_undelivered(pl_path *path, const char *cause, pl_time now);
void pl_path_relay_account(pl_path *path, const pl_turn_account *account, pl_time now);

/* Sends a payload on an open path; its first byte is PL_PATH_PAYLOAD_FIRST or above, by which it is told from checks.
 * PL_ERR_UNEXPECTED if the path is not open, PL_ERR_OVERSIZED, PL_ERR_MALFORMED (first byte, or empty), PL_ERR_AGAIN if
 * a stream is full (dropped). */
int pl_path_send(pl_path *path, const uint8_t *data, size_t len, pl_time now);

/* Routing of inputs: true if the id is this path's. */
bool pl_path_datagram(pl_path *path, pl_id socket, pl_addr from, const uint8_t *data, size_t len, int *ret_error,
                      pl_time now);
bool pl_path_accepted(pl_path *path, pl_id listener, pl_id stream, pl_addr from, pl_time now);
bool pl_path_opened_stream(pl_path *path, pl_id stream, pl_time now);
bool pl_path_data(pl_path *path, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_path_writable(pl_path *path, pl_id stream, pl_time now);
/* The peer will send no more: the stream is closed. */
bool pl_path_fin(pl_path *path, pl_id stream, pl_time now);
bool pl_path_closed(pl_path *path, pl_id stream, pl_cause cause, pl_time now);
/* A stream that was accepted on one of the node's own ports, whose first frame is a check for this session: the path
 * takes it over, with the bytes that have come. */
void pl_path_adopt(pl_path *path, pl_id stream, pl_addr from, const uint8_t *data, size_t len, pl_time now);
/* The session that the first frame on an accepted stream is for; 0 if it is no check of ours, -1 if too few bytes
 * have come to tell. */
int64_t pl_path_session_of_frame(const uint8_t *data, size_t len);

#endif
