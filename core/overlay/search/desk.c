#include "core/overlay/search/desk.h"

#include <glib.h>
#include <string.h>

#include "core/overlay/index/store.h"
#include "core/overlay/search/round.h"

#define ERRANDS_MAX                                                                                          \
    1024 /* chosen: rounds asked for clients at one time: 300 clients, and a storm's share                   \
          */

/* One round that we ask for a client. */
typedef struct errand {
    pl_id stream;
    uint32_t search;
    uint8_t number;
    char name[PL_NAME_MAX + 1];
    pl_round round;
    uint8_t answered, slot_no, slot_sure;
    pl_time due; /* of the next try, or of the round's end */
} errand;

struct pl_desk {
    pl_desk_options options;
    pl_store cache;     /* in one bucket; `expires` is when we forget it */
    GPtrArray *errands; /* by due, since all wait equally long from one try to the next */
    pl_deadline deadline;
};

pl_desk *pl_desk_new(const pl_desk_options *options)
{
    pl_desk *desk = g_new0(pl_desk, 1);
    size_t max = (size_t)options->context->config->search_cache_max;
    desk->options = *options;
    pl_store_init(&desk->cache, max, max);
    desk->errands = g_ptr_array_new_with_free_func(g_free);
    return desk;
}

void pl_desk_free(pl_desk *desk)
{
    if (!desk)
        return;
    pl_deadline_cancel(&desk->options.context->deadlines, &desk->deadline);
    pl_store_clear(&desk->cache);
    g_ptr_array_unref(desk->errands);
    g_free(desk);
}

static uint16_t network_size(const pl_desk *desk)
{
    return (uint16_t)MIN(pl_mesh_size(desk->options.mesh), (size_t)UINT16_MAX);
}

/* --- what was found --- */

/* Only who is online: whoever calls where nobody is any more learns it at once, but who is told that nobody is there does
 * not try. */
static void remember(pl_desk *desk, const pl_entry *entry, pl_bytes_view bytes, pl_time now)
{
    const pl_context *context = desk->options.context;
    if (entry->state != PL_PRESENCE_ONLINE)
        return;
    int64_t unix_ms = pl_context_unix_ms(context, now);
    pl_store_item item = {
        .name = entry->credential.name,
        .stamp = entry->stamp,
        .expires = MIN(entry->expires, unix_ms + context->config->search_cache_lifetime / PL_MILLISECOND),
        .bytes = bytes.data,
        .len = bytes.len};
    pl_store_age(&desk->cache, unix_ms);
    if (desk->cache.max > 0 && desk->cache.count >= desk->cache.max)
        pl_store_drop_oldest(&desk->cache);
    pl_store_put(&desk->cache, &item);
}

static pl_bytes_view find(const pl_desk *desk, const char *name, uint32_t *ret_since, pl_time now)
{
    pl_bytes_view own = pl_index_find_served(desk->options.index, name, ret_since, now);
    if (own.len)
        return own;
    const pl_stored_entry *cached =
        pl_store_find(&desk->cache, 0, name, pl_context_unix_ms(desk->options.context, now));
    return cached ? (pl_bytes_view){pl_stored_entry_bytes(cached), cached->len} : (pl_bytes_view){0};
}

int pl_desk_told(pl_desk *desk, const pl_message *told, pl_time now)
{
    pl_entry entry;
    const pl_context *context = desk->options.context;
    int error = pl_entry_decode(&entry, told->entry.data, told->entry.len);
    if (!error)
        error = pl_entry_check(&entry, context, desk->options.server_sign_key, now);
    if (!error)
        remember(desk, &entry, told->entry, now);
    return error;
}

void pl_desk_silent(pl_desk *desk, const pl_message *silent, pl_time now)
{
    for (size_t i = 0; i < silent->nodes.len / PL_MESSAGE_NODE_BYTES; i++)
        pl_mesh_doubt(desk->options.mesh, pl_message_node(silent->nodes, PL_MESSAGE_NODE_BYTES, i), now);
}

/* --- rounds that we ask for a client --- */

static void on_due(void *machine, pl_time now);

static errand *errand_at(const pl_desk *desk, guint i)
{
    return g_ptr_array_index(desk->errands, i);
}

