/* ledger.c - what a supernode's traffic is spent on, and what it should be by the counts of its work.
 *
 * Two books that share nothing.  One is the network's: every byte of every packet, from the IP header on, that the host sent
 * or got: ACKs, handshakes and what is sent again included.  The other prices messages: datagrams with their headers, and
 * the core's count of records with theirs, a handshake for each session and an ACK for each record that nothing answers at
 * once.  In it keep-alives are not counted at all but foretold, from the children that there were and the interval.
 * The second is told as parts and as a share of the first.  It is kept from sample to sample while the supernode serves. */
#include "sim/world/crowd/ledger.h"

#include <stdio.h>
#include <string.h>

#include "sim/world/crowd/crowd.h"

#define DATAGRAM_HEADERS (NET_IP_HEADER_BYTES + NET_UDP_HEADER_BYTES)
#define SEGMENT_HEADERS (NET_IP_HEADER_BYTES + NET_TCP_HEADER_BYTES)
/* SYN and SYN+ACK of 48 bytes, an ACK, the three messages of XX with the preamble, 35 + 248 + 66 (docs/protocol.md), and
 * at the end a FIN each way and their ACKs */
#define SESSION_BYTES (2 * 48 + SEGMENT_HEADERS + 3 * SEGMENT_HEADERS + 35 + 248 + 66 + 4 * SEGMENT_HEADERS)

struct sim_ledger {
    uint64_t datagrams[SIM_CAUSE_KINDS]; /* wire bytes, sent and received */
    bool is_open;
    uint32_t life;
    pl_time since;    /* of the last sample */
    sim_counts last;  /* at it */
    pl_span served;   /* all together: between samples, at both of which it served */
    double child_ns;  /* children × time */
    sim_counts spent; /* in that time */
};

static const char *const names[] = {
#define X(id, name) [id] = name,
    SIM_CAUSES(X)
#undef X
};

typedef struct price {
    uint8_t kind; /* pl_message_id */
    sim_cause cause;
    uint8_t acks_said, acks_heard; /* segments without data that acknowledge it */
} price;

/* The rest is `other`, and acknowledged.  What is answered at once needs no ACK of its own, nor what another record of the
 * same instant follows; what is said needs one, as nobody has an answer ready. */
static const price prices[] = {
    {PL_MESSAGE_CREDENTIAL, SIM_CAUSE_LOGIN, 1, 0},      {PL_MESSAGE_ATTACH, SIM_CAUSE_LOGIN, 1, 0},
    {PL_MESSAGE_ATTACHED, SIM_CAUSE_LOGIN, 1, 1},        {PL_MESSAGE_REFUSED, SIM_CAUSE_LOGIN, 1, 1},
    {PL_MESSAGE_CACHE_REQUEST, SIM_CAUSE_LOGIN, 1, 0},   {PL_MESSAGE_CACHE_ENTRIES, SIM_CAUSE_LOGIN, 1, 1},
    {PL_MESSAGE_ADVERTISE, SIM_CAUSE_LOGIN, 1, 0},       {PL_MESSAGE_ADVERTISED, SIM_CAUSE_LOGIN, 1, 1},
    {PL_MESSAGE_REGISTER, SIM_CAUSE_INDEX, 1, 1},        {PL_MESSAGE_SEARCH, SIM_CAUSE_SEARCH, 1, 0},
    {PL_MESSAGE_SEARCH_NODES, SIM_CAUSE_SEARCH, 1, 1},   {PL_MESSAGE_SEARCH_RESULT, SIM_CAUSE_SEARCH, 1, 1},
    {PL_MESSAGE_SEARCH_TOLD, SIM_CAUSE_SEARCH, 1, 1},    {PL_MESSAGE_SEARCH_SILENT, SIM_CAUSE_SEARCH, 1, 1},
    {PL_MESSAGE_KEEP_ALIVE, SIM_CAUSE_KEEP_ALIVE, 1, 0},
};

static price price_of(pl_message_id id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(prices); i++)
        if (prices[i].kind == id)
            return prices[i];
    return (price){(uint8_t)id, SIM_CAUSE_OTHER, 1, 1};
}

static uint64_t cost(const pl_tally_row *row, uint64_t acks)
{
    return row->bytes + row->messages * (PL_TALLY_SEALED + acks * SEGMENT_HEADERS) + row->segments * SEGMENT_HEADERS;
}

void sim_ledger_price(const pl_tally *tally, uint64_t causes[SIM_CAUSE_KINDS])
{
    causes[SIM_CAUSE_LOGIN] += tally->sessions * SESSION_BYTES;
    for (size_t id = 0; id < PL_TALLY_KINDS; id++) {
        const price p = price_of((pl_message_id)id);
        causes[p.cause] += cost(&tally->said[id], p.acks_said) + cost(&tally->heard[id], p.acks_heard);
    }
}

