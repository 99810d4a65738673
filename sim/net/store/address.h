/* address.h - who has an address: one table of (realm, address) for the whole network.
 *
 * Private to sim/net.  Open addressing; an address that was taken away keeps its slot, without an owner. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

/* A host's number, or a realm's number with the flag below: the box of that realm takes the packet. */
typedef uint32_t net_owner;
#define NET_OWNER_BOX 0x80000000u
#define NET_OWNER_NONE UINT32_MAX

typedef struct net_addresses {
    struct net_address_slot {
        uint64_t key; /* realm << 32 | address; 0 = empty, as nobody has 0.0.0.0 */
        net_owner owner;
    } *slots;
    uint32_t mask;
    uint32_t count;
} net_addresses;

void net_addresses_init(net_addresses *addresses);
void net_addresses_clear(net_addresses *addresses);
/* The pair must be new: an address in use is a fault of the caller. */
void net_addresses_add(net_addresses *addresses, uint32_t realm, uint32_t ip, net_owner owner);
/* The pair must be known; from now on nobody has it. */
void net_addresses_remove(net_addresses *addresses, uint32_t realm, uint32_t ip);
net_owner net_addresses_find(const net_addresses *addresses, uint32_t realm, uint32_t ip);
/* Prefetches where a find will look. */
void net_addresses_warm(const net_addresses *addresses, uint32_t realm, uint32_t ip);
size_t net_addresses_memory(const net_addresses *addresses);

#endif