static void wait_for_first(pl_desk *desk)
{
    pl_time due = desk->errands->len ? errand_at(desk, 0)->due : PL_NEVER;
    pl_deadline_set(&desk->options.context->deadlines, &desk->deadline, due, on_due, desk);
}

/* Tells the client how the round ended, and forgets it. */
static void finish(pl_desk *desk, guint i, pl_bytes_view entry, uint32_t since)
{
    const errand *e = errand_at(desk, i);
    pl_message result = {.id = PL_MESSAGE_SEARCH_RESULT,
                         .search = e->search,
                         .round = e->number,
                         .slot_size = e->round.slot_size,
                         .slot_no = e->slot_no,
                         .slot_sure = e->slot_sure,
                         .network = network_size(desk),
                         .asked = (uint8_t)e->round.n,
                         .answered = e->answered,
                         .entry = entry,
                         .since = since};
    pl_id stream = e->stream;
    g_ptr_array_remove_index(desk->errands, i);
    wait_for_first(desk);
    desk->options.say(desk->options.owner, stream, &result);
}

static pl_round_asker asker_of(const pl_desk *desk, const errand *e)
{
    const pl_desk_options *options = &desk->options;
    return (pl_round_asker){options->context, options->socket, options->own, options->server_sign_key, e->name};
}

/* Asks who has not answered, as a client would (core/session/search.c). */
static void ask_silent(const pl_desk *desk, errand *e, pl_time now)
{
    size_t sent;
    const pl_round_asker asker = asker_of(desk, e);
    e->due = pl_round_ask(&e->round, &asker, &sent, now);
}

/* Where none of several has answered it is our own way out that is cut: we would lose them all. */
static void doubt_silent(const pl_desk *desk, const errand *e, pl_time now)
{
    pl_addr silent[PL_MESSAGE_NODES_MAX];
    const size_t n = pl_round_silent(&e->round, silent);
    if (n == e->round.n && n > 1)
        return;
    for (size_t i = 0; i < n; i++)
        pl_mesh_doubt(desk->options.mesh, silent[i], now);
}

static void on_due(void *machine, pl_time now)
{
    pl_desk *desk = machine;
    while (desk->errands->len && errand_at(desk, 0)->due <= now) {
        errand *e = errand_at(desk, 0);
        if (pl_round_is_over(&e->round, desk->options.context->config)) {
            doubt_silent(desk, e, now);
            finish(desk, 0, (pl_bytes_view){0}, 0);
            continue;
        }
        ask_silent(desk, e, now);
        g_ptr_array_add(desk->errands, g_ptr_array_steal_index(desk->errands, 0));
    }
    wait_for_first(desk);
}

static bool is_sure(const pl_desk *desk, const char *name, pl_time now)
{
    return pl_index_is_sure(desk->options.index, pl_index_slot(desk->options.index, name), now);
}

/* Our own no counts once: in the first round, and when the slot is asked anew. */
static bool is_ours_to_count(const pl_round *round, uint8_t number)
{
    return round->is_ours && (number == 0 || number == PL_SEARCH_WHOLE_SLOT);
}

static void start_errand(pl_desk *desk, errand *e, pl_time now)
{
    const pl_round_asker asker = asker_of(desk, e);
    if (is_ours_to_count(&e->round, e->number)) {
        e->slot_no = 1;
        e->slot_sure = is_sure(desk, e->name, now);
    }
    pl_round_begin(&e->round, &asker);
    g_ptr_array_add(desk->errands, e);
    if (e->round.n == 0) {
        finish(desk, desk->errands->len - 1, (pl_bytes_view){0}, 0);
        return;
    }
    ask_silent(desk, e, now);
    wait_for_first(desk);
}

static size_t errands_of(const pl_desk *desk, pl_id stream)
{
    size_t n = 0;
    for (guint i = 0; i < desk->errands->len; i++)
        n += errand_at(desk, i)->stream == stream;
    return n;
}

void pl_desk_left(pl_desk *desk, pl_id stream)
{
    for (guint i = desk->errands->len; i-- > 0;)
        if (errand_at(desk, i)->stream == stream)
            g_ptr_array_remove_index(desk->errands, i);
    wait_for_first(desk);
}

/* --- what a client asks --- */

