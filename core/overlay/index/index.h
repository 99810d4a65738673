/* index.h - a supernode's share of the index: what its clients signed goes to the supernodes of their slots,
 * what others send is kept if it checks out and belongs here, and both are handed on when a replica is gone
 * or a new one comes.
 *
 * Two stores: `registered` holds the entries of our own clients, from their register to their end; `kept`
 * those of the slots that we serve.  Who repairs: the parent hands the entries of its clients to every new
 * replica, and of what is kept, the two best replicas of the slot that are not new themselves.  The datagrams
 * prove nothing of their sender; the entries prove themselves, and are taken from members of the mesh only,
 * so that a storm needs addresses. */
#ifndef PL_OVERLAY_INDEX_H
#define PL_OVERLAY_INDEX_H

#include "core/overlay/index/entry.h"
#include "core/overlay/mesh/mesh.h"

typedef struct pl_index pl_index;

typedef struct pl_index_options {
    pl_context *context;
    const pl_mesh *mesh;
    pl_addr own_address;
    const uint8_t *server_sign_key; /* pinned; borrowed */
    const pl_keypair *own;          /* whose public half the mesh tells; borrowed */
    pl_id socket;
} pl_index_options;

pl_index *pl_index_new(const pl_index_options *options, pl_time now);
/* NULL is accepted. */
void pl_index_free(pl_index *index);

/* A client of ours, who proved this name and this key, registers.  The entry must be his, name us, be timely
 * and not older than his last; it is kept, and sent to the slot's supernodes.  0, PL_ERR_SHORT,
 * PL_ERR_MALFORMED, PL_ERR_EXPIRED, PL_ERR_UNEXPECTED (another's, another supernode's, dated ahead),
 * PL_ERR_REPLAYED, PL_ERR_FORGED. */
int pl_index_register(pl_index *index, const char *name, const uint8_t dh_key[PL_KEY_BYTES],
                      pl_bytes_view entry, pl_time now);
/* He is no client of ours any more; what was published stands. */
void pl_index_forget(pl_index *index, const char *name);
/* The same, and he signed nothing to say so: the slot's supernodes are told that he was heard last at this instant, which
 * is over. */
void pl_index_departed(pl_index *index, const char *name, pl_time heard_at);

/* STORE, STORED, QUERY; the caller has admitted the sender.  0, or an error that is counted. */
int pl_index_datagram(pl_index *index, pl_addr from, const pl_message *message, pl_time now);
/* GONE of a member: one of its clients is not there any more, which is answered; or it speaks of itself, and *ret_leaves
 * is its incarnation, else -1.  PL_ERR_UNKNOWN from who is no member, PL_ERR_FORGED if it is not its key's, or what is
 * wrong with the letter. */
int pl_index_gone(pl_index *index, pl_addr from, const pl_message *message, int64_t *ret_leaves, pl_time now);
/* The mesh has news. */
void pl_index_joined(pl_index *index, pl_addr member, pl_time now);
void pl_index_lost(pl_index *index, pl_addr member, pl_time now);

/* The encoded entry of a user if we have one ourselves; borrowed until the next input; len 0 if not.  *ret_since: if it says
 * online and does not count as that any more, Unix seconds since when; else 0. */
pl_bytes_view pl_index_find(const pl_index *index, const char *name, uint32_t *ret_since, pl_time now);
/* The same, but of what we keep for others only if we serve the slot: who does may have been given a newer one, so that it
 * is no answer while he can be asked. */
pl_bytes_view pl_index_find_served(const pl_index *index, const char *name, uint32_t *ret_since, pl_time now);
/* The at most `max` supernodes that score highest for a slot, best first, ourselves perhaps among them. */
size_t pl_index_rank(const pl_index *index, uint32_t slot, pl_addr *ret_ranked, size_t max);
/* Is it among the first `max` of a slot's ranking, or would it be as a member? */
bool pl_index_is_among(const pl_index *index, uint32_t slot, pl_addr address, size_t max);
/* Ourselves. */
pl_addr pl_index_own_address(const pl_index *index);
/* A name's slot. */
uint32_t pl_index_slot(const pl_index *index, const char *name);
/* Do we serve this slot long enough, index.settle, for our no to be a sure one?  Not if we came since, if somebody who served
 * it in our place was lost since, or if others serve it. */
bool pl_index_is_sure(const pl_index *index, uint32_t slot, pl_time now);
size_t pl_index_entries(const pl_index *index); /* kept */

#endif
