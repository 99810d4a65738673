/* gather.c - what an end knows of itself: its candidates, and how its boxes map.
 *
 * Two Binding requests to two ports of one supernode, over each transport: the answers give the reflexive candidate, and
 * the difference of their ports tells whether a box that maps by destination goes by steps.  One that maps by address shows
 * both the same port; who knows that he is behind such a box asks the supernode's partner too, in the same breath, so that
 * nobody else's flow comes between. */
#include <glib.h>
#include <string.h>

#include "core/nat/path/path_internal.h"

#define WEB_PORT  80
#define WEB_PORT_TLS 443
/* Whom the probes of a transport ask. */
enum { AT_PORT, AT_OTHER_PORT, AT_PARTNER };

/* chosen: real steps are 1 to 4.  Two ports that a box draws are so near in 1 of 8000 sessions, and in 1 of 128 where they
 * are of a subscriber's block of 1024. */
#define STEP_MOST 4
/* chosen: after a stage began, its first packets have opened their mappings by then. */
#define REFRESH_AFTER (300 * PL_MILLISECOND)

static bool wants(const pl_path *path, pl_path_transport transport)
{
    return path->own.choice == PL_PATH_ANY || (path->own.choice == PL_PATH_UDP_ONLY) == (transport == PL_PATH_UDP);
}

/* What discovery found out, unless it was about another network. */
static const pl_nat_report *report_of(const pl_path *path)
{
    const pl_nat_report *report = path->self->report;
    const pl_addr *mapped = &path->gather.udp[AT_PORT].mapped;
    bool elsewhere = report && report->mapped.ip && mapped->ip && report->mapped.ip != mapped->ip;
    return elsewhere ? NULL : report;
}

/* --- the end of it --- */

static bool is_web(uint16_t port)
{
    return port == WEB_PORT || port == WEB_PORT_TLS;
}

static pl_nat_mapping mapping_of(const pl_path *path, const pl_probe *probes, uint16_t local_port)
{
    const pl_nat_report *report = report_of(path);
    pl_addr a = probes[AT_PORT].mapped, b = probes[AT_OTHER_PORT].mapped, partner = probes[AT_PARTNER].mapped;
    pl_addr seen = a.ip ? a : b;
    if (seen.ip && pl_path_is_own(path, seen.ip) && seen.port == local_port)
        return PL_MAPPING_NONE;
    if (a.ip && b.ip && !pl_addr_equal(a, b))
        return PL_MAPPING_APD;
    if (seen.ip && partner.ip) /* asked only of a box that is said to map by address, which may be an old story */
        return pl_addr_equal(seen, partner) ? PL_MAPPING_EI : PL_MAPPING_AD;
    if (a.ip && b.ip) /* two ports at one address cannot tell these two apart */
        return report && report->mapping == PL_MAPPING_AD ? PL_MAPPING_AD : PL_MAPPING_EI;
    return seen.ip && report ? report->mapping : PL_MAPPING_UNKNOWN;
}

/* The step between two mappings that were asked for one right after the other.  Of a request that was repeated nobody
 * knows whether it or its answer was lost, and so not which mapping was made first: hardly any box counts down, so the
 * higher port is the later one. */
static void note_step(pl_hint *hint, const pl_probe *first, const pl_probe *second)
{
    int step = (int)second->mapped.port - (int)first->mapped.port;
    if (first->mapped.ip != second->mapped.ip) /* a pool of addresses, each with ports of its own */
        return;
    if (step < 0 && (first->tries > 1 || second->tries > 1)) {
        step = -step;
        hint->last = MAX(hint->last, first->mapped.port);
    }
    if (step >= -STEP_MOST && step <= STEP_MOST)
        hint->step = (int16_t)step;
}

static pl_hint hint_of(const pl_path *path, const pl_probe *probes, uint16_t local_port)
{
    pl_hint hint = {.mapping = mapping_of(path, probes, local_port)};
    const pl_probe *a = &probes[AT_PORT], *b = &probes[AT_OTHER_PORT], *partner = &probes[AT_PARTNER];
    hint.last = partner->mapped.ip ? partner->mapped.port : b->mapped.ip ? b->mapped.port : a->mapped.port;
    if (hint.mapping == PL_MAPPING_APD && a->mapped.ip && b->mapped.ip)
        note_step(&hint, a, b);
    else if (hint.mapping == PL_MAPPING_AD && partner->mapped.ip)
        note_step(&hint, a->mapped.ip ? a : b, partner);
    return hint;
}

