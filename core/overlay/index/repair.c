/* repair.c - what has to move when a supernode joins or is lost.
 *
 * A slot's replicas are the first index.replicas of its ranking.  A newcomer that ranks among them needs
 * everything of the slot; when one of them is lost, the next in the ranking does. */
#include "core/overlay/index/index_internal.h"

#include "core/event.h"

typedef enum source { OF_OUR_CLIENTS, OF_WHAT_WE_KEEP } source;
typedef enum change { CAME, WENT } change;

static size_t replicas(const pl_index *index)
{
    return (size_t)index->options.context->config->index_replicas;
}

static size_t send_bucket(pl_index *index, const pl_bucket *bucket, pl_addr to, pl_time now)
{
    size_t sent = 0;
    for (uint32_t i = 0; i < bucket->count; i++) {
        const pl_stored_entry *stored = bucket->entries[i];
        if (pl_context_unix_ms(index->options.context, now) >= stored->expires)
            continue;
        g_autoptr(GBytes) bytes = g_bytes_new(pl_stored_entry_bytes(stored), stored->len);
        sent += pl_publisher_add(index->publisher, bytes, to, now) == 0;
    }
    return sent;
}

/* Are we one of the two best of the slot that are not the newcomer?  Two, so that one that misses an entry
 * itself does not keep it from him. */
static bool is_ours_to_hand_on(const pl_index *index, const pl_addr *ranked, size_t n, pl_addr newcomer)
{
    size_t others = 0;
    for (size_t i = 0; i < n && others < 2; i++) {
        if (pl_addr_equal(ranked[i], index->options.own_address))
            return true;
        others += !pl_addr_equal(ranked[i], newcomer);
    }
    return false;
}

/* Whom the loss or the coming of `member` makes a replica of the slot; {0,0} = nobody, or ourselves, who are
 * sent to. */
static pl_addr newcomer_of(const pl_index *index, uint32_t slot, pl_addr member, change what, pl_addr *ranked,
                           size_t *ret_n)
{
    if (!pl_index_is_among(index, slot, member, replicas(index)))
        return (pl_addr){0};
    size_t n = *ret_n = pl_index_rank(index, slot, ranked, replicas(index));
    if (what == CAME)
        return member;
    bool is_ours = n > 0 && pl_addr_equal(ranked[n - 1], index->options.own_address);
    return n == replicas(index) && !is_ours ? ranked[n - 1] : (pl_addr){0};
}

static void hand_on(pl_index *index, const pl_store *store, source from, pl_addr member, change what,
                    pl_time now)
{
    size_t sent = 0;
    for (size_t i = 0; i < pl_store_buckets(store); i++) {
        pl_addr ranked[PL_INDEX_RANKED_MAX];
        size_t n;
        const pl_bucket *bucket = pl_store_bucket(store, i);
        pl_addr to = newcomer_of(index, bucket->slot, member, what, ranked, &n);
        if (to.ip && (from == OF_OUR_CLIENTS || is_ours_to_hand_on(index, ranked, n, to)))
            sent += send_bucket(index, bucket, to, now);
    }
    if (sent)
        pl_trace(&index->options.context->port, PL_EVENT_INDEX_REPAIRED, pl_endpoint(member),
                 pl_number((int64_t)sent));
}

/* Of a slot that we are far from serving now nothing is kept: others have it.  We were near enough before `member`
 * came, and only one that scores higher than we do has put us further off. */
static void drop_foreign(pl_index *index, pl_addr member)
{
    for (size_t i = pl_store_buckets(&index->kept); i-- > 0;) {
        uint32_t slot = pl_store_bucket(&index->kept, i)->slot;
        if (pl_slot_score(slot, member) > pl_slot_score(slot, index->options.own_address) &&
            !pl_index_is_among(index, slot, index->options.own_address, 2 * replicas(index)))
            pl_store_drop(&index->kept, slot);
    }
}

/* Forgets those that are settled, and this one: it is back, or is noted anew. */
static void forget_losses(pl_index *index, pl_addr member, pl_time now)
{
    const pl_span settle = index->options.context->config->index_settle;
    for (guint i = index->losses->len; i-- > 0;) {
        const pl_index_loss *loss = &g_array_index(index->losses, pl_index_loss, i);
        if (now - loss->at >= settle || pl_addr_equal(loss->member, member))
            g_array_remove_index(index->losses, i);
    }
}

/* As many as a view holds, in all and of one address: whoever comes and goes with ever new ports would else make us unsure
 * of every slot. */
static void note_loss(pl_index *index, pl_addr member, pl_time now)
{
    const pl_index_loss loss = {member, now};
    size_t n = 0;
    guint oldest = 0;
    forget_losses(index, member, now);
    for (guint i = index->losses->len; i-- > 0;) {
        if (g_array_index(index->losses, pl_index_loss, i).member.ip != member.ip)
            continue;
        oldest = i;
        n++;
    }
    if (n >= PL_VIEW_PER_IP)
        g_array_remove_index(index->losses, oldest);
    else if (index->losses->len >= (size_t)index->options.context->config->mesh_view_max)
        g_array_remove_index(index->losses, 0);
    g_array_append_val(index->losses, loss);
}

void pl_index_joined(pl_index *index, pl_addr member, pl_time now)
{
    forget_losses(index, member, now);
    pl_standing_joined(index, member, now);
    hand_on(index, &index->registered, OF_OUR_CLIENTS, member, CAME, now);
    hand_on(index, &index->kept, OF_WHAT_WE_KEEP, member, CAME, now);
    drop_foreign(index, member);
}

void pl_index_lost(pl_index *index, pl_addr member, pl_time now)
{
    note_loss(index, member, now);
    pl_standing_lost(index, member, now);
    hand_on(index, &index->registered, OF_OUR_CLIENTS, member, WENT, now);
    hand_on(index, &index->kept, OF_WHAT_WE_KEEP, member, WENT, now);
}
