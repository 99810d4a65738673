#include "sim/light/stack.h"

#include <glib.h>
#include <string.h>

/* spec: RFC 792, destination unreachable, port unreachable. */
#define ICMP_UNREACHABLE 3
#define ICMP_PORT 3
/* spec: 65 535 less the IP and UDP headers (RFC 791 §3.1, RFC 768). */
#define PAYLOAD_MAX 65507

int sim_udp_bind(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_socket)
{
    if (!sim_stack_host(engine, host))
        return PL_ERR_GONE;
    if (!port)
        port = sim_endpoint_port(engine, &engine->udp, host, (pl_addr){0});
    if (!port || sim_endpoint_at(engine, &engine->udp, host, port, (pl_addr){0}))
        return PL_ERR_IN_USE;
    const sim_endpoint *bound = sim_endpoint_open(engine, &engine->udp, host, port, (pl_addr){0});
    if (!bound)
        return PL_ERR_LIMIT;
    *ret_socket = bound->slab.id;
    return 0;
}

static void remember(sim_light_host *owner, pl_id socket, uint16_t port)
{
    owner->last_socket = socket;
    owner->last_port = port;
}

/* The local port of a host's socket, 0 if it has no such socket.  Most hosts have one busy socket, which the
 * host's own record names; closing it clears that. */
static uint16_t port_of(sim_engine *engine, sim_host host, pl_id socket)
{
    sim_light_host *owner = sim_stack_host(engine, host);
    if (owner && socket && owner->last_socket == socket)
        return owner->last_port;
    const sim_endpoint *found = sim_endpoint_find(engine, &engine->udp, host, socket);
    if (!found)
        return 0;
    remember(owner, socket, found->local_port);
    return found->local_port;
}

/* The other way round: the socket of a port, 0 if there is none. */
static pl_id socket_of(sim_engine *engine, sim_host host, uint16_t port)
{
    sim_light_host *owner = &engine->hosts[host];
    if (owner->last_socket && owner->last_port == port)
        return owner->last_socket;
    const pl_id found = sim_endpoint_at(engine, &engine->udp, host, port, (pl_addr){0});
    if (found)
        remember(owner, found, port);
    return found;
}

int sim_udp_send(sim_engine *engine, sim_host host, pl_id socket, pl_addr to, uint8_t ttl,
                 const uint8_t *data, size_t len)
{
    const uint16_t port = port_of(engine, host, socket);
    if (!port)
        return PL_ERR_GONE;
    if (!to.ip || !to.port)
        return PL_ERR_DENIED;
    if (len > PAYLOAD_MAX)
        return PL_ERR_OVERSIZED;
    /* Only what a datagram has is set: the rest of the struct is never read. */
    net_packet packet;
    memset(&packet, 0, offsetof(net_packet, sequence));
    packet.protocol = PL_PROTOCOL_UDP;
    packet.ttl = ttl ? ttl : SIM_TTL_DEFAULT;
    packet.source = (pl_addr){.ip = engine->hosts[host].ip, .port = port};
    packet.destination = to;
    packet.payload = data;
    packet.payload_len = (uint32_t)len;
    sim_stack_send(engine, host, &packet);
    return 0;
}

void sim_udp_deliver(sim_engine *engine, sim_host host, const net_packet *packet)
{
    const pl_id socket = socket_of(engine, host, packet->destination.port);
    if (!socket) {
        sim_icmp_error(engine, host, packet, ICMP_UNREACHABLE, ICMP_PORT);
        return;
    }
    const pl_input input = {.kind = PL_INPUT_DATAGRAM,
                            .id = socket,
                            .from = packet->source,
                            .data = packet->payload,
                            .len = packet->payload_len};
    sim_stack_input(engine, host, &input);
}
