/* relay.c - this end's own allocation at its supernode, asked for shortly before the relayed stage. */
#include <glib.h>

#include "core/nat/path/path_internal.h"

static void on_allocated(void *owner, pl_addr relayed, pl_addr mapped, pl_time now)
{
    pl_path *path = owner;
    pl_path_transport leg = path->relay.transport == PL_TURN_TCP ? PL_PATH_TCP : PL_PATH_UDP;
    (void)mapped;
    path->relay.relayed = relayed;
    pl_offer_add(&path->own, (pl_candidate){PL_CANDIDATE_RELAYED, leg, relayed});
    pl_relay_permit(path, now);
    pl_path_say(path, PL_OFFER_MORE, now);
    pl_stage_relayed(path, now);
}

static void start(pl_path *path, pl_turn_transport transport, pl_time now);

/* Who was answered over UDP a moment ago may still not be by the relay; TCP is what is left. */
static void on_failed(void *owner, const char *cause, pl_time now)
{
    pl_path *path = owner;
    pl_relay *relay = &path->relay;
    pl_turn_client_free(relay->client, now);
    relay->client = NULL;
    relay->relayed = (pl_addr){0, 0};
    (void)cause;
    if (path->state == PL_PATH_OPEN && path->talk.leg.kind == PL_LEG_RELAY)
        pl_path_end(path, "relay-lost", now);
    else if (path->state != PL_PATH_OPEN && relay->transport == PL_TURN_UDP)
        start(path, PL_TURN_TCP, now);
}

static void on_data(void *owner, pl_addr from, const uint8_t *data, size_t len, pl_time now)
{
    pl_path *path = owner;
    const pl_leg leg = {PL_LEG_RELAY, 0, from};
    const pl_port port = path->context->port;
    int error = 0;
    pl_path_take(path, &leg, data, len, &error, now);
    if (error)
        pl_trace(&port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)), pl_text("relayed"), pl_endpoint(from));
}

static const pl_turn_client_handler handler = {.allocated = on_allocated, .failed = on_failed, .data = on_data};

static void start(pl_path *path, pl_turn_transport transport, pl_time now)
{
    pl_relay *relay = &path->relay;
    uint16_t port = transport == PL_TURN_TCP ? path->self->supernode_tcp_port : path->self->supernode.port;
    relay->transport = transport;
    relay->client = pl_turn_client_new(&(pl_turn_client_options){.context = path->context,
                                                                 .transport = transport,
                                                                 .server = {path->self->supernode.ip, port},
                                                                 .account = relay->account,
                                                                 .handler = &handler,
                                                                 .owner = path},
                                       now);
    pl_relay_permit(path, now);
}

static void allocate(pl_path *path, pl_time now)
{
    pl_relay *relay = &path->relay;
    if (relay->client || !relay->have_account || !relay->wanted)
        return;
    bool udp = path->own.hints.udp == PL_UDP_OPEN ||
               (path->own.hints.udp == PL_UDP_UNKNOWN && path->self->report && path->self->report->udp == PL_UDP_OPEN);
    start(path, udp ? PL_TURN_UDP : PL_TURN_TCP, now);
}

static void on_timer(void *machine, pl_time now)
{
    pl_path *path = machine;
    path->relay.wanted = true;
    allocate(path, now);
}

/* chosen: what a burst of foretold ports takes to be gone, and to be answered over a trip of 500 ms. */
#define AFTER_BURST (600 * PL_MILLISECOND)

/* The account is asked for at once, the allocation made when the stage comes near. */
void pl_relay_plan(pl_path *path, pl_time now)
{
    pl_span until = 0, least = 0;
    size_t i = 0;
    for (; i < path->plan.n_stages && path->plan.stages[i].method != PL_PATH_RELAYED; i++) {
        if (pl_stage_refreshes(path, i)) /* an allocation would take the port that was foretold */
            least = until + AFTER_BURST;
        until += path->plan.stages[i].budget;
    }
    if (i == path->plan.n_stages || path->relay.client)
        return;
    pl_time at = now + MAX(least, until - pl_path_config(path)->path_relay_lead);
    pl_deadline_set(&path->context->deadlines, &path->relay.timer, at, on_timer, path);
    if (!path->relay.have_account)
        path->handler->want_relay(path->owner, path, now);
}

void pl_path_relay_account(pl_path *path, const pl_turn_account *account, pl_time now)
{
    if (path->state >= PL_PATH_OPEN)
        return;
    path->relay.account = *account;
    path->relay.have_account = true;
    allocate(path, now);
}

/* The peer's relay may send to ours, and so may his own socket. */
void pl_relay_permit(pl_path *path, pl_time now)
{
    if (!path->relay.client || !path->have_theirs)
        return;
    for (size_t i = 0; i < path->theirs.n_candidates; i++) {
        uint32_t ip = path->theirs.candidates[i].addr.ip;
        if (!pl_offer_is_private(ip))
            (void)pl_turn_client_permit(path->relay.client, ip, now);
    }
}

void pl_relay_stop(pl_path *path, pl_time now)
{
    pl_deadline_cancel(&path->context->deadlines, &path->relay.timer);
    pl_turn_client *client = g_steal_pointer(&path->relay.client);
    if (client)
        pl_turn_client_free(client, now);
    path->relay.wanted = false;
    path->relay.relayed = (pl_addr){0, 0};
}

bool pl_relay_owns_socket(const pl_path *path, pl_id socket)
{
    return path->relay.client && pl_turn_client_owns_socket(path->relay.client, socket);
}

bool pl_relay_owns_stream(const pl_path *path, pl_id stream)
{
    return path->relay.client && pl_turn_client_owns_stream(path->relay.client, stream);
}
