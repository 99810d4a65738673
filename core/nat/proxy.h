/* proxy.h - a port before the node's own: what is opened to port 443 is opened through an HTTP proxy by CONNECT
 * (RFC 9110 §9.3.6, spoken in HTTP/1.1, RFC 9112).
 *
 * No machine above knows.  A stream that it opens to port 443 is opened to the proxy, under the same id and from any
 * port, whichever was asked for; the request is written and the answer's head swallowed; a 2xx is told as
 * PL_INPUT_OPENED, anything else as PL_INPUT_CLOSED (refused).
 * The bytes behind the head are the stream's first.  All else passes as it is.  There is no time in here: whoever opens
 * a stream waits for it as long as he likes.  Nothing the proxy says takes memory: its head is read byte by byte. */
#ifndef PL_NAT_PROXY_H
#define PL_NAT_PROXY_H

#include "core/port.h"

#define PL_PROXY_PORT 443       /* chosen: the one port that proxies commonly allow CONNECT to */
#define PL_PROXY_HEAD_MAX 8192  /* chosen: bytes of all heads of an answer; common servers' own bound */

typedef struct pl_proxy pl_proxy;

/* Takes an input that is for the node; returns what it consumed of PL_INPUT_DATA. */
typedef size_t (*pl_proxy_sink_fn)(void *owner, const pl_input *input, pl_time now);

/* `port` is the world's; copied.  `proxy` is where it listens. */
pl_proxy *pl_proxy_new(const pl_port *port, pl_addr proxy, pl_proxy_sink_fn sink, void *owner);
/* Forgets everything; asks nothing of the port. */
void pl_proxy_free(pl_proxy *proxy);

/* The port to give to the machines; valid as long as the proxy. */
pl_port pl_proxy_port(pl_proxy *proxy);
/* Takes an input of the world and hands on, at once, what it means to the node: nothing, itself, or more than one.
 * Returns the bytes consumed of PL_INPUT_DATA. */
size_t pl_proxy_input(pl_proxy *proxy, const pl_input *input, pl_time now);
/* Streams on their way through the proxy, not yet open. */
size_t pl_proxy_opening(const pl_proxy *proxy);

#endif
