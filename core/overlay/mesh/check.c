#include "core/overlay/mesh/mesh_internal.h"

#include "core/event.h"

#include <string.h>

static void on_due(void *machine, pl_time now);
static void on_pace(void *machine, pl_time now);

static pl_check *check_at(const pl_mesh *mesh, size_t i)
{
    return &g_array_index(mesh->checks, pl_check, i);
}

static void wait_for_first(pl_mesh *mesh)
{
    pl_time due = mesh->checks->len ? check_at(mesh, 0)->due : PL_NEVER;
    pl_deadline_set(&mesh->options.context->deadlines, &mesh->wait, due, on_due, mesh);
}

static void remove_check(pl_mesh *mesh, size_t i)
{
    if (check_at(mesh, i)->stage == PL_CHECK_ERRAND)
        mesh->n_errands--;
    g_array_remove_index(mesh->checks, (guint)i);
    wait_for_first(mesh);
}

static bool is_checked(const pl_mesh *mesh, pl_addr address)
{
    for (size_t i = 0; i < mesh->checks->len; i++)
        if (check_at(mesh, i)->stage != PL_CHECK_ERRAND && pl_addr_equal(check_at(mesh, i)->address, address))
            return true;
    return false;
}

static void ping(pl_mesh *mesh, pl_addr to, uint64_t transaction, pl_addr target)
{
    pl_message message = {.id = PL_MESSAGE_PING,
                          .transaction = transaction,
                          .incarnation = mesh->incarnation,
                          .dh_key = mesh->options.key,
                          .target = target};
    pl_mesh_add_rumours(mesh, &message);
    pl_mesh_send(mesh, to, &message);
}

/* Takes its place at the end: all wait equally long from now. */
static void await(pl_mesh *mesh, pl_check check, pl_time now)
{
    check.due = now + mesh->options.context->config->mesh_answer_wait;
    mesh->n_errands += check.stage == PL_CHECK_ERRAND;
    g_array_append_val(mesh->checks, check);
    wait_for_first(mesh);
}

static void ask(pl_mesh *mesh, pl_addr address, pl_time now)
{
    if (mesh->checks->len >= PL_MESH_CHECKS_MAX || is_checked(mesh, address))
        return;
    pl_check check = {.transaction = pl_mesh_draw(mesh), .address = address, .stage = PL_CHECK_ASKED};
    ping(mesh, address, check.transaction, (pl_addr){0, 0});
    await(mesh, check, now);
}

void pl_mesh_errand(pl_mesh *mesh, pl_addr asker, const pl_message *message, pl_time now)
{
    if (mesh->n_errands >= PL_MESH_ERRANDS_MAX || mesh->checks->len >= PL_MESH_CHECKS_MAX ||
        !pl_view_find(&mesh->view, message->target))
        return;
    pl_check check = {.transaction = pl_mesh_draw(mesh),
                      .address = message->target,
                      .stage = PL_CHECK_ERRAND,
                      .asker = asker,
                      .asker_transaction = message->transaction};
    ping(mesh, check.address, check.transaction, (pl_addr){0, 0});
    await(mesh, check, now);
}

static pl_addr draw_member(const pl_mesh *mesh)
{
    uint32_t lot;
    pl_context_random(mesh->options.context, &lot, sizeof lot);
    return mesh->view.addresses[GUINT32_FROM_LE(lot) % mesh->view.count];
}

void pl_mesh_check_member(pl_mesh *mesh, pl_time now)
{
    if (mesh->view.count)
        ask(mesh, draw_member(mesh), now);
}

/* The silence may be of the way between us: others may have a better one, and a second try costs one
 * datagram. */
static void ask_through_others(pl_mesh *mesh, pl_check check, pl_time now)
{
    size_t helpers = (size_t)mesh->options.context->config->mesh_helpers;
    pl_member *member = pl_view_find(&mesh->view, check.address);
    if (!member->is_suspected)
        pl_trace(&mesh->options.context->port, PL_EVENT_MESH_SUSPECTED, pl_endpoint(check.address));
    member->is_suspected = true;
    check.stage = PL_CHECK_HELPED;
    ping(mesh, check.address, check.transaction, (pl_addr){0, 0});
    for (size_t i = 0; i < MIN(helpers, mesh->view.count - 1); i++) {
        pl_addr helper = draw_member(mesh);
        if (!pl_addr_equal(helper, check.address))
            ping(mesh, helper, check.transaction, check.address);
    }
    await(mesh, check, now);
}

static void lose(pl_mesh *mesh, pl_addr address, pl_time now)
{
    pl_view_remove(&mesh->view, address);
    pl_mesh_say(mesh, PL_RUMOUR_LOST, address);
    pl_trace(&mesh->options.context->port, PL_EVENT_MESH_LOST, pl_endpoint(address),
             pl_number((int64_t)mesh->view.count));
    mesh->options.handler->lost(mesh->options.owner, address, now);
}

/* The one case in which nobody is asked: who has the key of our view answered from that address with it, and the
 * incarnation keeps the word from being said again of a later life. */
