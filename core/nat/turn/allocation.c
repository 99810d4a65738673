#include "core/nat/turn/allocation.h"

#include <glib.h>

bool pl_turn_allocation_permits(const pl_turn_allocation *allocation, uint32_t ip, pl_time now)
{
    for (size_t i = 0; i < PL_TURN_PERMISSION_PLACES; i++) {
        if (allocation->permissions[i].ip == ip && now < allocation->permissions[i].until)
            return true;
    }
    return false;
}

/* The place of an address, else one that has lapsed, else NULL. */
static pl_turn_permission *permission_place(pl_turn_allocation *allocation, uint32_t ip, pl_time now)
{
    pl_turn_permission *lapsed = NULL;
    for (size_t i = 0; i < PL_TURN_PERMISSION_PLACES; i++) {
        pl_turn_permission *place = &allocation->permissions[i];
        if (place->ip == ip && now < place->until)
            return place;
        if (now >= place->until)
            lapsed = place;
    }
    return lapsed;
}

int pl_turn_allocation_permit(pl_turn_allocation *allocation, const pl_addr *peers, size_t n, pl_time now)
{
    pl_turn_permission before[PL_TURN_PERMISSION_PLACES];
    for (size_t i = 0; i < PL_TURN_PERMISSION_PLACES; i++)
        before[i] = allocation->permissions[i];
    for (size_t i = 0; i < n; i++) {
        pl_turn_permission *place = permission_place(allocation, peers[i].ip, now);
        if (!place) {
            for (size_t k = 0; k < PL_TURN_PERMISSION_PLACES; k++)
                allocation->permissions[k] = before[k];
            return PL_ERR_LIMIT;
        }
        *place = (pl_turn_permission){peers[i].ip, now + PL_TURN_PERMISSION_LIFETIME};
    }
    return 0;
}

/* The place of a channel to bind, NULL if there is none.  PL_ERR_IN_USE as spec RFC 8656 §12.2 has it. */
static int channel_place(pl_turn_allocation *allocation, uint16_t number, pl_addr peer,
                         pl_turn_channel **ret_place, pl_time now)
{
    pl_turn_channel *lapsed = NULL, *own = NULL;
    for (size_t i = 0; i < PL_TURN_CHANNEL_PLACES; i++) {
        pl_turn_channel *place = &allocation->channels[i];
        bool lives = now < place->until;
        bool same_number = place->number == number, same_peer = pl_addr_equal(place->peer, peer);
        if (lives && same_number != same_peer)
            return PL_ERR_IN_USE;
        if (lives && same_number)
            own = place;
        if (!lives)
            lapsed = place;
    }
    *ret_place = own ? own : lapsed;
    return *ret_place ? 0 : PL_ERR_LIMIT;
}

int pl_turn_allocation_bind(pl_turn_allocation *allocation, uint16_t number, pl_addr peer, pl_time now)
{
    pl_turn_channel *place;
    int error = channel_place(allocation, number, peer, &place, now);
    if (!error)
        error = pl_turn_allocation_permit(allocation, &peer, 1, now);
    if (!error)
        *place = (pl_turn_channel){number, peer, now + PL_TURN_CHANNEL_LIFETIME};
    return error;
}

const pl_turn_channel *pl_turn_allocation_channel_to(const pl_turn_allocation *allocation, pl_addr peer,
                                                     pl_time now)
{
    for (size_t i = 0; i < PL_TURN_CHANNEL_PLACES; i++) {
        const pl_turn_channel *channel = &allocation->channels[i];
        if (now < channel->until && pl_addr_equal(channel->peer, peer))
            return channel;
    }
    return NULL;
}

const pl_turn_channel *pl_turn_allocation_channel(const pl_turn_allocation *allocation, uint16_t number,
                                                  pl_time now)
{
    for (size_t i = 0; i < PL_TURN_CHANNEL_PLACES; i++) {
        const pl_turn_channel *channel = &allocation->channels[i];
        if (now < channel->until && channel->number == number)
            return channel;
    }
    return NULL;
}

bool pl_turn_customer_spend(pl_turn_customer *customer, size_t bytes, int64_t bytes_per_second, pl_time now)
{
    pl_span cost = (pl_span)bytes * PL_SECOND / bytes_per_second;
    pl_time full_at = MAX(customer->full_at, now) + cost;
    if (full_at - now > PL_SECOND)
        return false;
    customer->full_at = full_at;
    return true;
}

typedef enum scope {
    SCOPE_PUBLIC,
    SCOPE_PRIVATE,
    SCOPE_SHARED,
    SCOPE_LINK,
    SCOPE_LOOPBACK,
    SCOPE_NONE
} scope;

/* spec RFC 6890: the blocks that are not globally reachable.  Blocks for documentation count as public: in a
 * simulation they are. */
static const struct {
    uint32_t ip, mask;
    scope scope;
} blocks[] = {
    {0x00000000, 0xFF000000, SCOPE_NONE},    /* 0/8: "this network" */
    {0x0A000000, 0xFF000000, SCOPE_PRIVATE}, /* 10/8 */
    {0xAC100000, 0xFFF00000, SCOPE_PRIVATE}, /* 172.16/12 */
    {0xC0A80000, 0xFFFF0000, SCOPE_PRIVATE}, /* 192.168/16 */
    {0x64400000, 0xFFC00000, SCOPE_SHARED},  /* 100.64/10 */
    {0xA9FE0000, 0xFFFF0000, SCOPE_LINK},    /* 169.254/16 */
    {0x7F000000, 0xFF000000, SCOPE_LOOPBACK},
    {0xE0000000, 0xE0000000, SCOPE_NONE}, /* 224/3: multicast, reserved, broadcast */
};

static scope scope_of(uint32_t ip)
{
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
        if ((ip & blocks[i].mask) == blocks[i].ip)
            return blocks[i].scope;
    }
    return SCOPE_PUBLIC;
}

bool pl_turn_may_reach(uint32_t own, uint32_t ip)
{
    scope there = scope_of(ip);
    return there == SCOPE_PUBLIC || (there != SCOPE_NONE && there == scope_of(own));
}
