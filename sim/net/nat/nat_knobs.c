/* nat_knobs.c - the knobs of NAT boxes: one table for whoever reads, writes or prints options. */
#include <glib.h>
#include <string.h>

#include "sim/net/nat.h"
#include "sim/net/packet.h"

/* chosen: no box forgets so slowly; 10⁹ s are 31 years. */
#define LONGEST (1000000000 * PL_SECOND)

/* spec: RFC 791 §3.2, what every host must be able to take. */
#define MTU_LEAST 576

#define FIELD(name) .offset = offsetof(net_nat_options, name), .bytes = sizeof((net_nat_options *)0)->name
#define WORDS(...)                                                                                           \
    .kind = NET_KNOB_WORD, .words = {__VA_ARGS__},                                                           \
    .most = G_N_ELEMENTS(((const char *[]){__VA_ARGS__})) - 1
#define TIME .kind = NET_KNOB_TIME, .most = LONGEST
#define LIFETIME .kind = NET_KNOB_TIME, .least = 1, .most = LONGEST
#define COUNT(high) .kind = NET_KNOB_COUNT, .most = (high)
#define PORT .kind = NET_KNOB_PORT, .least = 1, .most = UINT16_MAX
#define BEHAVIOURS WORDS("endpoint-independent", "address-dependent", "address-and-port-dependent")
#define REFRESH(bit) .kind = NET_KNOB_SWITCH, .most = 1, .mask = (bit), FIELD(refresh)
#define SWITCH .kind = NET_KNOB_SWITCH, .most = 1

static const net_nat_knob knobs[] = {
    {"mapping", BEHAVIOURS, FIELD(mapping), .help = "which destinations share an outside port"},
    {"filtering", BEHAVIOURS, FIELD(filtering), .help = "who may answer through a mapping"},
    {"ports", WORDS("preserve", "sequential", "random", "block", "overloading", "overriding"), FIELD(ports),
     .help = "how outside ports are chosen"},
    {"port_low", PORT, FIELD(port_low), .help = "lowest port for sequential, random and block"},
    {"port_high", PORT, FIELD(port_high), .help = "highest port for sequential, random and block"},
    {"port_step", .kind = NET_KNOB_COUNT, .least = 1, .most = UINT16_MAX, FIELD(port_step),
     .help = "distance of one port to the next for sequential"},
    {"parity", SWITCH, FIELD(parity), .help = "even inside ports get even outside ports"},
    {"pool", .kind = NET_KNOB_COUNT, .least = 1, .most = NET_NAT_POOL_MAX, FIELD(pool),
     .help = "outside addresses of the box"},
    {"pooling", WORDS("paired", "arbitrary"), FIELD(pooling),
     .help = "whether one inside host always shows one address of the pool"},
    {"block", COUNT(UINT16_MAX), FIELD(block), .help = "ports of one inside host, for block"},
    {"fickle", SWITCH, FIELD(fickle),
     .help = "an endpoint whose port another one has gets a new port for each destination"},
    {"hairpin", WORDS("none", "external", "internal"), FIELD(hairpin),
     .help = "what becomes of packets from inside to the outside address, and which source they show"},
    {"refresh_out", REFRESH(NET_NAT_REFRESH_OUT), .help = "outbound packets prolong UDP and ICMP mappings"},
    {"refresh_in", REFRESH(NET_NAT_REFRESH_IN), .help = "inbound packets prolong UDP and ICMP mappings"},
    {"refresh_known", REFRESH(NET_NAT_REFRESH_KNOWN),
     .help = "with refresh_in: only those from endpoints that were sent to"},
    {"refresh_scope", WORDS("session", "mapping"), FIELD(refresh_scope),
     .help = "whether a packet prolongs the right of its own remote to answer, or of all"},
    {"udp_lifetime", LIFETIME, FIELD(udp_lifetime_ns), .help = "life of an idle UDP mapping"},
    {"udp_stream_lifetime", TIME, FIELD(udp_stream_lifetime_ns),
     .help = "the same once packets went both ways for more than 2 s; 0s = udp_lifetime"},
    {"tcp_established", LIFETIME, FIELD(tcp_established_ns), .help = "life of an idle TCP connection"},
    {"tcp_transitory", LIFETIME, FIELD(tcp_transitory_ns), .help = "the same while it opens or closes"},
    {"tcp_reset", TIME, FIELD(tcp_reset_ns), .help = "the same after a RST; 0s = tcp_transitory"},
    {"icmp_lifetime", LIFETIME, FIELD(icmp_lifetime_ns), .help = "life of an idle ICMP echo session"},
    {"unsolicited_syn", WORDS("silent", "rst", "icmp", "icmp-6s"), FIELD(unsolicited_syn),
     .help = "the answer to a SYN from outside that nobody waits for"},
    {"strangers", WORDS("ignored", "accepted", "answered"), FIELD(strangers),
     .help = "what the box's own stack does with strange datagrams, where ports are overloaded"},
    {"max_mappings", COUNT(UINT32_MAX), FIELD(max_mappings),
     .help = "room in the table; 0 = as many as ports"},
    {"hold_down", TIME, FIELD(hold_down_ns), .help = "how long a released port rests"},
    {"alg", WORDS("off", "rewrite"), FIELD(alg), .help = "whether addresses in payloads are rewritten"},
    {"mtu", .kind = NET_KNOB_BYTES, .least = MTU_LEAST, .most = NET_MTU, FIELD(mtu),
     .help = "largest packet on the box's outside; larger ones are fragmented"},
    {"fragments", WORDS("any", "ordered", "dropped"), FIELD(fragments),
     .help = "which fragments pass: all, those after their first one, none"},
};

