/* grant.h - the client's conversation with the login server: open, prove the server, show the
 * password, receive a signed credential and say at which supernode one is; or ask where another was last.
 *
 * Noise NK with the pinned key: the password leaves only after the server's second message proved it.
 * The kinds of port are tried in turn, first the kind on which the node reached its supernode. */
#ifndef PL_SESSION_GRANT_H
#define PL_SESSION_GRANT_H

#include "core/crypto/channel.h"
#include "core/crypto/credential.h"
#include "core/wire/message.h"

/* What a client knows of the network before it ever ran, the same for all nodes of a world; borrowed. */
typedef struct pl_network {
    const pl_addr *bootstrap;
    size_t n_bootstrap;
    const uint32_t *echo_targets; /* hosts of fixed networks that answer ICMP echo (BS-18); none when live */
    size_t n_echo_targets;
    const uint16_t *web_ports; /* 80 and 443 when simulated, none when live */
    size_t n_web_ports;
    uint8_t server_sign_key[PL_KEY_BYTES]; /* pinned: Ed25519, signs credentials */
    uint8_t server_dh_key[PL_KEY_BYTES];   /* pinned: X25519, the static key of NK */
} pl_network;

/* Kinds of port: 0 is an entry's own port, 1 … n_web_ports are the web ports. */
typedef size_t pl_port_kind;
/* The port number of a kind for an entry: 0 for "its own". */
static inline uint16_t pl_port_of_kind(const pl_network *network, pl_port_kind kind)
{
    return kind == 0 ? 0 : network->web_ports[kind - 1];
}
/* The k-th kind to try: first the one that is likely to get through, then the others in order. */
static inline pl_port_kind pl_port_kind_in_turn(pl_port_kind first, size_t k)
{
    if (k == 0)
        return first;
    return k <= first ? k - 1 : k;
}
/* The static name of the rung that uses it: "tcp", "tcp-80", "tcp-443", "tcp-web". */
const char *pl_port_kind_name(const pl_network *network, pl_port_kind kind);

typedef struct pl_identity {
    pl_keypair sign; /* Ed25519 */
    pl_keypair dh;   /* X25519 */
} pl_identity;

/* Draws fresh keys. */
void pl_identity_draw(pl_identity *identity, const pl_context *context);

/* How a grant failed; the first three stop a login for good, the others are tried again. */
#define PL_GRANT_FAILURES(X)                                                                       \
    X(PL_GRANT_OK, "granted")                                                                      \
    X(PL_GRANT_UNKNOWN_USER, "unknown-user")                                                       \
    X(PL_GRANT_WRONG_PASSWORD, "wrong-password")                                                   \
    X(PL_GRANT_NOT_PROVEN, "server-not-proven") /* no valid second message: wrong server key */    \
    X(PL_GRANT_BAD_CREDENTIAL, "bad-credential") /* not signed by the pinned key, expired, not ours */ \
    X(PL_GRANT_REFUSED, "server-refused")                                                          \
    X(PL_GRANT_NO_ANSWER, "server-no-answer")                                                      \
    X(PL_GRANT_UNREACHABLE, "server-unreachable")
typedef enum pl_grant_outcome {
#define X(id, name) id,
    PL_GRANT_FAILURES(X)
#undef X
} pl_grant_outcome;
const char *pl_grant_outcome_name(pl_grant_outcome outcome);

typedef struct pl_grant pl_grant;
/* `credential` is set on PL_GRANT_OK only.  The owner may free the grant inside. */
typedef void (*pl_grant_done_fn)(void *owner, pl_grant_outcome outcome, const pl_credential *credential,
                                 pl_time now);
/* What the server last knew of who is wanted, borrowed, of length 0 if nothing: instead of `done` with PL_GRANT_OK.  The
 * owner may free the grant inside. */
typedef void (*pl_grant_found_fn)(void *owner, pl_bytes_view entry, pl_time now);
/* Told of each address that is tried, before the outcome; may be NULL. */
typedef void (*pl_grant_contact_fn)(void *owner, pl_addr to);

typedef struct pl_grant_options {
    pl_context *context;
    const pl_network *network;
    const pl_addr *servers; /* copied */
    size_t n_servers;
    pl_port_kind first_kind;
    const char *name;      /* borrowed for the grant's life */
    const char *password;
    const pl_identity *identity;
    pl_addr supernode;     /* where we are online when it is granted: the server is told; {0,0} = nothing is said */
    const char *wanted;    /* NULL, or whom to ask for instead of logging in: the rest but `found` may then be NULL */
    pl_grant_found_fn found;
    pl_grant_done_fn done;
    pl_grant_contact_fn contact;
    void *owner;
} pl_grant_options;

pl_grant *pl_grant_new(const pl_grant_options *options, pl_time now);
void pl_grant_free(pl_grant *grant);

/* Inputs of its streams; true if the stream was this grant's. */
bool pl_grant_opened(pl_grant *grant, pl_id stream, pl_time now);
bool pl_grant_data(pl_grant *grant, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_grant_fin(pl_grant *grant, pl_id stream, pl_time now);
bool pl_grant_writable(pl_grant *grant, pl_id stream);
bool pl_grant_closed(pl_grant *grant, pl_id stream, pl_cause cause, pl_time now);

#endif
