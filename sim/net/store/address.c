/* address.c - the table of (realm, address). */
#include "sim/net/store/address.h"

#include <glib.h>

#include "sim/net/store/slab.h"

#define FIRST_SLOTS 64u /* chosen: slots of an empty table */

void net_addresses_init(net_addresses *addresses)
{
    *addresses = (net_addresses){.slots = sim_memory_new0(FIRST_SLOTS * sizeof(struct net_address_slot)),
                                 .mask = FIRST_SLOTS - 1};
}

void net_addresses_clear(net_addresses *addresses)
{
    sim_memory_free(addresses->slots);
    *addresses = (net_addresses){0};
}

static uint64_t key_of(uint32_t realm, uint32_t ip)
{
    return (uint64_t)realm << 32 | ip;
}

/* The key's slot, or the empty one where it belongs. */
static struct net_address_slot *slot_of(const net_addresses *addresses, uint64_t key)
{
    uint32_t i = net_mix(key, 0) & addresses->mask;
    while (addresses->slots[i].key && addresses->slots[i].key != key)
        i = (i + 1) & addresses->mask;
    return &addresses->slots[i];
}

static void grow(net_addresses *addresses)
{
    net_addresses old = *addresses;
    addresses->mask = 2 * old.mask + 1;
    addresses->slots = sim_memory_new0(((size_t)addresses->mask + 1) * sizeof(struct net_address_slot));
    for (uint32_t i = 0; i <= old.mask; i++)
        if (old.slots[i].key)
            *slot_of(addresses, old.slots[i].key) = old.slots[i];
    sim_memory_free(old.slots);
}

void net_addresses_add(net_addresses *addresses, uint32_t realm, uint32_t ip, net_owner owner)
{
    g_assert(ip != 0);
    if (addresses->count > (addresses->mask / 3) * 2) /* chosen: at most two thirds full */
        grow(addresses);
    struct net_address_slot *slot = slot_of(addresses, key_of(realm, ip));
    g_assert(slot->key == 0 || slot->owner == NET_OWNER_NONE);
    addresses->count += slot->key == 0;
    slot->key = key_of(realm, ip);
    slot->owner = owner;
}

void net_addresses_remove(net_addresses *addresses, uint32_t realm, uint32_t ip)
{
    struct net_address_slot *slot = slot_of(addresses, key_of(realm, ip));
    g_assert(slot->key && slot->owner != NET_OWNER_NONE);
    slot->owner = NET_OWNER_NONE;
}

void net_addresses_warm(const net_addresses *addresses, uint32_t realm, uint32_t ip)
{
    __builtin_prefetch(&addresses->slots[net_mix(key_of(realm, ip), 0) & addresses->mask]);
}

net_owner net_addresses_find(const net_addresses *addresses, uint32_t realm, uint32_t ip)
{
    if (ip == 0)
        return NET_OWNER_NONE;
    const struct net_address_slot *slot = slot_of(addresses, key_of(realm, ip));
    return slot->key ? slot->owner : NET_OWNER_NONE;
}

size_t net_addresses_memory(const net_addresses *addresses)
{
    return ((size_t)addresses->mask + 1) * sizeof *addresses->slots;
}