size_t net_nat_knobs(const net_nat_knob **ret_rows)
{
    *ret_rows = knobs;
    return G_N_ELEMENTS(knobs);
}

const net_nat_knob *net_nat_knob_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(knobs); i++)
        if (strcmp(knobs[i].name, name) == 0)
            return &knobs[i];
    return NULL;
}

/* The field that a knob is kept in, whatever its width. */
static uint64_t load(const net_nat_options *options, const net_nat_knob *knob)
{
    const void *from = (const char *)options + knob->offset;
    switch (knob->bytes) {
    case sizeof(uint8_t):
        return *(const uint8_t *)from;
    case sizeof(uint16_t):
        return *(const uint16_t *)from;
    case sizeof(uint32_t):
        return *(const uint32_t *)from;
    default:
        g_assert(knob->bytes == sizeof(uint64_t));
        return *(const uint64_t *)from;
    }
}

static void store(net_nat_options *options, const net_nat_knob *knob, uint64_t value)
{
    void *to = (char *)options + knob->offset;
    switch (knob->bytes) {
    case sizeof(uint8_t):
        *(uint8_t *)to = (uint8_t)value;
        return;
    case sizeof(uint16_t):
        *(uint16_t *)to = (uint16_t)value;
        return;
    case sizeof(uint32_t):
        *(uint32_t *)to = (uint32_t)value;
        return;
    default:
        g_assert(knob->bytes == sizeof(uint64_t));
        *(uint64_t *)to = value;
    }
}

bool net_nat_knob_set(net_nat_options *options, const net_nat_knob *knob, int64_t value)
{
    if (value < knob->least || value > knob->most)
        return false;
    uint64_t field = (uint64_t)value;
    if (knob->mask)
        field = value ? load(options, knob) | knob->mask : load(options, knob) & ~(uint64_t)knob->mask;
    store(options, knob, field);
    return true;
}

int64_t net_nat_knob_get(const net_nat_options *options, const net_nat_knob *knob)
{
    const uint64_t field = load(options, knob);
    if (knob->mask)
        return (field & knob->mask) != 0;
    return (int64_t)field;
}

int64_t net_nat_knob_word(const net_nat_knob *knob, const char *word)
{
    for (int64_t i = 0; i < NET_NAT_KNOB_WORDS_MAX && knob->words[i]; i++)
        if (strcmp(knob->words[i], word) == 0)
            return i;
    return -1;
}

const char *net_nat_fault(const net_nat_options *options)
{
    const uint32_t low = options->port_low ? options->port_low : 1024;
    const uint32_t high = options->port_high ? options->port_high : UINT16_MAX;
    if (low > high)
        return "port_low is above port_high";
    if (options->ports == NET_PORTS_BLOCK && !options->block)
        return "ports=block needs a block of at least one port";
    if (options->ports == NET_PORTS_BLOCK && options->block > high - low + 1)
        return "block is larger than the range of ports";
    if (options->ports == NET_PORTS_OVERLOADING && options->filtering != NET_NAT_APD)
        return "ports=overloading filters by address and port, so filtering must say so";
    if (options->ports == NET_PORTS_OVERLOADING && options->mapping == NET_NAT_AD)
        return "ports=overloading maps endpoint-independent or address-and-port-dependent";
    if (options->strangers != NET_STRANGERS_IGNORED && options->ports != NET_PORTS_OVERLOADING)
        return "strangers are taken only where ports=overloading";
    if (options->fickle && (options->ports != NET_PORTS_PRESERVE || options->mapping != NET_NAT_EI))
        return "fickle needs ports=preserve and mapping=endpoint-independent";
    return NULL;
}
