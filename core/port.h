/* port.h - everything a node may ask of the world it runs in, and everything that may happen to it.
 *
 * Time is not here: it arrives with each input (node.h).  Three rooms implement this table: the light
 * engine, the ns-3 engine and the live engine.  One conformance suite (tests/port) runs over all
 * three.
 *
 * Rules that every implementation keeps:
 *   - a port function never calls back into the node; every result is a later input, even at zero
 *     delay (the same `now`, but a separate event);
 *   - nothing arrives for an id after the node closed or aborted it, or after its PL_INPUT_CLOSED;
 *   - data passed in is copied before the function returns. */
#ifndef PL_PORT_H
#define PL_PORT_H

#include "core/types.h"

struct pl_event;

/* Why a stream ended, or never opened. */
#define PL_CAUSES(X)                                                                               \
    X(PL_CAUSE_REFUSED, "refused")         /* RST, or ICMP port/admin prohibited, to our SYN */     \
    X(PL_CAUSE_TIMEOUT, "timeout")         /* the stack gave up on SYN or data */                  \
    X(PL_CAUSE_RESET, "reset")             /* RST on an open stream */                             \
    X(PL_CAUSE_UNREACHABLE, "unreachable") /* ICMP net/host unreachable to our SYN */              \
    X(PL_CAUSE_FIN, "fin")                 /* the peer finished and so did we */                   \
    X(PL_CAUSE_ABORTED, "aborted")         /* the local host went down under it */

typedef enum pl_cause {
#define X(name, text) name,
    PL_CAUSES(X)
#undef X
} pl_cause;

/* The static name of a cause, e.g. "refused". */
const char *pl_cause_name(pl_cause cause);

#define PL_PROTOCOL_ICMP 1
#define PL_PROTOCOL_TCP 6
#define PL_PROTOCOL_UDP 17

/* An ICMP message about something we sent: type, code and the 5-tuple that it quotes, as we sent it. */
typedef struct pl_icmp {
    uint8_t type;
    uint8_t code;
    uint8_t protocol;
    pl_addr source;
    pl_addr destination;
} pl_icmp;

typedef enum pl_input_kind {
    PL_INPUT_TICK,     /* the deadline came; nothing else is set */
    PL_INPUT_DATAGRAM, /* id = socket, from, data, len */
    PL_INPUT_ACCEPTED, /* id = the new stream, listener, from = the peer as we see it */
    PL_INPUT_OPENED,   /* id = stream that pl_port tcp_open gave */
    PL_INPUT_DATA,     /* id = stream, data, len: all bytes not yet consumed.  The node returns how many it
                        * consumed; if fewer, the window closes and nothing comes until tcp_more */
    PL_INPUT_FIN,      /* id = stream: the peer will send no more; we still may */
    PL_INPUT_WRITABLE, /* id = stream: after a short write, there is room again */
    PL_INPUT_CLOSED,   /* id = stream, cause; the id is dead */
    PL_INPUT_ICMP,     /* id = UDP socket if one matches the quoted tuple, icmp */
    PL_INPUT_ECHO,     /* an echo reply: from, echo_sequence */
    PL_INPUT_ADDRESS   /* the host's local addresses changed */
} pl_input_kind;

/* One thing that happened.  Borrowed: valid during the call only. */
typedef struct pl_input {
    pl_input_kind kind;
    pl_id id;
    pl_id listener;
    pl_addr from;
    const uint8_t *data;
    size_t len;
    pl_cause cause;
    uint16_t echo_sequence;
    pl_icmp icmp;
} pl_input;

/* What a node may ask.  `ctx` is the world's own; ids belong to the node that got them. */
typedef struct pl_port_ops {
    /* Binds a UDP socket to `port`, 0 for any.  PL_ERR_IN_USE, PL_ERR_DENIED. */
    int (*udp_bind)(void *ctx, uint16_t port, pl_id *ret_socket);
    /* Sends one datagram with the given TTL (0 = the host's default).  Loss is silent. */
    int (*udp_send)(void *ctx, pl_id socket, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len);
    /* Listens for TCP on `port`.  PL_ERR_IN_USE, PL_ERR_DENIED. */
    int (*tcp_listen)(void *ctx, uint16_t port, pl_id *ret_listener);
    /* Starts to open a stream from `local_port` (0 = any); PL_INPUT_OPENED or PL_INPUT_CLOSED follows. */
    int (*tcp_open)(void *ctx, uint16_t local_port, pl_addr to, pl_id *ret_stream);
    /* Queues bytes; returns how many were accepted (≥ 0).  If fewer than `len`, PL_INPUT_WRITABLE
     * follows when there is room. */
    int (*tcp_write)(void *ctx, pl_id stream, const uint8_t *data, size_t len);
    /* Asks for the unconsumed and further data again: PL_INPUT_DATA follows if there is any. */
    void (*tcp_more)(void *ctx, pl_id stream);
    /* Sends FIN after what is queued; reading goes on. */
    void (*tcp_shutdown)(void *ctx, pl_id stream);
    /* Closes any id: a socket, a listener, or a stream (gracefully: queued data and FIN still go out,
     * but nothing more is delivered). */
    void (*close)(void *ctx, pl_id id);
    /* Ends a stream at once with RST. */
    void (*tcp_abort)(void *ctx, pl_id stream);
    /* The local port of a socket, listener or stream. */
    uint16_t (*local_port)(void *ctx, pl_id id);
    /* Writes at most `max` local addresses, returns how many there are. */
    size_t (*local_addresses)(void *ctx, uint32_t *ret_addresses, size_t max);
    /* Sends an ICMP echo request of `len` payload bytes; PL_INPUT_ECHO follows if it is answered. */
    int (*icmp_echo)(void *ctx, uint32_t to, uint16_t sequence, size_t len);
    /* Fills `out` with unpredictable bytes (in a simulation: from the node's own stream). */
    void (*random)(void *ctx, uint8_t *out, size_t len);
    /* Keeps a value under a short key in the node's registry; len 0 removes it. */
    int (*keep)(void *ctx, const char *key, const uint8_t *data, size_t len);
    /* Copies the value into out (at most `max` bytes), returns its full length, 0 if absent. */
    size_t (*load)(void *ctx, const char *key, uint8_t *out, size_t max);
    /* Hands an event (event.h) to the world's record. */
    void (*trace)(void *ctx, const struct pl_event *event);
} pl_port_ops;

typedef struct pl_port {
    const pl_port_ops *ops;
    void *ctx;
} pl_port;

#endif