static void add_reflexive(pl_path *path, const pl_probe *probes, pl_path_transport transport)
{
    const pl_probe *first = &probes[probes[AT_PORT].mapped.ip ? AT_PORT : AT_OTHER_PORT];
    pl_offer_add(&path->own, (pl_candidate){PL_CANDIDATE_REFLEXIVE, transport, first->mapped});
}

/* Web ports let in who may go out to web ports alone. */
static void add_web_ports(pl_path *path)
{
    const pl_hints *hints = &path->own.hints;
    pl_nat_mapping tcp = hints->of[PL_PATH_TCP].mapping;
    bool plain = tcp == PL_MAPPING_NONE ||
                 (tcp == PL_MAPPING_UNKNOWN && hints->of[PL_PATH_UDP].mapping == PL_MAPPING_NONE);
    const pl_candidate *host = pl_offer_find(&path->own, PL_CANDIDATE_HOST, PL_PATH_TCP);
    for (size_t i = 0; plain && host && i < path->self->n_web_ports; i++) {
        pl_addr addr = {host->addr.ip, path->self->web_ports[i]};
        pl_offer_add(&path->own, (pl_candidate){PL_CANDIDATE_HOST, PL_PATH_TCP, addr});
    }
}

static void conclude(pl_path *path)
{
    pl_gather *gather = &path->gather;
    pl_hints *hints = &path->own.hints;
    const pl_port *port = &path->context->port;
    uint16_t udp_port = path->socket ? port->ops->local_port(port->ctx, path->socket) : 0;
    const pl_nat_report *report = report_of(path);
    *hints = (pl_hints){.of = {[PL_PATH_UDP] = hint_of(path, gather->udp, udp_port),
                               [PL_PATH_TCP] = hint_of(path, gather->tcp, path->tcp_port)}};
    bool heard = gather->udp[AT_PORT].mapped.ip || gather->udp[AT_OTHER_PORT].mapped.ip;
    hints->udp = heard ? PL_UDP_OPEN : wants(path, PL_PATH_UDP) ? PL_UDP_BLOCKED : PL_UDP_UNKNOWN;
    hints->web_only = is_web(path->self->supernode_tcp_port);
    hints->of[PL_PATH_UDP].filtering = report ? report->filtering : PL_FILTERING_UNKNOWN;
    /* Discovery asks over UDP; a box mostly does the same for both, and who blocks UDP lets no stranger in. */
    bool known = report && report->udp == PL_UDP_OPEN;
    bool strict = hints->udp == PL_UDP_BLOCKED || (report && report->udp == PL_UDP_BLOCKED);
    hints->of[PL_PATH_TCP].filtering = strict ? PL_FILTERING_APD : known ? report->filtering : PL_FILTERING_UNKNOWN;
    if (wants(path, PL_PATH_UDP))
        add_reflexive(path, gather->udp, PL_PATH_UDP);
    if (wants(path, PL_PATH_TCP))
        add_reflexive(path, gather->tcp, PL_PATH_TCP);
    add_web_ports(path);
}

static bool are_done(const pl_probe *probes)
{
    return probes[AT_PORT].done && probes[AT_OTHER_PORT].done && probes[AT_PARTNER].done;
}

static bool is_done(const pl_path *path)
{
    const pl_gather *gather = &path->gather;
    bool in_vain = path->self->report && path->self->report->udp == PL_UDP_BLOCKED;
    return (in_vain || are_done(gather->udp)) && are_done(gather->tcp);
}

static void on_timer(void *machine, pl_time now);

static void go_on(pl_path *path, pl_time now)
{
    if (path->state != PL_PATH_GATHERING || !is_done(path))
        return;
    pl_deadline_set(&path->context->deadlines, &path->gather.timer, now, on_timer, path);
}

/* --- requests --- */