int pl_mesh_left(pl_mesh *mesh, pl_addr address, const uint8_t key[PL_MEMBER_KEY_BYTES], int64_t incarnation, pl_time now)
{
    const pl_member *member = pl_view_find(&mesh->view, address);
    if (!member)
        return PL_ERR_UNKNOWN;
    if (memcmp(member->key, key, sizeof member->key) != 0)
        return PL_ERR_FORGED;
    if (member->incarnation != incarnation)
        return PL_ERR_REPLAYED;
    lose(mesh, address, now);
    return 0;
}

static void on_due(void *machine, pl_time now)
{
    pl_mesh *mesh = machine;
    while (mesh->checks->len && check_at(mesh, 0)->due <= now) {
        pl_check check = *check_at(mesh, 0);
        remove_check(mesh, 0);
        bool is_member = pl_view_find(&mesh->view, check.address) != NULL;
        if (check.stage == PL_CHECK_ASKED && is_member)
            ask_through_others(mesh, check, now);
        else if (check.stage == PL_CHECK_HELPED && is_member)
            lose(mesh, check.address, now);
    }
}

/* It answered: it is there, since when it says.  Who is back with another incarnation has forgotten
 * everything. */
static void believe(pl_mesh *mesh, pl_addr address, const pl_message *ack, pl_time now)
{
    pl_context *context = mesh->options.context;
    const pl_member *former = pl_view_find(&mesh->view, address);
    bool is_news = !former || former->incarnation != ack->incarnation;
    pl_member member = {.incarnation = ack->incarnation};
    memcpy(member.key, ack->dh_key, sizeof member.key);
    int error = pl_view_add(&mesh->view, address, member, (size_t)context->config->mesh_view_max);
    if (error < 0 || !is_news)
        return;
    pl_mesh_say(mesh, PL_RUMOUR_JOINED, address);
    pl_trace(&context->port, PL_EVENT_MESH_JOINED, pl_endpoint(address),
             pl_number((int64_t)mesh->view.count));
    mesh->options.handler->joined(mesh->options.owner, address, now);
    if (!mesh->has_read && !mesh->pulled_from.ip)
        pl_mesh_read(mesh, now);
}

/* By way of another it is believed of who is suspected only: nobody joins on another's word. */
static bool is_answered(const pl_check *check, pl_addr from, const pl_message *ack)
{
    if (check->transaction != ack->transaction)
        return false;
    if (!ack->target.ip)
        return pl_addr_equal(check->address, from);
    return check->stage == PL_CHECK_HELPED && pl_addr_equal(check->address, ack->target);
}

int pl_mesh_ack(pl_mesh *mesh, pl_addr from, const pl_message *ack, pl_time now)
{
    size_t i = 0;
    while (i < mesh->checks->len && !is_answered(check_at(mesh, i), from, ack))
        i++;
    if (i == mesh->checks->len || (ack->target.ip && !pl_view_find(&mesh->view, from)))
        return PL_ERR_UNEXPECTED;
    pl_check check = *check_at(mesh, i);
    remove_check(mesh, i);
    if (check.stage == PL_CHECK_ERRAND)
        pl_mesh_send(mesh, check.asker,
                     &(pl_message){.id = PL_MESSAGE_ACK,
                                   .transaction = check.asker_transaction,
                                   .incarnation = ack->incarnation,
                                   .dh_key = ack->dh_key,
                                   .target = check.address});
    else
        believe(mesh, check.address, ack, now);
    return 0;
}

static void pace(pl_mesh *mesh)
{
    pl_deadline_set(&mesh->options.context->deadlines, &mesh->pace,
                    mesh->n_hearsay ? mesh->paced_at : PL_NEVER, on_pace, mesh);
}

static void on_pace(void *machine, pl_time now)
{
    pl_mesh *mesh = machine;
    pl_addr address = mesh->hearsay[mesh->hearsay_at];
    mesh->hearsay_at = (mesh->hearsay_at + 1) % PL_MESH_HEARSAY_MAX;
    mesh->n_hearsay--;
    mesh->paced_at = now + PL_SECOND / mesh->options.context->config->mesh_check_rate;
    ask(mesh, address, now);
    pace(mesh);
    if (mesh->n_hearsay == 0 && mesh->pulled_from.ip && !mesh->pull_transaction)
        pl_mesh_pull(mesh);
}

static bool is_waiting(const pl_mesh *mesh, pl_addr address)
{
    for (size_t i = 0; i < mesh->n_hearsay; i++)
        if (pl_addr_equal(mesh->hearsay[(mesh->hearsay_at + i) % PL_MESH_HEARSAY_MAX], address))
            return true;
    return false;
}

void pl_mesh_heard_of(pl_mesh *mesh, pl_addr address, pl_time now)
{
    if (!address.ip || !address.port || pl_addr_equal(address, mesh->options.own_address) ||
        mesh->n_hearsay == PL_MESH_HEARSAY_MAX || is_waiting(mesh, address))
        return;
    mesh->hearsay[(mesh->hearsay_at + mesh->n_hearsay++) % PL_MESH_HEARSAY_MAX] = address;
    mesh->paced_at = MAX(mesh->paced_at, now);
    pace(mesh);
}

void pl_mesh_doubt(pl_mesh *mesh, pl_addr address, pl_time now)
{
    if (mesh->n_hearsay < PL_MESH_HEARSAY_MAX / 2 && pl_view_find(&mesh->view, address))
        pl_mesh_heard_of(mesh, address, now);
}
