#include "sim/light/stack.h"

#include <glib.h>

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

int sim_udp_send(sim_engine *engine, sim_host host, pl_id socket, pl_addr to, uint8_t ttl,
                 const uint8_t *data, size_t len)
{
    const sim_endpoint *from = sim_endpoint_find(engine, &engine->udp, host, socket);
    if (!from)
        return PL_ERR_GONE;
    if (!to.ip || !to.port)
        return PL_ERR_DENIED;
    if (len > PAYLOAD_MAX)
        return PL_ERR_OVERSIZED;
    const net_packet packet = {.protocol = PL_PROTOCOL_UDP,
                               .ttl = ttl ? ttl : SIM_TTL_DEFAULT,
                               .source = {.ip = engine->hosts[host].ip, .port = from->local_port},
                               .destination = to,
                               .payload = data,
                               .payload_len = (uint32_t)len};
    sim_stack_send(engine, host, &packet);
    return 0;
}

/* Most hosts have one busy socket, so the last one that got something is looked at first. */
static pl_id socket_of(sim_engine *engine, sim_host host, uint16_t port)
{
    sim_light_host *owner = &engine->hosts[host];
    const sim_endpoint *last = owner->last_socket ? sim_slab_find(&engine->udp, owner->last_socket) : NULL;
    if (last && last->host == host && last->local_port == port)
        return owner->last_socket;
    const pl_id found = sim_endpoint_at(engine, &engine->udp, host, port, (pl_addr){0});
    if (found)
        owner->last_socket = found;
    return found;
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
