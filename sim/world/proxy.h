/* proxy.h - an HTTP proxy as a host of the simulated world: it takes CONNECT (RFC 9110 §9.3.6) and splices.
 *
 *   client ──TCP──▶ proxy:port ──TCP──▶ target:443
 *
 * It listens, reads one request, opens to the target if its port is 443, answers 200, 502 (not reached), 403 (another
 * port) or 400 (no request that it understands), and then hands the bytes of each side to the other.  Nothing is
 * kept in between: what the other side's stream does not take stays in this side's, whose window closes.  FIN passes
 * as FIN, RST as RST.  It is a machine over the engine's host stack, and knows addresses only as numbers. */
#ifndef SIM_WORLD_PROXY_H
#define SIM_WORLD_PROXY_H

#include "sim/stack_port.h"

#define SIM_PROXY_REQUEST_MAX 2048 /* chosen: bytes of a request's head; ours has 67 at most */
#define SIM_PROXY_SESSIONS_MAX 4096 /* chosen: more than the peers behind one office's proxy */

typedef struct sim_proxy sim_proxy;

typedef struct sim_proxy_options {
    sim_stack_port stack; /* the host's; copied */
    uint16_t port;        /* to listen on */
} sim_proxy_options;

sim_proxy *sim_proxy_new(const sim_proxy_options *options);
/* Forgets everything; asks nothing of the stack.  NULL is accepted. */
void sim_proxy_free(sim_proxy *proxy);
/* Listens.  0, or the stack's error. */
int sim_proxy_start(sim_proxy *proxy);
/* The input function to give to the engine, with the proxy as ctx. */
size_t sim_proxy_input(void *ctx, const pl_input *input, pl_time now);

/* What happened so far. */
typedef struct sim_proxy_counts {
    uint64_t opened;    /* tunnels */
    uint64_t refused;   /* requests: 400, 403 */
    uint64_t unreached; /* targets: 502 */
} sim_proxy_counts;
sim_proxy_counts sim_proxy_count(const sim_proxy *proxy);
/* Clients and tunnels that are there now. */
size_t sim_proxy_sessions(const sim_proxy *proxy);

#endif