static size_t write_request(const uint8_t id[PL_STUN_ID_BYTES], uint8_t bytes[PL_STUN_FULL_BYTES])
{
    static const char text[PL_STUN_FULL_BYTES] = "partyline"; /* the rest is zeros: as long as the longest answer */
    pl_writer writer;
    pl_writer_init(&writer, bytes, PL_STUN_FULL_BYTES);
    pl_stun_begin(&writer, PL_STUN_REQUEST, PL_STUN_MAGIC, id);
    pl_stun_add(&writer, PL_STUN_SOFTWARE, text, PL_STUN_FULL_BYTES - PL_STUN_HEADER_BYTES - 4);
    g_assert(!writer.failed);
    return writer.len;
}

static void ask(pl_path *path, pl_id socket, pl_addr to, const uint8_t id[PL_STUN_ID_BYTES])
{
    const pl_port *port = &path->context->port;
    uint8_t bytes[PL_STUN_FULL_BYTES];
    size_t len = write_request(id, bytes);
    (void)port->ops->udp_send(port->ctx, socket, to, 0, bytes, len); /* as good as lost if it is refused */
    path->packets++;
}

static void ask_all(pl_path *path)
{
    for (size_t i = 0; i < PL_PATH_PROBES; i++) {
        pl_probe *probe = &path->gather.udp[i];
        if (probe->done)
            continue;
        ask(path, path->socket, probe->to, probe->id);
        probe->tries++;
    }
}

/* Time is up, or all is known, or a request is due again. */
static void on_timer(void *machine, pl_time now)
{
    pl_path *path = machine;
    pl_gather *gather = &path->gather;
    if (is_done(path) || now >= gather->until) {
        conclude(path);
        pl_path_gathered(path, now);
        return;
    }
    ask_all(path);
    pl_time again = now + pl_path_config(path)->path_first_try;
    pl_deadline_set(&path->context->deadlines, &gather->timer, MIN(again, gather->until), on_timer, path);
}

/* Where the partner is to be asked, {0, 0} if it is not: only a box that maps by address hides its steps from one
 * supernode, and only who foretells ports wants to know them.  A flow less shifts no other box's ports. */
static pl_addr partner_for(const pl_path *path, pl_path_transport transport)
{
    const pl_path_self *self = path->self;
    uint32_t methods = transport == PL_PATH_UDP ? self->profile->methods_udp : self->profile->methods_tcp;
    bool foretells = (methods >> PL_PATH_PREDICTED & 1) != 0;
    bool by_address = self->report && self->report->mapping == PL_MAPPING_AD;
    if (!foretells || !by_address || !self->partner_ip)
        return (pl_addr){0, 0};
    return (pl_addr){self->partner_ip, transport == PL_PATH_UDP ? PL_STUN_PORT_1 : WEB_PORT_TLS};
}

static void probe_init(const pl_path *path, pl_probe *probe, pl_addr to)
{
    *probe = (pl_probe){.to = to, .done = true};
    if (to.ip)
        pl_context_random(path->context, probe->id, sizeof probe->id);
}

static void begin_udp(pl_path *path)
{
    const uint32_t supernode = path->self->supernode.ip;
    const pl_addr to[PL_PATH_PROBES] = {[AT_PORT] = {supernode, PL_STUN_PORT_1},
                                        [AT_OTHER_PORT] = {supernode, PL_STUN_PORT_2},
                                        [AT_PARTNER] = partner_for(path, PL_PATH_UDP)};
    const pl_port *port = &path->context->port;
    bool bound = wants(path, PL_PATH_UDP) && port->ops->udp_bind(port->ctx, 0, &path->socket) == 0;
    for (size_t i = 0; i < PL_PATH_PROBES; i++) {
        probe_init(path, &path->gather.udp[i], to[i]);
        path->gather.udp[i].done = !bound || !to[i].ip;
    }
    if (!bound)
        path->socket = 0;
}

