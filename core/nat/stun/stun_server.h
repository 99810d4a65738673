/* stun_server.h - the supernode's side of discovery: answers on P1 and P2, changes of address through
 * the partner.
 *
 * An answer to a stranger is at most one per request, at most 128 bytes, rate-limited by source.  A change
 * of address or port is made only for an address:port that echoes the nonce of this server's first
 * answer to it; the nonce is an HMAC of the address under a secret, so nothing is kept per stranger. */
#ifndef PL_NAT_STUN_SERVER_H
#define PL_NAT_STUN_SERVER_H

#include "core/context.h"

typedef struct pl_stun_server pl_stun_server;

/* A change of address is wanted: the owner asks the partner over their link (STUN_CHANGE). */
typedef void (*pl_stun_change_fn)(void *owner, pl_addr target, const uint8_t stun_id[12], bool from_port_2);

typedef struct pl_stun_server_options {
    pl_context *context;
    uint32_t own_ip;         /* for RESPONSE-ORIGIN */
    pl_stun_change_fn change;
    void *owner;
} pl_stun_server_options;

/* Binds P1 and P2; a port that cannot be bound is traced (node:port-unavailable), not fatal. */
pl_stun_server *pl_stun_server_new(const pl_stun_server_options *options);
void pl_stun_server_free(pl_stun_server *server);
/* The partner's address once linked, 0 when lost: OTHER-ADDRESS is given only while it is known. */
void pl_stun_server_set_partner(pl_stun_server *server, uint32_t partner_ip);
bool pl_stun_server_owns(const pl_stun_server *server, pl_id socket);
int pl_stun_server_input(pl_stun_server *server, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                         pl_time now);
/* The partner asks us to answer `target` from P1 or P2 with this transaction id: one packet, rate-limited. */
void pl_stun_server_answer_for_partner(pl_stun_server *server, pl_addr target, const uint8_t stun_id[12],
                                       bool from_port_2, pl_time now);

#endif
