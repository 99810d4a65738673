#include "core/overlay/search/round.h"

#include <glib.h>
#include <string.h>

_Static_assert(PL_MESSAGE_NODES_MAX <= 64, "a bit a node");

#define RANKED_MAX 1024 /* as many as pl_slot_rank ranks: places beyond belong to no round */

void pl_round_make(pl_round *ret_round, const pl_index *index, const pl_mesh *mesh, const pl_context *context,
                   const char *name, uint8_t number)
{
    pl_addr ranked[RANKED_MAX], own = pl_index_own_address(index);
    const size_t replicas = (size_t)context->config->index_replicas;
    const size_t first_round = (size_t)context->config->search_first_round;
    const bool is_whole = number == PL_SEARCH_WHOLE_SLOT;
    const size_t width = is_whole ? replicas : first_round << MIN(number, 10);
    const size_t first = is_whole ? 0 : width - first_round;
    size_t place = 0;
    size_t n = pl_index_rank(index, pl_index_slot(index, name), ranked,
                             MIN(MAX(first + width, replicas) + 1, G_N_ELEMENTS(ranked)));
    *ret_round = (pl_round){.slot_size = (uint8_t)MIN(n, replicas)};
    for (size_t i = 0; i < n; i++) {
        bool is_ours = pl_addr_equal(ranked[i], own);
        ret_round->is_ours |= is_ours && i < replicas;
        if (is_ours || (is_whole && i >= replicas))
            continue;
        if (place >= first && place < first + width && ret_round->n < G_N_ELEMENTS(ret_round->nodes)) {
            const pl_member *member = pl_view_find(pl_mesh_view(mesh), ranked[i]);
            memcpy(ret_round->keys[ret_round->n], member->key, PL_KEY_BYTES);
            ret_round->nodes[ret_round->n++] = ranked[i];
            if (i < replicas)
                ret_round->slot_named++;
        }
        place++;
    }
}

void pl_round_begin(pl_round *round, const pl_round_asker *asker)
{
    pl_context_random(asker->context, &round->transaction, sizeof round->transaction);
    round->heard = 0;
    round->tries = 0;
}

static pl_letter_ends ends_of(const pl_round *round, const pl_round_asker *asker, size_t node)
{
    return (pl_letter_ends){asker->context->suite, asker->own, round->keys[node]};
}

static bool was_heard(const pl_round *round, size_t node)
{
    return round->heard >> node & 1;
}

pl_time pl_round_ask(pl_round *round, const pl_round_asker *asker, size_t *ret_sent, pl_time now)
{
    const pl_port *port = &asker->context->port;
    const pl_config *config = asker->context->config;
    *ret_sent = 0;
    for (size_t i = 0; i < round->n; i++) {
        uint8_t bytes[PL_LETTER_BYTES_MAX];
        const pl_letter_ends ends = ends_of(round, asker, i);
        if (was_heard(round, i))
            continue;
        size_t len = pl_letter_query(bytes, &ends, round->transaction + i, asker->name);
        if (len)
            port->ops->udp_send(port->ctx, asker->socket, round->nodes[i], 0, bytes, len);
        ++*ret_sent;
    }
    round->tries++;
    return now + config->search_answer_wait / config->search_tries;
}

bool pl_round_is_over(const pl_round *round, const pl_config *config)
{
    return round->tries >= (uint32_t)config->search_tries;
}

bool pl_round_is_answered(const pl_round *round)
{
    size_t n = 0;
    while (n < round->n && was_heard(round, n))
        n++;
    return n == round->n;
}

size_t pl_round_silent(const pl_round *round, pl_addr *ret_nodes)
{
    size_t n = 0;
    for (size_t i = 0; i < round->n; i++)
        if (!was_heard(round, i))
            ret_nodes[n++] = round->nodes[i];
    return n;
}

int pl_round_node(const pl_round *round, pl_addr from, const pl_message *answer)
{
    uint64_t node = answer->transaction - round->transaction;
    return node < round->n && pl_addr_equal(round->nodes[node], from) ? (int)node : -1;
}

int pl_round_take(pl_round *round, const pl_round_asker *asker, size_t node, const pl_message *answer,
                  bool *ret_is_news, pl_letter *ret_letter, pl_entry *ret_entry, pl_time now)
{
    const pl_letter_ends ends = ends_of(round, asker, node);
    *ret_is_news = !was_heard(round, node);
    if (!*ret_is_news)
        return round->tries > 1 ? 0 : PL_ERR_REPLAYED;
    int error = pl_letter_read_reply(ret_letter, &ends, answer);
    if (!error && ret_letter->entry.len)
        error = pl_round_judge(ret_entry, asker->context, asker->server_sign_key, asker->name, ret_letter->entry, now);
    if (!error)
        round->heard |= UINT64_C(1) << node;
    return error;
}

int pl_round_judge(pl_entry *ret_entry, const pl_context *context,
                   const uint8_t server_sign_key[PL_KEY_BYTES], const char *name, pl_bytes_view bytes,
                   pl_time now)
{
    pl_entry entry;
    int error = pl_entry_decode(&entry, bytes.data, bytes.len);
    if (!error && strcmp(entry.credential.name, name) != 0)
        error = PL_ERR_UNEXPECTED;
    if (!error)
        error = pl_entry_check(&entry, context, server_sign_key, now);
    if (!error)
        *ret_entry = entry;
    return error;
}
