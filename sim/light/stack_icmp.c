#include "sim/light/stack.h"
#include "sim/light/tcp/tcp.h"

#include <glib.h>

/* spec: RFC 792. */
#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO 8
/* chosen: an Ethernet frame less the headers; a request asks not to be fragmented. */
#define ECHO_MAX 1472

/* All of a host's echo requests carry one identifier, as those of one process do. */
static uint16_t identifier_of(sim_host host)
{
    return (uint16_t)(host % UINT16_MAX + 1);
}

int sim_icmp_echo(sim_engine *engine, sim_host host, uint32_t to, uint16_t sequence, size_t len)
{
    static const uint8_t zeros[ECHO_MAX];
    if (!sim_stack_host(engine, host))
        return PL_ERR_GONE;
    if (!to)
        return PL_ERR_DENIED;
    if (len > ECHO_MAX)
        return PL_ERR_OVERSIZED;
    const uint16_t identifier = identifier_of(host);
    const net_packet packet = {.protocol = PL_PROTOCOL_ICMP,
                               .ttl = SIM_TTL_DEFAULT,
                               .icmp_type = ICMP_ECHO,
                               .source = {.ip = engine->hosts[host].ip, .port = identifier},
                               .destination = {.ip = to, .port = identifier},
                               .fragment = NET_FRAGMENT_DONT,
                               .sequence = sequence,
                               .payload = zeros,
                               .payload_len = (uint32_t)len};
    sim_stack_send(engine, host, &packet);
    return 0;
}

void sim_icmp_error(sim_engine *engine, sim_host host, const net_packet *about, uint8_t type, uint8_t code)
{
    const net_packet packet = {
        .protocol = PL_PROTOCOL_ICMP,
        .ttl = SIM_TTL_DEFAULT,
        .icmp_type = type,
        .icmp_code = code,
        .source = {.ip = engine->hosts[host].ip},
        .destination = {.ip = about->source.ip},
        .quote = {.protocol = about->protocol,
                  .source = about->source,
                  .destination = about->destination,
                  .sequence = about->protocol == PL_PROTOCOL_TCP ? about->sequence : 0}};
    sim_stack_send(engine, host, &packet);
}

static void echo_answer(sim_engine *engine, sim_host host, const net_packet *request)
{
    net_packet reply = *request;
    reply.icmp_type = ICMP_ECHO_REPLY;
    reply.ttl = SIM_TTL_DEFAULT;
    reply.fragment = 0;
    reply.source = request->destination;
    reply.destination = request->source;
    sim_stack_send(engine, host, &reply);
}

static void echo_reply(sim_engine *engine, sim_host host, const net_packet *packet)
{
    if (packet->destination.port != identifier_of(host))
        return;
    const pl_input input = {.kind = PL_INPUT_ECHO,
                            .from = {.ip = packet->source.ip},
                            .echo_sequence = (uint16_t)packet->sequence};
    sim_stack_input(engine, host, &input);
}

static void report(sim_engine *engine, sim_host host, pl_id id, const net_packet *packet)
{
    const pl_input input = {.kind = PL_INPUT_ICMP,
                            .id = id,
                            .from = {.ip = packet->source.ip},
                            .icmp = {.type = packet->icmp_type,
                                     .code = packet->icmp_code,
                                     .protocol = packet->quote.protocol,
                                     .source = packet->quote.source,
                                     .destination = packet->quote.destination}};
    sim_stack_input(engine, host, &input);
}

/* An error goes to what sent the packet that it quotes; an echo request has no socket, so its node hears
 * of it without one. */
static void error_input(sim_engine *engine, sim_host host, const net_packet *packet)
{
    const net_quote *quote = &packet->quote;
    if (quote->source.ip != engine->hosts[host].ip)
        return;
    if (quote->protocol == PL_PROTOCOL_TCP) {
        sim_tcp_icmp(engine, host, packet);
    } else if (quote->protocol == PL_PROTOCOL_UDP) {
        const pl_id socket =
            sim_endpoint_at(engine, &engine->udp, host, quote->source.port, (pl_addr){0});
        if (socket)
            report(engine, host, socket, packet);
    } else if (quote->protocol == PL_PROTOCOL_ICMP && quote->source.port == identifier_of(host)) {
        report(engine, host, 0, packet);
    }
}

void sim_icmp_deliver(sim_engine *engine, sim_host host, const net_packet *packet)
{
    if (packet->quote.protocol)
        error_input(engine, host, packet);
    else if (packet->icmp_type == ICMP_ECHO)
        echo_answer(engine, host, packet);
    else if (packet->icmp_type == ICMP_ECHO_REPLY)
        echo_reply(engine, host, packet);
}
