/* supernode_index.c - the supernode among others: its mesh, its share of the index, and what it does for
 * clients that register and search. */
#include "core/overlay/supernode_internal.h"

#include "core/event.h"
#include "core/nat/rate_limit.h"
#include "core/overlay/index/letter.h"

/* chosen: members that are told of our leaving, 114 bytes each: all of a small network, and in a large one so many that the
 * others hear of it in one period */
#define FAREWELLS_MAX 64

static void on_joined(void *owner, pl_addr member, pl_time now)
{
    pl_supernode *supernode = owner;
    const pl_context *context = supernode->options.context;
    pl_host_cache_add(&supernode->known, (pl_cache_entry){member, (uint32_t)pl_context_unix(context, now)},
                      (size_t)context->config->cache_entries_max);
    pl_index_joined(supernode->index, member, now);
    pl_partner_neighbour_joined(supernode, member, now);
}

static void on_lost(void *owner, pl_addr member, pl_time now)
{
    pl_supernode *supernode = owner;
    if (pl_mesh_view(supernode->mesh)->count > 0) /* else it is whom to ask first, if anybody is ever back */
        pl_host_cache_remove(&supernode->known, member);
    pl_index_lost(supernode->index, member, now);
    pl_partner_neighbour_lost(supernode, member, now);
}

/* Whom we knew before we began, and the last who was lost. */
static void hear_of_known(void *owner, pl_time now)
{
    pl_supernode *supernode = owner;
    for (size_t i = 0; i < supernode->known.count; i++)
        pl_mesh_heard_of(supernode->mesh, supernode->known.entries[i].addr, now);
}

static const pl_mesh_handler mesh_handler = {.joined = on_joined, .lost = on_lost, .alone = hear_of_known};

static void say(void *owner, pl_id stream, const pl_message *message)
{
    pl_supernode *supernode = owner;
    pl_session *session = g_hash_table_lookup(supernode->sessions, GUINT_TO_POINTER(stream));
    if (session)
        pl_supernode_say(session, message);
}

void pl_supernode_join(pl_supernode *supernode, pl_time now)
{
    const pl_supernode_options *options = &supernode->options;
    supernode->mesh = pl_mesh_new(&(pl_mesh_options){.context = options->context,
                                                     .own_address = options->own_address,
                                                     .socket = options->socket,
                                                     .key = supernode->dh.public_key,
                                                     .handler = &mesh_handler,
                                                     .owner = supernode},
                                  now);
    supernode->index = pl_index_new(&(pl_index_options){.context = options->context,
                                                        .mesh = supernode->mesh,
                                                        .own_address = options->own_address,
                                                        .server_sign_key = options->server_sign_key,
                                                        .own = &supernode->dh,
                                                        .socket = options->socket},
                                    now);
    supernode->desk = pl_desk_new(&(pl_desk_options){.context = options->context,
                                                     .mesh = supernode->mesh,
                                                     .index = supernode->index,
                                                     .own_address = options->own_address,
                                                     .server_sign_key = options->server_sign_key,
                                                     .own = &supernode->dh,
                                                     .socket = options->socket,
                                                     .say = say,
                                                     .owner = supernode});
    hear_of_known(supernode, now);
}

static void bid_farewell(const pl_supernode *supernode, pl_addr to, const uint8_t *key, const pl_departure *gone)
{
    const pl_context *context = supernode->options.context;
    const pl_letter_ends ends = {context->suite, &supernode->dh, key};
    uint8_t bytes[PL_LETTER_BYTES_MAX];
    uint64_t transaction;
    pl_context_random(context, &transaction, sizeof transaction);
    size_t len = pl_letter_gone(bytes, &ends, transaction, gone);
    if (len)
        context->port.ops->udp_send(context->port.ctx, supernode->options.socket, to, 0, bytes, len);
}

/* Evenly over the view: addresses are no neighbours of anything. */
void pl_supernode_farewell(const pl_supernode *supernode)
{
    if (!supernode->mesh)
        return;
    const pl_view *view = pl_mesh_view(supernode->mesh);
    const size_t n = MIN(view->count, (size_t)FAREWELLS_MAX);
    const pl_departure gone = {.stamp = pl_mesh_incarnation(supernode->mesh)};
    for (size_t i = 0; i < n; i++) {
        const pl_addr member = view->addresses[i * view->count / n];
        bid_farewell(supernode, member, pl_view_find(view, member)->key, &gone);
    }
}

void pl_supernode_part(pl_supernode *supernode)
{
    pl_desk_free(supernode->desk);
    pl_index_free(supernode->index);
    pl_mesh_free(supernode->mesh);
}

/* An entry is taken from a member only, so that a storm of them needs addresses; who is none may be one we do
 * not know yet, and sends again after we have asked him. */
