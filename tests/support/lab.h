/* lab.h - a small network on the fake engine, and short ways to send and to ask what happened. */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H

#include "sim/net/net.h"
#include "tests/support/fake_engine.h"

/* "10.0.0.1" as a number. */
uint32_t lab_ip(const char *text);
pl_addr lab_addr(const char *text, uint16_t port);

typedef struct lab {
    fake_engine *engine;
    net *network;
    net_drop last_drop; /* NET_DROP_NONE if nothing was dropped since the last send */
    net_step last_step; /* DROPPED or REJECTED, of that drop */
    char last_box[64];
    unsigned translations; /* since the last send */
    unsigned sightings;    /* of all steps, since the last send */
} lab;

/* A network of constant latency, whose routers say nothing of a TTL that ran out. */
void lab_open(lab *lab, pl_span latency);
void lab_open_with(lab *lab, const net_options *options);
void lab_close(lab *lab);

/* A host with an ideal link and no firewall. */
sim_host lab_host(lab *lab, const char *name, net_realm realm, const char *ip);
sim_host lab_host_with(lab *lab, const char *name, net_realm realm, const char *ip,
                       const net_link_options *link, const char *firewall);
/* A realm behind a NAT preset; no site firewall. */
net_realm lab_realm(lab *lab, const char *name, net_realm parent, const char *ip, const char *nat);
net_realm lab_realm_with(lab *lab, const char *name, net_realm parent, const char *ip,
                         const net_nat_options *nat, const char *firewall);

/* Sends now; nothing runs yet. */
void lab_send(lab *lab, sim_host host, const net_packet *packet);
net_packet lab_udp(pl_addr from, pl_addr to);
net_packet lab_tcp(pl_addr from, pl_addr to, uint8_t flags);
net_packet lab_echo(const char *from, const char *to, uint8_t type, uint16_t id);

/* Sends at the present instant and runs all that follows from it.  Returns the delivery that it led to,
 * NULL if there was none; valid until the next send. */
const fake_delivery *lab_pass(lab *lab, sim_host host, net_packet packet);
/* Sets the clock. */
void lab_at(lab *lab, pl_time when);

#endif
