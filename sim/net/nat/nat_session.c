/* nat_session.c - filters, lifetimes and the TCP connections of a NAT box.
 *
 * A connection is established once an ACK has passed each way (RFC 5382 §5: its handshake is over), and
 * closing after both FINs or a RST; before and after it is transitory. */
#include "sim/net/nat/nat_session.h"

#include <glib.h>

#include "core/port.h"

#define ACK_OUT 0x01u /* anything but a bare SYN */
#define ACK_IN 0x02u
#define SYN_OUT 0x04u
#define SYN_IN 0x08u
#define FIN_OUT 0x10u
#define FIN_IN 0x20u
#define RESET 0x40u

typedef enum way { OUT, IN } way;

/* The remote as a session of this protocol is keyed: TCP by connection, the others as the filter asks. */
static pl_addr session_remote(const net_nat_box *box, uint8_t protocol, pl_addr remote)
{
    if (protocol == PL_PROTOCOL_TCP)
        return remote;
    bool by_port = box->options->filtering == NET_NAT_APD && protocol != PL_PROTOCOL_ICMP;
    return (pl_addr){remote.ip, by_port ? remote.port : (uint16_t)0};
}

/* The mapping itself holds all that the filter asks for, if it maps at least as finely as it filters. */
static bool mapping_filters(const net_nat_box *box)
{
    return box->options->mapping >= box->options->filtering;
}

static bool is_closing(const net_session *session)
{
    return (session->seen & RESET) || (session->seen & (FIN_OUT | FIN_IN)) == (FIN_OUT | FIN_IN);
}

/* A closing connection may leave its mapping nothing to live for: its life is the longest of its
 * sessions'. */
static void shorten_mapping(const net_nat_table *table, net_nat_box *box, net_mapping *m)
{
    pl_time last = 0;
    uint32_t index = m->sessions;
    do {
        const net_session *s = net_nat_table_session_at(table, index);
        if (s->expires_at > last)
            last = s->expires_at;
        index = s->ring;
    } while (index != m->sessions);
    m->expires_at = last;
    box->full_until = 0;
}

static void note_flags(net_session *session, uint8_t flags, way direction)
{
    if ((flags & NET_TCP_SYN) && is_closing(session))
        session->seen = 0; /* the ports are used again */
    bool out = direction == OUT;
    if (flags & NET_TCP_SYN)
        session->seen |= out ? SYN_OUT : SYN_IN;
    if ((flags & NET_TCP_ACK) || !(flags & NET_TCP_SYN))
        session->seen |= out ? ACK_OUT : ACK_IN;
    if (flags & NET_TCP_FIN)
        session->seen |= out ? FIN_OUT : FIN_IN;
}

static pl_span tcp_lifetime(const net_nat_box *box, const net_session *session)
{
    bool established = (session->seen & (ACK_OUT | ACK_IN)) == (ACK_OUT | ACK_IN) && !is_closing(session);
    return established ? box->options->tcp_established_ns : box->options->tcp_transitory_ns;
}

/* A RST ends the established state but prolongs nothing (RFC 7857 §2.1). */
static void reset(const net_nat_table *table, net_nat_box *box, net_mapping *m, net_session *session,
                  pl_time now)
{
    pl_time end = now + box->options->tcp_transitory_ns;
    session->seen |= RESET;
    if (session->expires_at > end) {
        session->expires_at = end;
        shorten_mapping(table, box, m);
    }
}

static void note_tcp(net_nat_table *table, net_nat_box *box, uint32_t mapping, pl_addr remote, uint8_t flags,
                     way direction, pl_time now)
{
    uint32_t index = net_nat_table_session(table, mapping, remote);
    if (!index) {
        if (flags & NET_TCP_RST)
            return;
        index = net_nat_table_open(table, mapping, remote, now);
    }
    net_mapping *m = net_nat_table_mapping(table, mapping);
    net_session *session = net_nat_table_session_at(table, index);
    if (now >= session->expires_at)
        session->seen = 0;
    if (flags & NET_TCP_RST) {
        reset(table, box, m, session, now);
        return;
    }
    bool was_closing = is_closing(session);
    note_flags(session, flags, direction);
    session->expires_at = now + tcp_lifetime(box, session);
    if (is_closing(session) && !was_closing)
        shorten_mapping(table, box, m);
    else if (session->expires_at > m->expires_at)
        m->expires_at = session->expires_at;
}

/* A packet that was judged ahead of its instant may have set a later end already. */
static void prolong(pl_time *expires_at, pl_time end)
{
    if (end > *expires_at)
        *expires_at = end;
}

