#include "core/overlay/search/round.h"

#include <glib.h>
#include <string.h>

#define RANKED_MAX 1024 /* as many as pl_slot_rank ranks: places beyond belong to no round */

void pl_round_make(pl_round *ret_round, const pl_index *index, const pl_mesh *mesh, const pl_context *context,
                   const char *name, uint8_t number)
{
    pl_addr ranked[RANKED_MAX], own = pl_index_own_address(index);
    size_t replicas = (size_t)context->config->index_replicas;
    size_t width = (size_t)context->config->search_first_round << MIN(number, 10);
    size_t first = width - (size_t)context->config->search_first_round, place = 0;
    size_t n = pl_index_rank(index, pl_index_slot(index, name), ranked,
                             MIN(MAX(first + width, replicas) + 1, G_N_ELEMENTS(ranked)));
    *ret_round = (pl_round){.slot_size = (uint8_t)MIN(n, replicas)};
    for (size_t i = 0; i < n; i++) {
        bool is_ours = pl_addr_equal(ranked[i], own);
        ret_round->is_ours |= is_ours && i < replicas;
        if (is_ours)
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
