#include "core/overlay/index/index_internal.h"

#include <string.h>

#include "core/event.h"
#include "core/overlay/index/letter.h"

#define SWEEP (10 * PL_MINUTE) /* chosen: how long memory is held for what nobody is told any more */

static void on_sweep(void *machine, pl_time now)
{
    pl_index *index = machine;
    pl_store_age(&index->kept, pl_context_unix_ms(index->options.context, now));
    pl_store_age(&index->registered, pl_context_unix_ms(index->options.context, now));
    pl_deadline_set(&index->options.context->deadlines, &index->sweep, now + SWEEP, on_sweep, index);
}

pl_index *pl_index_new(const pl_index_options *options, pl_time now)
{
    const pl_config *config = options->context->config;
    pl_index *index = g_new0(pl_index, 1);
    index->options = *options;
    index->started_at = now;
    pl_store_init(&index->kept, (size_t)config->index_entries_max, (size_t)config->index_slot_max);
    pl_store_init(&index->registered, (size_t)config->supernode_clients_max,
                  (size_t)config->supernode_clients_max);
    index->losses = g_array_new(FALSE, FALSE, sizeof(pl_index_loss));
    index->publisher = pl_publisher_new(options->context, options->mesh, options->own, options->socket);
    on_sweep(index, now);
    return index;
}

void pl_index_free(pl_index *index)
{
    if (!index)
        return;
    pl_deadline_cancel(&index->options.context->deadlines, &index->sweep);
    pl_publisher_free(index->publisher);
    pl_store_clear(&index->kept);
    pl_store_clear(&index->registered);
    g_array_unref(index->losses);
    g_free(index);
}

uint32_t pl_index_slot(const pl_index *index, const char *name)
{
    return pl_slot_of((const uint8_t *)name, strlen(name),
                      (uint32_t)index->options.context->config->index_slots);
}

size_t pl_index_rank(const pl_index *index, uint32_t slot, pl_addr *ret_ranked, size_t max)
{
    const pl_view *view = pl_mesh_view(index->options.mesh);
    return pl_slot_rank(slot, view->addresses, view->count, index->options.own_address, ret_ranked, max);
}

bool pl_index_is_among(const pl_index *index, uint32_t slot, pl_addr address, size_t max)
{
    const pl_view *view = pl_mesh_view(index->options.mesh);
    return pl_slot_is_among(slot, address, view->addresses, view->count, index->options.own_address, max);
}

static pl_store_item item_of(const pl_index *index, const pl_entry *entry, pl_bytes_view bytes)
{
    return (pl_store_item){.slot = pl_index_slot(index, entry->credential.name),
                           .name = entry->credential.name,
                           .stamp = entry->stamp,
                           .expires = entry->expires,
                           .bytes = bytes.data,
                           .len = bytes.len};
}

static void trace_stored(const pl_index *index, pl_addr from, uint32_t slot)
{
    pl_trace(&index->options.context->port, PL_EVENT_INDEX_STORED, pl_endpoint(from), pl_number(slot),
             pl_number((int64_t)index->kept.count));
}

static void trace_refused(const pl_index *index, pl_addr from, int error)
{
    pl_trace(&index->options.context->port, PL_EVENT_INDEX_REFUSED, pl_endpoint(from),
             pl_text(pl_error_name(error)));
}

static void publish(pl_index *index, const pl_entry *entry, const pl_store_item *item, pl_time now)
{
    pl_addr ranked[PL_INDEX_RANKED_MAX];
    const pl_context *context = index->options.context;
    size_t n = pl_index_rank(index, item->slot, ranked, (size_t)context->config->index_replicas);
    g_autoptr(GBytes) bytes = g_bytes_new(item->bytes, item->len);
    pl_trace(&context->port, PL_EVENT_INDEX_PUBLISHED, pl_text(pl_presence_name(entry->state)),
             pl_number(item->slot), pl_number((int64_t)n));
    for (size_t i = 0; i < n; i++) {
        if (!pl_addr_equal(ranked[i], index->options.own_address))
            pl_publisher_add(index->publisher, bytes, ranked[i], now);
        else if (pl_store_put(&index->kept, item) == 1)
            trace_stored(index, ranked[i], item->slot);
    }
}