static int take_store(pl_supernode *supernode, pl_addr from, const pl_message *message, pl_time now)
{
    if (pl_view_find(pl_mesh_view(supernode->mesh), from))
        return pl_index_datagram(supernode->index, from, message, now);
    pl_mesh_heard_of(supernode->mesh, from, now);
    return 0;
}

/* A supernode says that one of its clients is gone, or that it leaves itself. */
static int take_gone(pl_supernode *supernode, pl_addr from, const pl_message *message, pl_time now)
{
    int64_t leaves = -1;
    int error = pl_index_gone(supernode->index, from, message, &leaves, now);
    return error || leaves < 0 ? error : pl_mesh_left(supernode->mesh, from, message->dh_key, leaves, now);
}

int pl_supernode_overlay(pl_supernode *supernode, pl_addr from, const pl_message *message, pl_time now)
{
    if (!supernode->mesh || pl_load_is_off(supernode->load))
        return 0; /* it does not serve, and says nothing */
    bool is_asked = message->id == PL_MESSAGE_STORE || message->id == PL_MESSAGE_QUERY || message->id == PL_MESSAGE_GONE;
    int error = is_asked ? pl_mesh_admit(supernode->mesh, from.ip, now) : 0;
    if (error)
        return error;
    if (message->id == PL_MESSAGE_STORE)
        return take_store(supernode, from, message, now);
    if (message->id == PL_MESSAGE_GONE)
        return take_gone(supernode, from, message, now);
    if (message->id == PL_MESSAGE_QUERY || message->id == PL_MESSAGE_STORED)
        return pl_index_datagram(supernode->index, from, message, now);
    if (message->id == PL_MESSAGE_ANSWER)
        return pl_desk_answer(supernode->desk, from, message, now);
    return pl_mesh_datagram(supernode->mesh, from, message, now);
}

/* An honest client signs anew every index.refresh, and once more when it leaves. */
void pl_supernode_register(pl_session *session, const pl_message *message, pl_time now)
{
    pl_supernode *supernode = session->supernode;
    pl_span least = supernode->options.context->config->index_refresh / 2;
    bool is_offline = message->entry.len > 1 && message->entry.data[1] == PL_PRESENCE_OFFLINE;
    int error = now < session->register_due && !is_offline ? PL_ERR_LIMIT : 0;
    session->register_due = MAX(session->register_due + least, now - least);
    if (!error)
        error = pl_index_register(supernode->index, session->name, pl_channel_remote_static(session->channel),
                                  message->entry, now);
    if (!error)
        return;
    pl_trace(&supernode->options.context->port, PL_EVENT_INDEX_REFUSED, pl_endpoint(session->from),
             pl_text(pl_error_name(error)));
    pl_supernode_refuse_input(session, error, "register");
}

void pl_supernode_search(pl_session *session, const pl_message *message, pl_time now)
{
    pl_supernode *supernode = session->supernode;
    const pl_config *config = supernode->options.context->config;
    pl_id stream = pl_channel_stream(session->channel);
    int error = pl_rate_limit_take_one(&session->searches_full_at, config->search_rate, now);
    if (!error && message->id == PL_MESSAGE_SEARCH_TOLD)
        pl_desk_told(supernode->desk, message, now);
    else if (!error && message->id == PL_MESSAGE_SEARCH_SILENT)
        pl_desk_silent(supernode->desk, message, now);
    else if (!error)
        error = pl_desk_search(supernode->desk, stream, message, now);
    if (error && message->id == PL_MESSAGE_SEARCH) /* a network of nobody: too busy */
        pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_SEARCH_RESULT,
                                                .search = message->search,
                                                .round = message->round});
}

/* Who was told to move, or let go, says himself where he is next; of all others we saw the last. */
void pl_supernode_departed(pl_session *session)
{
    pl_supernode *supernode = session->supernode;
    bool is_sent_away = pl_elector_sent(session) || supernode->elector.is_leaving || pl_load_is_off(supernode->load);
    pl_desk_left(supernode->desk, pl_channel_stream(session->channel));
    if (!session->name || g_hash_table_lookup(supernode->online, session->name) != session)
        return;
    if (is_sent_away)
        pl_index_forget(supernode->index, session->name);
    else
        pl_index_departed(supernode->index, session->name, session->heard_at);
}

size_t pl_supernode_members(const pl_supernode *supernode)
{
    return supernode->mesh ? pl_mesh_view(supernode->mesh)->count : 0;
}

const pl_tally *pl_supernode_tally(const pl_supernode *supernode)
{
    return &supernode->tally;
}

size_t pl_supernode_index_entries(const pl_supernode *supernode)
{
    return supernode->index ? pl_index_entries(supernode->index) : 0;
}
