/* reassembly.c - datagrams put together from their fragments. */
#include "sim/net/fragment/reassembly.h"

#include <glib.h>
#include <string.h>

/* spec: RFC 791 §3.1, the longest packet less its header. */
#define LONGEST (65535u - NET_IP_HEADER_BYTES)

typedef struct span {
    uint32_t from, to; /* bytes above IP */
} span;

typedef struct datagram {
    pl_time until;    /* 0: the place is free */
    net_packet first; /* the packet without its payload: of any fragment, until the first one has come */
    uint32_t header;  /* bytes of the header above IP, once the first one has come */
    uint32_t total;   /* bytes above IP, once the last one has come; else 0 */
    GArray *spans;
    GByteArray *bytes; /* above IP; those of the header are void */
} datagram;

typedef struct host_datagrams {
    datagram places[NET_REASSEMBLY_MAX];
} host_datagrams;

struct net_reassembly {
    GHashTable *hosts; /* number → host_datagrams */
};

static void give_up(datagram *d)
{
    if (!d->until)
        return;
    g_array_free(d->spans, TRUE);
    g_byte_array_free(d->bytes, TRUE);
    *d = (datagram){0};
}

static void host_free(gpointer data)
{
    host_datagrams *host = data;
    for (size_t i = 0; i < NET_REASSEMBLY_MAX; i++)
        give_up(&host->places[i]);
    g_free(host);
}

net_reassembly *net_reassembly_new(void)
{
    net_reassembly *reassembly = g_new0(net_reassembly, 1);
    reassembly->hosts = g_hash_table_new_full(NULL, NULL, NULL, host_free);
    return reassembly;
}

void net_reassembly_free(net_reassembly *reassembly)
{
    if (!reassembly)
        return;
    g_hash_table_destroy(reassembly->hosts);
    g_free(reassembly);
}

static bool is_of(const datagram *d, const net_packet *fragment)
{
    const net_packet *first = &d->first;
    return d->until && first->protocol == fragment->protocol &&
           first->identification == fragment->identification && first->source.ip == fragment->source.ip &&
           first->destination.ip == fragment->destination.ip;
}

/* The datagram of a fragment, begun if there is none that still waits. */
static datagram *place_of(host_datagrams *host, const net_packet *fragment, pl_time now)
{
    datagram *oldest = &host->places[0];
    for (size_t i = 0; i < NET_REASSEMBLY_MAX; i++) {
        datagram *d = &host->places[i];
        if (d->until && now >= d->until)
            give_up(d);
        if (is_of(d, fragment))
            return d;
        if (d->until < oldest->until)
            oldest = d;
    }
    give_up(oldest);
    *oldest = (datagram){.until = now + NET_REASSEMBLY_TIME,
                         .first = *fragment,
                         .spans = g_array_new(FALSE, FALSE, sizeof(span)),
                         .bytes = g_byte_array_new()};
    return oldest;
}

typedef enum fit { FITS, KNOWN, OVERLAPS } fit;

static fit fit_of(const datagram *d, span new_one)
{
    for (guint i = 0; i < d->spans->len; i++) {
        const span old = g_array_index(d->spans, span, i);
        if (old.from == new_one.from && old.to == new_one.to)
            return KNOWN;
        if (new_one.from < old.to && old.from < new_one.to)
            return OVERLAPS;
    }
    return d->total && new_one.to > d->total ? OVERLAPS : FITS;
}

static void keep(datagram *d, const net_packet *fragment, span where)
{
    g_array_append_val(d->spans, where);
    if (d->bytes->len < where.to)
        g_byte_array_set_size(d->bytes, where.to);
    if (fragment->payload_len)
        memcpy(d->bytes->data + where.to - fragment->payload_len, fragment->payload, fragment->payload_len);
    if (!net_packet_is_later(fragment)) {
        d->first = *fragment;
        d->header = where.to - fragment->payload_len;
    }
    if (!(fragment->fragment & NET_FRAGMENT_MORE))
        d->total = where.to;
}

/* Spans do not overlap, so that they cover the whole if they are as long. */
static bool is_complete(const datagram *d)
{
    uint32_t covered = 0;
    for (guint i = 0; i < d->spans->len; i++) {
        const span each = g_array_index(d->spans, span, i);
        covered += each.to - each.from;
    }
    return d->total && d->header && covered == d->total;
}

static net_packet finish(datagram *d)
{
    net_packet whole = d->first;
    whole.fragment = 0;
    whole.identification = 0;
    whole.payload_len = d->total - d->header;
    whole.payload = g_memdup2(d->bytes->data + d->header, whole.payload_len);
    give_up(d);
    return whole;
}

bool net_reassembly_add(net_reassembly *reassembly, uint32_t host, const net_packet *fragment,
                        net_packet *ret_whole, pl_time now)
{
    host_datagrams *datagrams = g_hash_table_lookup(reassembly->hosts, GUINT_TO_POINTER(host));
    if (!datagrams) {
        datagrams = g_new0(host_datagrams, 1);
        g_hash_table_insert(reassembly->hosts, GUINT_TO_POINTER(host), datagrams);
    }
    datagram *d = place_of(datagrams, fragment, now);
    const uint32_t from = (fragment->fragment & NET_FRAGMENT_OFFSET) * 8u;
    const span where = {from, from + net_packet_bytes(fragment) - NET_IP_HEADER_BYTES};
    const fit fits = where.to > LONGEST ? OVERLAPS : fit_of(d, where);
    if (fits == OVERLAPS)
        give_up(d);
    if (fits != FITS)
        return false;
    keep(d, fragment, where);
    if (!is_complete(d))
        return false;
    *ret_whole = finish(d);
    return true;
}
