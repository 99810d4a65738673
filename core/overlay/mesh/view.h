/* view.h - the supernodes that one supernode believes alive: addresses sorted, and what it knows of each.
 *
 * Some 56 bytes a member, since every supernode of a large run has a view of all others.  Members stand in no order,
 * so that of a view of thousands only eight bytes a member move when one comes or goes, and are found by a table of
 * hashes, since every rumour is looked up. */
#ifndef PL_OVERLAY_MESH_VIEW_H
#define PL_OVERLAY_MESH_VIEW_H

#include "core/types.h"

#define PL_MEMBER_KEY_BYTES 32 /* spec RFC 7748 */
#define PL_VIEW_PER_IP      4 /* chosen: members behind one IPv4 address; a liar needs addresses, not ports */

typedef struct pl_member {
    uint8_t key[PL_MEMBER_KEY_BYTES]; /* X25519, as it says itself */
    uint32_t incarnation;             /* Unix seconds since when it serves, as it says itself */
    uint32_t ip;                      /* its address, set by the view; apart, or it would take two bytes more */
    uint16_t port;
    bool is_suspected;
} pl_member;

typedef struct pl_view {
    pl_addr *addresses; /* sorted */
    pl_member *members; /* the last takes the place of one that goes */
    uint16_t *table;    /* number of a member + 1, by the hash of its address; 0 = none */
    size_t count, capacity;
    size_t places; /* in the table: 0 or a power of two */
} pl_view;

void pl_view_clear(pl_view *view);
/* NULL if it is no member.  Borrowed until the next change. */
pl_member *pl_view_find(const pl_view *view, pl_addr address);
/* 1 if it is a member now, 0 if it was, PL_ERR_LIMIT if there are `max` (65535 at most) already or too many of its
 * IP. */
int pl_view_add(pl_view *view, pl_addr address, pl_member member, size_t max);
/* True if it was a member. */
bool pl_view_remove(pl_view *view, pl_addr address);
/* The place of the first address that is greater than `after`; `count` if there is none. */
size_t pl_view_after(const pl_view *view, pl_addr after);

#endif