sim_cause sim_ledger_cause_of(const uint8_t *data, size_t len)
{
    if (len < 4 || data[0] != PL_MESSAGE_MAGIC >> 8 || data[1] != (PL_MESSAGE_MAGIC & 0xff))
        return len > 0 && data[0] < 4 ? SIM_CAUSE_DISCOVERY : SIM_CAUSE_OTHER; /* STUN (RFC 8489 §5) */
    static const sim_cause causes[] = {
        [PL_MESSAGE_PROBE] = SIM_CAUSE_LOGIN,  [PL_MESSAGE_PROBE_ANSWER] = SIM_CAUSE_LOGIN,
        [PL_MESSAGE_PING] = SIM_CAUSE_MESH,    [PL_MESSAGE_ACK] = SIM_CAUSE_MESH,
        [PL_MESSAGE_PULL] = SIM_CAUSE_MESH,    [PL_MESSAGE_PAGE] = SIM_CAUSE_MESH,
        [PL_MESSAGE_STORE] = SIM_CAUSE_INDEX,  [PL_MESSAGE_STORED] = SIM_CAUSE_INDEX,
        [PL_MESSAGE_QUERY] = SIM_CAUSE_SEARCH, [PL_MESSAGE_ANSWER] = SIM_CAUSE_SEARCH,
        [PL_MESSAGE_GONE] = SIM_CAUSE_INDEX,
    };
    for (size_t id = 0; id < G_N_ELEMENTS(causes); id++)
        if (pl_message_row_of((pl_message_id)id)->code == data[3])
            return causes[id];
    return SIM_CAUSE_OTHER;
}

void sim_ledger_open(sim_machine *machine)
{
    const sim_world *world = machine->world;
    if (!world->network || !world->options.recorder || world->config->run.sample_ns == 0)
        return;
    machine->ledger = g_new0(struct sim_ledger, 1);
    net_host_count_packets(world->network, machine->stack.host);
}

void sim_ledger_free(sim_machine *machine)
{
    g_clear_pointer(&machine->ledger, g_free);
}

void sim_ledger_datagram(struct sim_ledger *ledger, const uint8_t *data, size_t len)
{
    ledger->datagrams[sim_ledger_cause_of(data, len)] += DATAGRAM_HEADERS + len;
}

static sim_counts count(const sim_machine *machine)
{
    const net *network = machine->world->network;
    const sim_host host = machine->stack.host;
    sim_counts c = {.wire = net_host_bytes(network, host) + NET_IP_HEADER_BYTES * net_host_packets(network, host),
                    .children = (double)pl_node_clients(machine->node)};
    memcpy(c.causes, machine->ledger->datagrams, sizeof c.causes);
    sim_ledger_price(pl_node_tally(machine->node), c.causes);
    return c;
}

/* The children between two samples are those of a straight line between both. */
static void book(struct sim_ledger *ledger, const sim_counts *counts, pl_span span)
{
    ledger->served += span;
    ledger->child_ns += (double)span * (ledger->last.children + counts->children) / 2;
    ledger->spent.wire += counts->wire - ledger->last.wire;
    for (size_t i = 0; i < SIM_CAUSE_KINDS; i++)
        ledger->spent.causes[i] += counts->causes[i] - ledger->last.causes[i];
}

void sim_ledger_sample(sim_machine *machine, pl_time now)
{
    struct sim_ledger *ledger = machine->ledger;
    const bool serves = sim_machine_is_supernode(machine) && pl_node_is_ready(machine->node) && !machine->is_off;
    if (!ledger || !serves || now < machine->world->config->run.warmup_ns) {
        if (ledger)
            ledger->is_open = false;
        return;
    }
    const sim_counts counts = count(machine);
    if (ledger->is_open && ledger->life == machine->life)
        book(ledger, &counts, now - ledger->since);
    ledger->is_open = true;
    ledger->life = machine->life;
    ledger->since = now;
    ledger->last = counts;
}

static void tell(const sim_machine *machine, const char *name, double value, const char *unit, pl_time now)
{
    sim_measure_sample(machine, &(sim_sample){name, NULL, value, unit}, now, now);
}

void sim_ledger_end(const sim_machine *machine, pl_time now)
{
    const struct sim_ledger *ledger = machine->ledger;
    const pl_span interval = machine->world->config->protocol.overlay_keep_alive;
    if (!ledger || ledger->served == 0)
        return;
    const double bits = 8 / ((double)ledger->served / (double)PL_SECOND);
    double foretold = interval > 0 ? ledger->child_ns / (double)interval * SIM_KEEP_ALIVE_BYTES : 0;
    tell(machine, "overlay.load", (double)ledger->spent.wire * bits, "bit/s", now);
    for (size_t i = 0; i < SIM_CAUSE_KINDS; i++) {
        char name[64];
        snprintf(name, sizeof name, "overlay.load_%s", names[i]);
        tell(machine, name, (double)ledger->spent.causes[i] * bits, "bit/s", now);
        foretold += i == SIM_CAUSE_KEEP_ALIVE ? 0 : (double)ledger->spent.causes[i];
    }
    tell(machine, "overlay.load_foretold", foretold * bits, "bit/s", now);
    if (ledger->spent.wire > 0)
        tell(machine, "overlay.load_accounted", foretold / (double)ledger->spent.wire, "1", now);
}