/* What the signatures cannot say: that it is this user's, with the key that he proved, at this supernode. */
static bool is_of(const pl_entry *entry, const char *name, const uint8_t dh_key[PL_KEY_BYTES],
                  pl_addr supernode)
{
    return strcmp(entry->credential.name, name) == 0 &&
           pl_bytes_equal(entry->credential.dh_key, dh_key, PL_KEY_BYTES) &&
           pl_addr_equal(entry->supernode, supernode);
}

int pl_index_register(pl_index *index, const char *name, const uint8_t dh_key[PL_KEY_BYTES],
                      pl_bytes_view bytes, pl_time now)
{
    pl_entry entry;
    const pl_context *context = index->options.context;
    int error = pl_entry_decode(&entry, bytes.data, bytes.len);
    if (!error && !is_of(&entry, name, dh_key, index->options.own_address))
        error = PL_ERR_UNEXPECTED;
    if (!error)
        error = pl_entry_check(&entry, context, index->options.server_sign_key, now);
    if (error)
        return error;
    pl_store_item item = item_of(index, &entry, bytes);
    int kept = pl_store_put(&index->registered, &item);
    if (kept == PL_ERR_REPLAYED)
        return kept;
    publish(index, &entry, &item, now);
    if (entry.state == PL_PRESENCE_OFFLINE)
        pl_index_forget(index, name);
    return 0;
}

void pl_index_forget(pl_index *index, const char *name)
{
    pl_store_remove(&index->registered, pl_index_slot(index, name), name);
}

/* Whatever costs a signature check is asked for last: is it new, is it ours to keep, is there room? */
static int take_entry(pl_index *index, pl_addr from, pl_bytes_view bytes, pl_time now)
{
    pl_entry entry;
    const pl_context *context = index->options.context;
    int error = pl_entry_decode(&entry, bytes.data, bytes.len);
    if (!error)
        error = pl_entry_check_times(&entry, context, now);
    if (error)
        return error;
    pl_store_item item = item_of(index, &entry, bytes);
    pl_stored_entry *former =
        pl_store_find(&index->kept, item.slot, item.name, pl_context_unix_ms(context, now));
    if (former && former->stamp == item.stamp)
        pl_standing_came_again(former, from);
    if (former && former->stamp >= item.stamp)
        return former->stamp == item.stamp ? 0 : PL_ERR_REPLAYED;
    if (!pl_index_is_among(index, item.slot, index->options.own_address,
                           2 * (size_t)context->config->index_replicas))
        return PL_ERR_UNKNOWN;
    if (!former && !pl_store_has_room(&index->kept, item.slot))
        return PL_ERR_LIMIT;
    error = pl_entry_check(&entry, context, index->options.server_sign_key, now);
    if (error)
        return error;
    error = pl_store_put(&index->kept, &item);
    if (error == 1) {
        pl_standing_came(index, pl_store_find(&index->kept, item.slot, item.name, item.stamp), from, now);
        trace_stored(index, from, item.slot);
    }
    return MIN(error, 0);
}

static pl_verdict take_store(pl_index *index, pl_addr from, const pl_letter *letter, pl_time now)
{
    int error = take_entry(index, from, letter->entry, now);
    if (error)
        trace_refused(index, from, error);
    return error ? PL_VERDICT_REFUSED : PL_VERDICT_KEPT;
}

static pl_reply answer_to(const pl_index *index, const char *name, pl_time now)
{
    pl_reply reply = {.verdict = PL_VERDICT_NONE};
    reply.entry = pl_index_find(index, name, &reply.since, now);
    if (reply.entry.len)
        reply.verdict = reply.since ? PL_VERDICT_GONE : PL_VERDICT_FOUND;
    else if (pl_index_is_sure(index, pl_index_slot(index, name), now))
        reply.verdict = PL_VERDICT_SURELY_NONE;
    return reply;
}

