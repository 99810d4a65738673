/* stack.h - the light engine's inside: the engine itself, its hosts and their UDP and ICMP.
 *
 * Private to sim/light.  A host is 64 bytes; sockets, listeners and streams are in slabs of the engine,
 * found by one hash table, and chained per host only so that a host can go down. */
#ifndef SIM_LIGHT_STACK_H
#define SIM_LIGHT_STACK_H

#include "sim/engine.h"
#include "sim/light/demux.h"
#include "sim/light/queue.h"
#include "sim/light/slab.h"

/* spec: RFC 1700, recommended default TTL. */
#define SIM_TTL_DEFAULT 64
/* spec: RFC 6335 §6, the dynamic ports. */
#define SIM_EPHEMERAL_LOW 49152u
#define SIM_EPHEMERAL_COUNT 16384u

typedef struct sim_light_host {
    _Alignas(SIM_MEMORY_LINE) sim_input_fn input;
    void *input_ctx;
    const sim_stack_profile *profile;
    uint64_t draws; /* state of the host's own generator: ports and initial sequence numbers */
    pl_id first[3]; /* of each kind: the head of the chain of what the host has open */
    uint32_t ip;
    pl_id last_socket; /* the UDP socket that was used last, tried first; 0 = none */
    uint16_t last_port; /* its port */
    uint16_t next_port; /* ephemeral, as an offset */
    bool up;
} sim_light_host;

/* What UDP sockets, listeners and streams begin with. */
typedef struct sim_endpoint {
    sim_slab_head slab; /* slab.next chains the endpoints of one kind and host */
    pl_id previous;
    sim_host host;
    pl_addr remote; /* streams only */
    uint16_t local_port;
} sim_endpoint;

struct sim_engine {
    sim_network_face face;
    pl_time now;
    bool stopping;
    sim_queue *queue;
    sim_light_host *hosts;
    size_t n_hosts, hosts_capacity;
    sim_slab udp, listeners, streams;
    sim_demux demux;
    uint64_t seed;
    uint64_t events, packets;
};

/* The host, NULL if there is none of that number or it is down. */
static inline sim_light_host *sim_stack_host(const sim_engine *engine, sim_host host)
{
    return host < engine->n_hosts && engine->hosts[host].up ? &engine->hosts[host] : NULL;
}

/* Hands an input to the host's node; returns what it consumed.  Anything may have happened to any
 * endpoint by then: look it up again. */
size_t sim_stack_input(sim_engine *engine, sim_host host, const pl_input *input);
/* Gives a packet of the host to the network. */
void sim_stack_send(sim_engine *engine, sim_host host, const net_packet *packet);
/* The next number of the host's generator. */
uint32_t sim_stack_draw(sim_light_host *host);
/* Schedules work. */
void sim_stack_at(sim_engine *engine, pl_time when, sim_event_fn fn, void *arg);

/* Opens an endpoint of `slab` at a port that is free; NULL when the slab is full. */
void *sim_endpoint_open(sim_engine *engine, sim_slab *slab, sim_host host, uint16_t port, pl_addr remote);
/* Closes it: out of the table, the host's chain and the slab. */
void sim_endpoint_close(sim_engine *engine, sim_slab *slab, void *endpoint);
/* The handle of an endpoint, 0 if there is none. */
pl_id sim_endpoint_at(const sim_engine *engine, const sim_slab *slab, sim_host host, uint16_t port,
                      pl_addr remote);
/* The endpoint of a handle if it belongs to that host, which is up; else NULL. */
void *sim_endpoint_find(const sim_engine *engine, const sim_slab *slab, sim_host host, pl_id id);
/* A free ephemeral port towards `remote`, 0 if all are taken. */
uint16_t sim_endpoint_port(sim_engine *engine, const sim_slab *slab, sim_host host, pl_addr remote);

int sim_udp_bind(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_socket);
int sim_udp_send(sim_engine *engine, sim_host host, pl_id socket, pl_addr to, uint8_t ttl,
                 const uint8_t *data, size_t len);
void sim_udp_deliver(sim_engine *engine, sim_host host, const net_packet *packet);

int sim_icmp_echo(sim_engine *engine, sim_host host, uint32_t to, uint16_t sequence, size_t len);
void sim_icmp_deliver(sim_engine *engine, sim_host host, const net_packet *packet);
/* Answers a packet with an ICMP error that quotes it. */
void sim_icmp_error(sim_engine *engine, sim_host host, const net_packet *about, uint8_t type,
                    uint8_t code);

#endif
