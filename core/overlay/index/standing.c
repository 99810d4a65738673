/* standing.c - which of the entries that say online still count as that.
 *
 * Only their users can sign, and who vanishes signs nothing.  So an entry that says online counts as long as the supernode
 * that it names stands behind it: by what it sends, by being there, and by not saying that its user is gone.
 *
 *   it came from its supernode itself ─▶ counts ─GONE of that supernode─▶ does not, since he was heard last
 *   it came from another replica      ─▶ counts for index.doubt, unless its supernode sends it too
 *   its supernode is lost, or serves anew since ─▶ counts for index.doubt
 *
 * Nothing is altered and nothing deleted by it: whoever is asked hands the entry out with the word "gone", and whatever its
 * user signs later begins anew. */
#include "core/overlay/index/index_internal.h"

#include <string.h>

#include "core/event.h"
#include "core/overlay/index/letter.h"

#define SUPERNODE_AT 2 /* of an encoded entry: behind version and state */

static bool is_online(const pl_stored_entry *stored)
{
    return pl_stored_entry_bytes(stored)[1] == PL_PRESENCE_ONLINE;
}

static bool is_at(const pl_stored_entry *stored, pl_addr supernode)
{
    const pl_bytes_view at = {pl_stored_entry_bytes(stored) + SUPERNODE_AT, PL_MESSAGE_NODE_BYTES};
    return pl_addr_equal(pl_message_node(at, PL_MESSAGE_NODE_BYTES, 0), supernode);
}

static uint32_t unix_now(const pl_index *index, pl_time now)
{
    return (uint32_t)pl_context_unix(index->options.context, now);
}

/* Who is in doubt already is not for longer. */
static void doubt(const pl_index *index, pl_stored_entry *stored, pl_time now)
{
    if (stored->until == 0)
        stored->until = unix_now(index, now + index->options.context->config->index_doubt);
}

void pl_standing_came(const pl_index *index, pl_stored_entry *stored, pl_addr from, pl_time now)
{
    if (is_online(stored) && !is_at(stored, from))
        doubt(index, stored, now);
}

void pl_standing_came_again(pl_stored_entry *stored, pl_addr from)
{
    if (!stored->is_told && is_at(stored, from))
        stored->until = 0;
}

bool pl_standing_is_ours_to_say(const pl_index *index, uint32_t slot, const pl_stored_entry *stored)
{
    const pl_config *config = index->options.context->config;
    return stored->until == 0 || stored->is_told ||
           pl_index_is_among(index, slot, index->options.own_address, (size_t)config->index_replicas);
}

/* Of a doubt nothing is known but when he signed. */
uint32_t pl_standing_since(const pl_index *index, const pl_stored_entry *stored, pl_time now)
{
    if (!is_online(stored) || stored->until == 0 || unix_now(index, now) < stored->until)
        return 0;
    return MAX(1, stored->is_told ? stored->until : (uint32_t)(stored->stamp / 1000));
}

typedef void (*news_fn)(const pl_index *index, pl_stored_entry *stored, const pl_member *member, pl_time now);

static void tell_all(pl_index *index, pl_addr supernode, news_fn news, pl_time now)
{
    const pl_member *member = pl_view_find(pl_mesh_view(index->options.mesh), supernode);
    for (size_t i = 0; i < pl_store_buckets(&index->kept); i++) {
        const pl_bucket *bucket = pl_store_bucket(&index->kept, i);
        for (uint32_t k = 0; k < bucket->count; k++) {
            pl_stored_entry *stored = bucket->entries[k];
            if (is_online(stored) && !stored->is_told && is_at(stored, supernode))
                news(index, stored, member, now);
        }
    }
}

/* One that was lost by mistake knows its clients; one that serves only since then does not.  Its clock may be another's. */
static void on_joined(const pl_index *index, pl_stored_entry *stored, const pl_member *member, pl_time now)
{
    int64_t skew = index->options.context->config->index_skew / PL_MILLISECOND;
    if (member && member->incarnation * INT64_C(1000) > stored->stamp + skew)
        doubt(index, stored, now);
    else
        stored->until = 0;
}

