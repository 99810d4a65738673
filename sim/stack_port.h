/* stack_port.h - the part of a node's port that is an engine's host stack.
 *
 * Whoever gives a node its port puts a sim_stack_port first in the struct that `ctx` points to, and
 * SIM_STACK_PORT_OPS into its table; randomness, registry and trace remain its own. */
#ifndef SIM_STACK_PORT_H
#define SIM_STACK_PORT_H

#include "sim/engine.h"

typedef struct sim_stack_port {
    const sim_engine_ops *ops;
    sim_engine *engine;
    sim_host host;
} sim_stack_port;

/* As pl_port_ops (core/port.h); ctx begins with a sim_stack_port. */
int sim_stack_port_udp_bind(void *ctx, uint16_t port, pl_id *ret_socket);
int sim_stack_port_udp_send(void *ctx, pl_id socket, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len);
int sim_stack_port_tcp_listen(void *ctx, uint16_t port, pl_id *ret_listener);
int sim_stack_port_tcp_open(void *ctx, uint16_t local_port, pl_addr to, pl_id *ret_stream);
int sim_stack_port_tcp_write(void *ctx, pl_id stream, const uint8_t *data, size_t len);
void sim_stack_port_tcp_more(void *ctx, pl_id stream);
void sim_stack_port_tcp_shutdown(void *ctx, pl_id stream);
void sim_stack_port_close(void *ctx, pl_id id);
void sim_stack_port_tcp_abort(void *ctx, pl_id stream);
uint16_t sim_stack_port_local_port(void *ctx, pl_id id);
int sim_stack_port_icmp_echo(void *ctx, uint32_t to, uint16_t sequence, size_t len);

#define SIM_STACK_PORT_OPS                                                                                   \
    .udp_send = sim_stack_port_udp_send, .tcp_open = sim_stack_port_tcp_open, SIM_STACK_PORT_OPS_BUT_CONTACTS

/* For a port that has something to say about datagrams, and about whom one turns to. */
#define SIM_STACK_PORT_OPS_BUT_CONTACTS                                                                      \
    .udp_bind = sim_stack_port_udp_bind, .tcp_listen = sim_stack_port_tcp_listen,                            \
    .tcp_write = sim_stack_port_tcp_write, .tcp_more = sim_stack_port_tcp_more,                              \
    .tcp_shutdown = sim_stack_port_tcp_shutdown, .close = sim_stack_port_close,                              \
    .tcp_abort = sim_stack_port_tcp_abort, .local_port = sim_stack_port_local_port,                          \
    .icmp_echo = sim_stack_port_icmp_echo

#endif