static void say_found(pl_desk *desk, pl_id stream, const pl_message *search, pl_bytes_view entry,
                      uint32_t since)
{
    desk->options.say(desk->options.owner, stream,
                      &(pl_message){.id = PL_MESSAGE_SEARCH_RESULT,
                                    .search = search->search,
                                    .round = search->round,
                                    .network = network_size(desk),
                                    .entry = entry,
                                    .since = since});
}

static void say_nodes(pl_desk *desk, pl_id stream, const pl_message *search, const pl_round *round,
                      const char *name, pl_time now)
{
    uint8_t nodes[PL_MESSAGE_NODES_MAX * PL_MESSAGE_KEYED_BYTES];
    const bool counts = is_ours_to_count(round, search->round);
    for (size_t i = 0; i < round->n; i++) {
        uint8_t *at = nodes + PL_MESSAGE_KEYED_BYTES * i;
        pl_message_put_node(at, round->nodes[i]);
        memcpy(at + PL_MESSAGE_NODE_BYTES, round->keys[i], PL_KEY_BYTES);
    }
    desk->options.say(desk->options.owner, stream,
                      &(pl_message){.id = PL_MESSAGE_SEARCH_NODES,
                                    .search = search->search,
                                    .round = search->round,
                                    .slot_size = round->slot_size,
                                    .slot_named = round->slot_named,
                                    .slot_no = counts,
                                    .slot_sure = counts && is_sure(desk, name, now),
                                    .network = network_size(desk),
                                    .nodes = {nodes, round->n * PL_MESSAGE_KEYED_BYTES}});
}

int pl_desk_search(pl_desk *desk, pl_id stream, const pl_message *search, pl_time now)
{
    const pl_context *context = desk->options.context;
    char name[PL_NAME_MAX + 1] = {0};
    memcpy(name, search->name.data, search->name.len);
    uint32_t since;
    pl_bytes_view known = find(desk, name, &since, now);
    if (known.len) {
        say_found(desk, stream, search, known, since);
        return 0;
    }
    pl_round round;
    pl_round_make(&round, desk->options.index, desk->options.mesh, context, name, search->round);
    if (search->way == PL_SEARCH_BY_CLIENT) {
        say_nodes(desk, stream, search, &round, name, now);
        return 0;
    }
    if (errands_of(desk, stream) >= (size_t)context->config->search_client_max ||
        desk->errands->len >= ERRANDS_MAX)
        return PL_ERR_LIMIT;
    errand *e = g_new0(errand, 1);
    *e = (errand){.stream = stream, .search = search->search, .number = search->round, .round = round};
    memcpy(e->name, name, sizeof e->name);
    start_errand(desk, e, now);
    return 0;
}

/* --- what the nodes say --- */

static void count_no(errand *e, size_t node, pl_verdict verdict)
{
    bool is_slots = node < e->round.slot_named;
    e->answered++;
    if (is_slots)
        e->slot_no++;
    if (is_slots && verdict == PL_VERDICT_SURELY_NONE)
        e->slot_sure++;
}

static int take_answer(pl_desk *desk, guint i, size_t node, const pl_message *answer, pl_time now)
{
    bool is_news;
    pl_letter letter;
    pl_entry entry;
    errand *e = errand_at(desk, i);
    const pl_round_asker asker = asker_of(desk, e);
    int error = pl_round_take(&e->round, &asker, node, answer, &is_news, &letter, &entry, now);
    if (error || !is_news)
        return error;
    if (letter.entry.len) {
        if (!letter.since) /* what one supernode says of him is not handed on as found */
            remember(desk, &entry, letter.entry, now);
        finish(desk, i, letter.entry, letter.since);
        return 0;
    }
    count_no(e, node, letter.verdict);
    if (pl_round_is_answered(&e->round))
        finish(desk, i, (pl_bytes_view){0}, 0);
    return 0;
}

int pl_desk_answer(pl_desk *desk, pl_addr from, const pl_message *answer, pl_time now)
{
    for (guint i = 0; i < desk->errands->len; i++) {
        int node = pl_round_node(&errand_at(desk, i)->round, from, answer);
        if (node >= 0)
            return take_answer(desk, i, (size_t)node, answer, now);
    }
    return PL_ERR_UNEXPECTED;
}