/* A STORE or a QUERY, and its reply. */
static int take_letter(pl_index *index, pl_addr from, const pl_message *message, pl_time now)
{
    const pl_context *context = index->options.context;
    const pl_letter_ends ends = {context->suite, index->options.own, NULL};
    uint8_t bytes[PL_LETTER_BYTES_MAX];
    pl_letter letter;
    int error = pl_letter_read(&letter, &ends, message);
    if (error)
        return error;
    pl_reply reply = message->id == PL_MESSAGE_QUERY ? answer_to(index, letter.name, now)
                                                     : (pl_reply){.verdict = take_store(index, from, &letter, now)};
    size_t len = pl_letter_reply(bytes, context->suite, &letter, message, &reply);
    context->port.ops->udp_send(context->port.ctx, index->options.socket, from, 0, bytes, len);
    return 0;
}

int pl_index_datagram(pl_index *index, pl_addr from, const pl_message *message, pl_time now)
{
    if (message->id == PL_MESSAGE_STORE || message->id == PL_MESSAGE_QUERY)
        return take_letter(index, from, message, now);
    if (message->id == PL_MESSAGE_STORED)
        return pl_publisher_stored(index->publisher, from, message, now);
    return PL_ERR_UNEXPECTED;
}

static bool serves(const pl_index *index, uint32_t slot)
{
    const size_t replicas = (size_t)index->options.context->config->index_replicas;
    return pl_index_is_among(index, slot, index->options.own_address, replicas);
}

/* Our own client's entry is as new as any; after it what we keep for others. */
static pl_bytes_view find(const pl_index *index, const char *name, bool is_served_only, uint32_t *ret_since, pl_time now)
{
    uint32_t slot = pl_index_slot(index, name);
    int64_t unix_ms = pl_context_unix_ms(index->options.context, now);
    const pl_stored_entry *own = pl_store_find(&index->registered, slot, name, unix_ms);
    const pl_stored_entry *kept = pl_store_find(&index->kept, slot, name, unix_ms);
    if (kept && (!pl_standing_is_ours_to_say(index, slot, kept) || (is_served_only && !serves(index, slot))))
        kept = NULL;
    bool is_ours = own && (!kept || kept->stamp <= own->stamp);
    if (!is_ours)
        own = kept;
    *ret_since = own && !is_ours ? pl_standing_since(index, own, now) : 0;
    return own ? (pl_bytes_view){pl_stored_entry_bytes(own), own->len} : (pl_bytes_view){0};
}

pl_bytes_view pl_index_find(const pl_index *index, const char *name, uint32_t *ret_since, pl_time now)
{
    return find(index, name, false, ret_since, now);
}

pl_bytes_view pl_index_find_served(const pl_index *index, const char *name, uint32_t *ret_since, pl_time now)
{
    return find(index, name, true, ret_since, now);
}

/* As many as served it before us in the ranking a while ago, those that are gone meanwhile among them. */
bool pl_index_is_sure(const pl_index *index, uint32_t slot, pl_time now)
{
    const pl_config *config = index->options.context->config;
    const pl_addr own = index->options.own_address;
    size_t max = (size_t)config->index_replicas;
    if (now - index->started_at < config->index_settle)
        return false;
    for (guint i = index->losses->len; i-- > 0 && max > 0;) {
        const pl_index_loss *loss = &g_array_index(index->losses, pl_index_loss, i);
        if (now - loss->at >= config->index_settle)
            break;
        max -= pl_slot_score(slot, loss->member) > pl_slot_score(slot, own);
    }
    return pl_index_is_among(index, slot, own, max);
}

pl_addr pl_index_own_address(const pl_index *index)
{
    return index->options.own_address;
}

size_t pl_index_entries(const pl_index *index)
{
    return index->kept.count;
}
