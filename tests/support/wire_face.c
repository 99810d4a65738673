#include "tests/support/wire_face.h"

#include <string.h>

typedef struct end {
    uint32_t ip;
    uint64_t mask;
    bool is_cut;
    pl_time free_at; /* when the uplink has sent what it has */
} end;

struct wire {
    const sim_engine_ops *ops;
    sim_engine *engine;
    wire_options options;
    GArray *ends;
    GArray *log;
    GPtrArray *flying; /* parcels under way, for those that never arrive */
};

typedef struct parcel {
    wire *line;
    sim_host to;
    net_packet packet;
    uint8_t payload[];
} parcel;

static void arrive(void *ctx, void *arg, pl_time now)
{
    wire *line = ctx;
    parcel *arrived = arg;
    line->ops->deliver(line->engine, arrived->to, &arrived->packet, now);
    g_ptr_array_remove_fast(line->flying, arrived);
}

static void fly(wire *line, sim_host to, const net_packet *packet, pl_time at)
{
    parcel *sent = g_malloc0(sizeof *sent + packet->payload_len);
    sent->line = line;
    sent->to = to;
    sent->packet = *packet;
    if (packet->payload_len)
        memcpy(sent->payload, packet->payload, packet->payload_len);
    sent->packet.payload = sent->payload;
    g_ptr_array_add(line->flying, sent);
    line->ops->at(line->engine, at, arrive, line, sent);
}

static bool find(const wire *line, uint32_t ip, sim_host *ret_host)
{
    for (guint i = 0; i < line->ends->len; i++) {
        if (g_array_index(line->ends, end, i).ip != ip)
            continue;
        *ret_host = i;
        return true;
    }
    return false;
}

/* What a router says when the TTL runs out on it. */
static void expire(wire *line, sim_host from, const net_packet *packet, pl_time at)
{
    const net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                              .ttl = 64,
                              .icmp_type = 11,
                              .source = {.ip = 0x0a0000fe},
                              .destination = {.ip = packet->source.ip},
                              .quote = {.protocol = packet->protocol,
                                        .source = packet->source,
                                        .destination = packet->destination,
                                        .sequence = packet->sequence}};
    fly(line, from, &error, at);
}

static void send_packet(void *network, sim_host host, const net_packet *packet, pl_time now)
{
    wire *line = network;
    end *from = &g_array_index(line->ends, end, host);
    wire_entry entry = {.at = now, .from = host, .packet = *packet};
    entry.packet.payload = NULL;
    entry.dropped = from->is_cut || (from->mask & 1);
    from->mask >>= 1;
    g_array_append_val(line->log, entry);
    pl_time out = now;
    if (line->options.rate_bps) {
        const pl_span rate = (pl_span)line->options.rate_bps;
        const pl_span takes = (pl_span)net_packet_bytes(packet) * 8 * PL_SECOND / rate;
        from->free_at = MAX(from->free_at, now) + takes;
        out = from->free_at;
    }
    sim_host to = 0;
    if (entry.dropped || !find(line, packet->destination.ip, &to))
        return;
    if (packet->ttl <= line->options.hops)
        expire(line, host, packet, out + line->options.delay);
    else
        fly(line, to, packet, out + line->options.delay);
}

wire *wire_new(const sim_engine_ops *ops, const wire_options *options)
{
    wire *line = g_new0(wire, 1);
    const sim_network_face face = {.network = line, .send = send_packet};
    line->ops = ops;
    line->options = *options;
    line->ends = g_array_new(FALSE, TRUE, sizeof(end));
    line->log = g_array_new(FALSE, TRUE, sizeof(wire_entry));
    line->flying = g_ptr_array_new_with_free_func(g_free);
    line->engine = ops->create(&(sim_engine_options){.hosts_expected = 4, .seed = 7}, &face);
    return line;
}

void wire_free(wire *line)
{
    line->ops->destroy(line->engine);
    g_ptr_array_unref(line->flying);
    g_array_unref(line->log);
    g_array_unref(line->ends);
    g_free(line);
}

sim_engine *wire_engine(const wire *line)
{
    return line->engine;
}

sim_host wire_host_add(wire *line, const sim_host_options *options)
{
    const end added = {.ip = options->ip};
    g_array_append_val(line->ends, added);
    line->ops->host_add(line->engine, line->ends->len - 1, options);
    return line->ends->len - 1;
}

void wire_drop(wire *line, sim_host host, uint64_t mask)
{
    g_array_index(line->ends, end, host).mask = mask;
}

void wire_cut(wire *line, sim_host host)
{
    g_array_index(line->ends, end, host).is_cut = true;
}

void wire_mend(wire *line, sim_host host)
{
    g_array_index(line->ends, end, host).is_cut = false;
}

void wire_inject(wire *line, sim_host host, const net_packet *packet)
{
    fly(line, host, packet, line->ops->now(line->engine));
}

size_t wire_sent(const wire *line)
{
    return line->log->len;
}

const wire_entry *wire_at(const wire *line, size_t i)
{
    g_assert(i < line->log->len);
    return &g_array_index(line->log, wire_entry, i);
}

size_t wire_count_flags(const wire *line, sim_host from, uint8_t flags, size_t since)
{
    size_t count = 0;
    for (size_t i = since; i < wire_sent(line); i++) {
        const wire_entry *entry = wire_at(line, i);
        count += entry->from == from && entry->packet.protocol == PL_PROTOCOL_TCP &&
                 (entry->packet.tcp_flags & flags) == flags;
    }
    return count;
}

const wire_entry *wire_last(const wire *line, sim_host from)
{
    for (size_t i = wire_sent(line); i-- > 0;)
        if (wire_at(line, i)->from == from)
            return wire_at(line, i);
    return NULL;
}