static pl_span lifetime(const net_nat_box *box, uint8_t protocol)
{
    return protocol == PL_PROTOCOL_UDP ? box->options->udp_lifetime_ns : box->options->icmp_lifetime_ns;
}

void net_nat_session_out(net_nat_table *table, net_nat_box *box, uint32_t mapping, const net_packet *packet,
                         pl_time now)
{
    if (packet->protocol == PL_PROTOCOL_TCP) {
        note_tcp(table, box, mapping, packet->destination, packet->tcp_flags, OUT, now);
        return;
    }
    net_mapping *m = net_nat_table_mapping(table, mapping);
    pl_time end = now + lifetime(box, packet->protocol);
    bool refresh = (box->options->refresh & NET_NAT_REFRESH_OUT) != 0;
    if (refresh || m->expires_at == 0)
        prolong(&m->expires_at, end);
    if (mapping_filters(box))
        return;
    pl_addr remote = session_remote(box, packet->protocol, packet->destination);
    uint32_t index = net_nat_table_session(table, mapping, remote);
    if (!index)
        index = net_nat_table_open(table, mapping, remote, now);
    net_session *session = net_nat_table_session_at(table, index);
    if (refresh || now >= session->expires_at)
        prolong(&session->expires_at, end);
}

bool net_nat_session_out_ahead(net_nat_table *table, const net_nat_box *box, uint32_t mapping,
                               const net_packet *packet, pl_time when)
{
    g_assert(packet->protocol != PL_PROTOCOL_TCP);
    net_mapping *m = net_nat_table_mapping(table, mapping);
    net_session *session = NULL;
    if (!mapping_filters(box)) {
        pl_addr remote = session_remote(box, packet->protocol, packet->destination);
        uint32_t index = net_nat_table_session(table, mapping, remote);
        if (!index)
            return false;
        session = net_nat_table_session_at(table, index);
    }
    if (when >= m->expires_at || (session && when >= session->expires_at))
        return false;
    if (!(box->options->refresh & NET_NAT_REFRESH_OUT))
        return true;
    pl_time end = when + lifetime(box, packet->protocol);
    prolong(&m->expires_at, end);
    if (session)
        prolong(&session->expires_at, end);
    return true;
}

/* Whether some live connection to this address was begun from inside. */
static bool tcp_knows_address(const net_nat_table *table, const net_mapping *m, uint32_t ip, pl_time now)
{
    uint32_t index = m->sessions;
    if (!index)
        return false;
    do {
        const net_session *s = net_nat_table_session_at(table, index);
        if (s->remote_ip == ip && now < s->expires_at && (s->seen & (SYN_OUT | ACK_OUT)))
            return true;
        index = s->ring;
    } while (index != m->sessions);
    return false;
}

bool net_nat_session_admits(net_nat_table *table, const net_nat_box *box, uint32_t mapping,
                            const net_packet *packet, pl_time now)
{
    const net_mapping *m = net_nat_table_mapping(table, mapping);
    net_nat_behaviour filtering = box->options->filtering;
    if (filtering == NET_NAT_EI)
        return true;
    if (mapping_filters(box)) {
        bool any_port = filtering == NET_NAT_AD || packet->protocol == PL_PROTOCOL_ICMP;
        return m->remote_ip == packet->source.ip && (any_port || m->remote_port == packet->source.port);
    }
    if (packet->protocol == PL_PROTOCOL_TCP && filtering == NET_NAT_AD)
        return tcp_knows_address(table, m, packet->source.ip, now);
    pl_addr remote = session_remote(box, packet->protocol, packet->source);
    uint32_t index = net_nat_table_session(table, mapping, remote);
    return index && now < net_nat_table_session_at(table, index)->expires_at;
}

void net_nat_session_in(net_nat_table *table, net_nat_box *box, uint32_t mapping, const net_packet *packet,
                        pl_time now)
{
    if (packet->protocol == PL_PROTOCOL_TCP) {
        note_tcp(table, box, mapping, packet->source, packet->tcp_flags, IN, now);
        return;
    }
    if (!(box->options->refresh & NET_NAT_REFRESH_IN))
        return;
    pl_time end = now + lifetime(box, packet->protocol);
    prolong(&net_nat_table_mapping(table, mapping)->expires_at, end);
    pl_addr remote = session_remote(box, packet->protocol, packet->source);
    uint32_t index = net_nat_table_session(table, mapping, remote);
    if (index)
        prolong(&net_nat_table_session_at(table, index)->expires_at, end);
}