static void on_lost(const pl_index *index, pl_stored_entry *stored, const pl_member *member, pl_time now)
{
    (void)member;
    doubt(index, stored, now);
}

void pl_standing_joined(pl_index *index, pl_addr member, pl_time now)
{
    tell_all(index, member, on_joined, now);
}

void pl_standing_lost(pl_index *index, pl_addr member, pl_time now)
{
    tell_all(index, member, on_lost, now);
}

/* --- a supernode's word that its client is gone --- */

void pl_index_departed(pl_index *index, const char *name, pl_time heard_at)
{
    pl_addr ranked[PL_INDEX_RANKED_MAX];
    const pl_index_options *options = &index->options;
    const uint32_t slot = pl_index_slot(index, name);
    const pl_stored_entry *own =
        pl_store_find(&index->registered, slot, name, pl_context_unix_ms(options->context, heard_at));
    pl_departure gone = {.since = unix_now(index, heard_at)};
    if (!own)
        return;
    pl_stored_entry *kept = pl_store_find(&index->kept, slot, name, own->stamp);
    gone.stamp = own->stamp;
    g_strlcpy(gone.name, name, sizeof gone.name);
    size_t n = pl_index_rank(index, slot, ranked, (size_t)options->context->config->index_replicas);
    g_autoptr(GBytes) bytes = g_bytes_new(&gone, sizeof gone);
    for (size_t i = 0; i < n; i++) {
        if (!pl_addr_equal(ranked[i], options->own_address)) {
            pl_publisher_add_gone(index->publisher, bytes, ranked[i], heard_at);
        } else if (kept && kept->stamp == own->stamp) {
            kept->until = gone.since;
            kept->is_told = true;
        }
    }
    pl_index_forget(index, name);
}

/* It is of the entry that we have, which says that its user is there, at the supernode that says he is not; a later one
 * of him, or an offline one, says more.  What is told again is as it was. */
static int take_word(pl_index *index, pl_addr from, const pl_departure *gone, pl_time now)
{
    pl_stored_entry *kept = pl_store_find(&index->kept, pl_index_slot(index, gone->name), gone->name,
                                          pl_context_unix_ms(index->options.context, now));
    if (!kept || kept->stamp < gone->stamp)
        return PL_ERR_UNKNOWN;
    if (kept->stamp > gone->stamp)
        return PL_ERR_REPLAYED;
    if (!is_online(kept) || !is_at(kept, from))
        return PL_ERR_UNEXPECTED;
    if (!kept->is_told)
        kept->until = CLAMP(gone->since, (uint32_t)(kept->stamp / 1000), unix_now(index, now));
    kept->is_told = true;
    return 0;
}

int pl_index_gone(pl_index *index, pl_addr from, const pl_message *message, int64_t *ret_leaves, pl_time now)
{
    const pl_context *context = index->options.context;
    const pl_letter_ends ends = {context->suite, index->options.own, NULL};
    const pl_member *member = pl_view_find(pl_mesh_view(index->options.mesh), from);
    uint8_t bytes[PL_LETTER_BYTES_MAX];
    pl_letter letter;
    if (!member) /* and nothing is opened for it */
        return PL_ERR_UNKNOWN;
    if (memcmp(member->key, message->dh_key, sizeof member->key) != 0)
        return PL_ERR_FORGED;
    int error = pl_letter_read(&letter, &ends, message);
    if (error)
        return error;
    *ret_leaves = letter.gone.name[0] ? -1 : letter.gone.stamp;
    if (!letter.gone.name[0])
        return 0;
    error = take_word(index, from, &letter.gone, now);
    if (error)
        pl_trace(&context->port, PL_EVENT_INDEX_REFUSED, pl_endpoint(from), pl_text(pl_error_name(error)));
    const pl_reply reply = {.verdict = error ? PL_VERDICT_REFUSED : PL_VERDICT_KEPT};
    size_t len = pl_letter_reply(bytes, context->suite, &letter, message, &reply);
    context->port.ops->udp_send(context->port.ctx, index->options.socket, from, 0, bytes, len);
    return 0;
}