/* Streams from the port on which we listen, so that its mapping is the one that a peer must meet. */
static void begin_tcp(pl_path *path, pl_time now)
{
    const pl_port *port = &path->context->port;
    const uint32_t supernode = path->self->supernode.ip;
    uint16_t known = path->self->supernode_tcp_port;
    const pl_addr to[PL_PATH_PROBES] = {
        [AT_PORT] = {supernode, known},
        [AT_OTHER_PORT] = {supernode, known == WEB_PORT_TLS ? WEB_PORT : WEB_PORT_TLS},
        [AT_PARTNER] = partner_for(path, PL_PATH_TCP)};
    bool listens = wants(path, PL_PATH_TCP) && port->ops->tcp_listen(port->ctx, 0, &path->listener) == 0;
    if (!listens)
        path->listener = 0;
    path->tcp_port = listens ? port->ops->local_port(port->ctx, path->listener) : 0;
    for (size_t i = 0; i < PL_PATH_PROBES; i++) {
        pl_probe *probe = &path->gather.tcp[i];
        probe_init(path, probe, to[i]);
        const pl_stream *stream =
            listens && to[i].ip
                ? pl_stream_open(path, to[i], PL_STREAM_PROBE, PL_PATH_DIRECT, PL_CANDIDATE_HOST, now)
                : NULL;
        probe->done = !stream;
        probe->stream = stream ? stream->id : 0;
    }
}

static void add_hosts(pl_path *path)
{
    const pl_port *port = &path->context->port;
    uint32_t addresses[PL_PATH_LOCAL_MAX];
    size_t n = port->ops->local_addresses(port->ctx, addresses, PL_PATH_LOCAL_MAX);
    uint16_t udp_port = path->socket ? port->ops->local_port(port->ctx, path->socket) : 0;
    for (size_t i = 0; i < MIN(n, PL_PATH_LOCAL_MAX); i++) {
        pl_addr udp = {addresses[i], udp_port}, tcp = {addresses[i], path->tcp_port};
        pl_offer_add(&path->own, (pl_candidate){PL_CANDIDATE_HOST, PL_PATH_UDP, udp});
        pl_offer_add(&path->own, (pl_candidate){PL_CANDIDATE_HOST, PL_PATH_TCP, tcp});
    }
}

void pl_gather_begin(pl_path *path, pl_time now)
{
    path->own.n_candidates = 0;
    path->gather.until = now + pl_path_config(path)->path_gather_wait;
    begin_udp(path);
    begin_tcp(path, now);
    add_hosts(path);
    ask_all(path);
    pl_time again = now + pl_path_config(path)->path_first_try;
    pl_deadline_set(&path->context->deadlines, &path->gather.timer, is_done(path) ? now : again, on_timer, path);
}

/* --- answers --- */

/* The mapped address of an answer with this id, {0, 0} if it is no such answer. */
static pl_addr answered(const pl_stun *stun, const uint8_t id[PL_STUN_ID_BYTES])
{
    bool fits = stun->kind == PL_STUN_SUCCESS && stun->method == PL_STUN_BINDING && stun->n_unknown == 0 &&
                memcmp(stun->id, id, PL_STUN_ID_BYTES) == 0 && pl_stun_has(stun, PL_STUN_XOR_MAPPED);
    return fits ? stun->xor_mapped : (pl_addr){0, 0};
}

static void take_refreshed(pl_path *path, pl_addr mapped, pl_time now)
{
    const pl_port *port = &path->context->port;
    port->ops->close(port->ctx, path->gather.refresh_socket);
    path->gather.refresh_socket = 0;
    pl_deadline_cancel(&path->context->deadlines, &path->gather.refresh_timer);
    path->own.hints.of[PL_PATH_UDP].last = mapped.port;
    pl_path_say(path, PL_OFFER_MORE, now);
}

/* A supernode that has lost its partner, or has another one, does not name ours any more: nobody waits for it. */
static void heed_loss(pl_path *path, const pl_stun *stun)
{
    uint32_t named = pl_stun_has(stun, PL_STUN_OTHER_ADDRESS) ? stun->other.ip : 0;
    pl_gather *gather = &path->gather;
    if (named == path->self->partner_ip)
        return;
    gather->udp[AT_PARTNER].done = true;
    pl_stream *stream = gather->tcp[AT_PARTNER].done ? NULL : pl_stream_find(path, gather->tcp[AT_PARTNER].stream);
    gather->tcp[AT_PARTNER].done = true;
    if (stream)
        pl_stream_drop(path, stream);
}

