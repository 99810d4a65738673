/* nat_session.c - filters, lifetimes and the TCP connections of a NAT box.
 *
 * A connection is established once an ACK has passed each way (RFC 5382 §5: its handshake is over), and
 * closing after both FINs or a RST; before and after it is transitory. */
#include "sim/net/nat/nat_session.h"

#include <glib.h>

#include "core/port.h"

/* measured on Linux 6.18: a flow that has been answered and is older than 2 s is a stream. */
#define STREAM_AFTER (2 * PL_SECOND)

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
    bool by_port = box->kind->options.filtering == NET_NAT_APD && protocol != PL_PROTOCOL_ICMP;
    return (pl_addr){remote.ip, by_port ? remote.port : (uint16_t)0};
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

static pl_span reset_lifetime(const net_nat_box *box)
{
    return box->kind->options.tcp_reset_ns ? box->kind->options.tcp_reset_ns
                                           : box->kind->options.tcp_transitory_ns;
}

static pl_span tcp_lifetime(const net_nat_box *box, const net_session *session)
{
    if (session->seen & RESET)
        return reset_lifetime(box);
    bool established = (session->seen & (ACK_OUT | ACK_IN)) == (ACK_OUT | ACK_IN) && !is_closing(session);
    return established ? box->kind->options.tcp_established_ns : box->kind->options.tcp_transitory_ns;
}

/* A RST ends the established state but prolongs nothing (RFC 7857 §2.1). */
static void reset(const net_nat_table *table, net_nat_box *box, net_mapping *m, net_session *session,
                  pl_time now)
{
    pl_time end = now + reset_lifetime(box);
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

/* A remote that was sent to may answer as long as the mapping lives, so none is forgotten before. */
static bool lives_with_mapping(const net_nat_box *box)
{
    return box->kind->options.refresh_scope == NET_SCOPE_MAPPING;
}

static pl_span lifetime(const net_nat_box *box, const net_mapping *m, uint8_t protocol, pl_time now)
{
    const net_nat_options *options = &box->kind->options;
    if (protocol != PL_PROTOCOL_UDP)
        return options->icmp_lifetime_ns;
    const bool stream = options->udp_stream_lifetime_ns && m->replied && now > m->since + STREAM_AFTER;
    return stream ? options->udp_stream_lifetime_ns : options->udp_lifetime_ns;
}

void net_nat_session_out(net_nat_table *table, net_nat_box *box, uint32_t mapping, const net_packet *packet,
                         pl_time now)
{
    if (packet->protocol == PL_PROTOCOL_TCP) {
        note_tcp(table, box, mapping, packet->destination, packet->tcp_flags, OUT, now);
        return;
    }
    net_mapping *m = net_nat_table_mapping(table, mapping);
    pl_time end = now + lifetime(box, m, packet->protocol, now);
    bool refresh = (box->kind->options.refresh & NET_NAT_REFRESH_OUT) != 0;
    if (refresh || m->expires_at == 0)
        prolong(&m->expires_at, end);
    if (box->kind->filters && !box->kind->tells)
        return;
    pl_addr remote = session_remote(box, packet->protocol, packet->destination);
    uint32_t index = net_nat_table_session(table, mapping, remote);
    if (!index)
        index = net_nat_table_open(table, mapping, remote, lives_with_mapping(box) ? 0 : now);
    net_session *session = net_nat_table_session_at(table, index);
    if (refresh || now >= session->expires_at)
        prolong(&session->expires_at, end);
}

bool net_nat_session_out_ahead(net_nat_table *table, const net_nat_box *box, uint32_t mapping,
                               const net_packet *packet, pl_time when)
{
    g_assert(packet->protocol != PL_PROTOCOL_TCP);
    const net_nat_options *options = &box->kind->options;
    net_mapping *m = net_nat_table_mapping(table, mapping);
    net_session *session = NULL;
    if (!box->kind->filters || box->kind->tells) {
        pl_addr remote = session_remote(box, packet->protocol, packet->destination);
        uint32_t index = net_nat_table_session(table, mapping, remote);
        if (!index)
            return false;
        session = net_nat_table_session_at(table, index);
    }
    if (when >= m->expires_at || (session && when >= session->expires_at))
        return false;
    if (!(options->refresh & NET_NAT_REFRESH_OUT))
        return true;
    pl_time end = when + lifetime(box, m, packet->protocol, when);
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
    net_nat_behaviour filtering = box->kind->options.filtering;
    if (filtering == NET_NAT_EI)
        return true;
    if (box->kind->filters) {
        bool any_port = filtering == NET_NAT_AD || packet->protocol == PL_PROTOCOL_ICMP;
        return m->remote_ip == packet->source.ip && (any_port || m->remote_port == packet->source.port);
    }
    if (packet->protocol == PL_PROTOCOL_TCP && filtering == NET_NAT_AD)
        return tcp_knows_address(table, m, packet->source.ip, now);
    pl_addr remote = session_remote(box, packet->protocol, packet->source);
    uint32_t index = net_nat_table_session(table, mapping, remote);
    return index && (now < net_nat_table_session_at(table, index)->expires_at ||
                     (packet->protocol != PL_PROTOCOL_TCP && lives_with_mapping(box)));
}

static void note_datagram_in(net_nat_table *table, const net_nat_box *box, uint32_t mapping,
                             const net_packet *packet, pl_time now)
{
    net_mapping *m = net_nat_table_mapping(table, mapping);
    const pl_time end = now + lifetime(box, m, packet->protocol, now);
    m->replied = 1; /* after its life was measured: the first answer does not make a stream */
    if (!(box->kind->options.refresh & NET_NAT_REFRESH_IN))
        return;
    const uint32_t index =
        net_nat_table_session(table, mapping, session_remote(box, packet->protocol, packet->source));
    net_session *session = index ? net_nat_table_session_at(table, index) : NULL;
    if (box->kind->tells && (!session || (now >= session->expires_at && !lives_with_mapping(box))))
        return;
    prolong(&m->expires_at, end);
    if (session)
        prolong(&session->expires_at, end);
}

void net_nat_session_in(net_nat_table *table, net_nat_box *box, uint32_t mapping, const net_packet *packet,
                        pl_time now)
{
    if (packet->protocol == PL_PROTOCOL_TCP)
        note_tcp(table, box, mapping, packet->source, packet->tcp_flags, IN, now);
    else if (box->kind->hears)
        note_datagram_in(table, box, mapping, packet, now);
}

bool net_nat_session_called(net_nat_table *table, uint32_t mapping, pl_addr remote, pl_time now)
{
    const uint32_t index = net_nat_table_session(table, mapping, remote);
    if (!index)
        return false;
    const net_session *s = net_nat_table_session_at(table, index);
    return now < s->expires_at && (s->seen & SYN_OUT);
}