int pl_gather_answer(pl_path *path, pl_id socket, pl_addr from, const pl_stun *stun, pl_time now)
{
    pl_gather *gather = &path->gather;
    if (gather->refresh_socket && socket == gather->refresh_socket) {
        pl_addr mapped = answered(stun, gather->refresh_id);
        if (!mapped.port || from.ip != path->self->supernode.ip)
            return PL_ERR_UNEXPECTED;
        take_refreshed(path, mapped, now);
        return 0;
    }
    for (size_t i = 0; i < PL_PATH_PROBES; i++) {
        pl_probe *probe = &gather->udp[i];
        pl_addr mapped = answered(stun, probe->id);
        if (socket != path->socket || !mapped.port || !pl_addr_equal(from, probe->to))
            continue;
        if (path->state == PL_PATH_GATHERING && !probe->done) {
            probe->mapped = mapped;
            probe->done = true;
            if (i != AT_PARTNER)
                heed_loss(path, stun);
            go_on(path, now);
        }
        return 0;
    }
    return PL_ERR_UNEXPECTED;
}

static pl_probe *probe_of(pl_path *path, pl_id stream)
{
    for (size_t i = 0; i < PL_PATH_PROBES; i++) {
        if (path->gather.tcp[i].stream == stream)
            return &path->gather.tcp[i];
    }
    return NULL;
}

void pl_gather_stream_opened(pl_path *path, pl_stream *stream, pl_time now)
{
    const pl_port *port = &path->context->port;
    const pl_probe *probe = probe_of(path, stream->id);
    uint8_t bytes[PL_STUN_FULL_BYTES];
    (void)now;
    if (!probe)
        return;
    size_t len = write_request(probe->id, bytes);
    (void)port->ops->tcp_write(port->ctx, stream->id, bytes, len);
    path->packets++;
}

/* STUN over a stream stands there as it is (spec RFC 8489 §6.2.2). */
void pl_gather_stream_data(pl_path *path, pl_stream *stream, pl_time now)
{
    pl_probe *probe = probe_of(path, stream->id);
    pl_stun stun;
    if (!probe || stream->n_in < PL_STUN_HEADER_BYTES)
        return;
    size_t len = PL_STUN_HEADER_BYTES + (size_t)(stream->in[2] << 8 | stream->in[3]);
    if (stream->n_in < len && len <= sizeof stream->in)
        return;
    if (pl_stun_read(&stun, stream->in, MIN(len, stream->n_in)) == 0)
        probe->mapped = answered(&stun, probe->id);
    probe->done = true;
    stream->n_in = 0;
    /* The first stays, and with it the mapping of our port, until a path is found. */
    if (probe != &path->gather.tcp[AT_PORT] || !probe->mapped.port)
        pl_stream_drop(path, stream);
    go_on(path, now);
}

void pl_gather_stream_gone(pl_path *path, pl_id stream, pl_time now)
{
    pl_probe *probe = probe_of(path, stream);
    if (!probe)
        return;
    probe->done = true;
    go_on(path, now);
}

/* --- measuring again --- */

static void on_refresh(void *machine, pl_time now)
{
    pl_path *path = machine;
    pl_gather *gather = &path->gather;
    const pl_port *port = &path->context->port;
    bool again = gather->refresh_socket != 0;
    if (!again) {
        pl_context_random(path->context, gather->refresh_id, sizeof gather->refresh_id);
        if (port->ops->udp_bind(port->ctx, 0, &gather->refresh_socket) != 0) {
            gather->refresh_socket = 0;
            return;
        }
    }
    ask(path, gather->refresh_socket, (pl_addr){path->self->supernode.ip, PL_STUN_PORT_1}, gather->refresh_id);
    if (!again)
        pl_deadline_set(&path->context->deadlines, &gather->refresh_timer,
                        now + pl_path_config(path)->path_first_try, on_refresh, path);
}

void pl_gather_refresh(pl_path *path, pl_time now)
{
    pl_deadline_set(&path->context->deadlines, &path->gather.refresh_timer, now + REFRESH_AFTER, on_refresh, path);
}

void pl_gather_clear(pl_path *path)
{
    pl_gather *gather = &path->gather;
    const pl_port *port = &path->context->port;
    pl_deadline_cancel(&path->context->deadlines, &gather->timer);
    pl_deadline_cancel(&path->context->deadlines, &gather->refresh_timer);
    if (gather->refresh_socket)
        port->ops->close(port->ctx, gather->refresh_socket);
    gather->refresh_socket = 0;
}
