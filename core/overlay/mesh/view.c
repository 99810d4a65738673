#include "core/overlay/mesh/view.h"

#include <glib.h>
#include <string.h>

/* chosen: the multiplier of splitmix64; its upper bits depend on all of the address. */
#define MIX UINT64_C(0x9E3779B97F4A7C15)

#define PLACES_LEAST 16 /* chosen: a small network's view has one line of a cache */

void pl_view_clear(pl_view *view)
{
    g_free(view->addresses);
    g_free(view->members);
    g_free(view->table);
    *view = (pl_view){0};
}

/* --- the table --- */

static size_t home_of(const pl_view *view, uint32_t ip, uint16_t port)
{
    uint64_t hash = ((uint64_t)ip << 16 | port) * MIX;
    return (size_t)(hash >> 32) & (view->places - 1);
}

/* The place of an address in the table, or the empty one where it would be; the table is never full. */
static size_t look_up(const pl_view *view, pl_addr address)
{
    size_t place = home_of(view, address.ip, address.port);
    while (view->table[place]) {
        const pl_member *member = &view->members[view->table[place] - 1];
        if (member->ip == address.ip && member->port == address.port)
            break;
        place = (place + 1) & (view->places - 1);
    }
    return place;
}

static pl_addr address_of(const pl_member *member)
{
    return (pl_addr){member->ip, member->port};
}

/* Room for one more, with a third of the places empty. */
static void grow_table(pl_view *view)
{
    if (3 * (view->count + 1) <= 2 * view->places)
        return;
    view->places = MAX(PLACES_LEAST, 2 * view->places);
    g_free(view->table);
    view->table = g_new0(uint16_t, view->places);
    for (size_t i = 0; i < view->count; i++)
        view->table[look_up(view, address_of(&view->members[i]))] = (uint16_t)(i + 1);
}

/* Whom the hole would cut off from his home moves back into it. */
static void empty_place(pl_view *view, size_t hole)
{
    size_t mask = view->places - 1;
    for (size_t next = (hole + 1) & mask; view->table[next]; next = (next + 1) & mask) {
        const pl_member *member = &view->members[view->table[next] - 1];
        size_t home = home_of(view, member->ip, member->port);
        if (((next - home) & mask) < ((next - hole) & mask))
            continue;
        view->table[hole] = view->table[next];
        hole = next;
    }
    view->table[hole] = 0;
}

pl_member *pl_view_find(const pl_view *view, pl_addr address)
{
    size_t number = view->count ? view->table[look_up(view, address)] : 0;
    return number ? &view->members[number - 1] : NULL;
}

/* --- the order --- */

/* The place of an address in the order, or where it would be. */
static size_t place_of(const pl_view *view, pl_addr address)
{
    size_t low = 0, high = view->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pl_addr_compare(view->addresses[middle], address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_of_ip(const pl_view *view, uint32_t ip)
{
    size_t place = place_of(view, (pl_addr){ip, 0}), n = 0;
    while (place + n < view->count && view->addresses[place + n].ip == ip)
        n++;
    return n;
}

size_t pl_view_after(const pl_view *view, pl_addr after)
{
    size_t place = place_of(view, after);
    return place + (place < view->count && pl_addr_equal(view->addresses[place], after) ? 1 : 0);
}

/* --- both --- */

static void grow(pl_view *view)
{
    grow_table(view);
    if (view->count < view->capacity)
        return;
    view->capacity = MAX(8, view->capacity + view->capacity / 4);
    view->addresses = g_renew(pl_addr, view->addresses, view->capacity);
    view->members = g_renew(pl_member, view->members, view->capacity);
}

int pl_view_add(pl_view *view, pl_addr address, pl_member member, size_t max)
{
    pl_member *former = pl_view_find(view, address);
    member.ip = address.ip;
    member.port = address.port;
    if (former) {
        *former = member;
        return 0;
    }
    if (view->count >= MIN(max, UINT16_MAX) || count_of_ip(view, address.ip) >= PL_VIEW_PER_IP)
        return PL_ERR_LIMIT;
    grow(view);
    size_t place = place_of(view, address);
    memmove(view->addresses + place + 1, view->addresses + place, (view->count - place) * sizeof address);
    view->addresses[place] = address;
    view->members[view->count] = member;
    view->table[look_up(view, address)] = (uint16_t)(view->count + 1);
    view->count++;
    return 1;
}

bool pl_view_remove(pl_view *view, pl_addr address)
{
    const pl_member *gone = pl_view_find(view, address);
    if (!gone)
        return false;
    size_t number = (size_t)(gone - view->members), last = view->count - 1;
    size_t place = place_of(view, address);
    empty_place(view, look_up(view, address));
    if (number != last) {
        view->table[look_up(view, address_of(&view->members[last]))] = (uint16_t)(number + 1);
        view->members[number] = view->members[last];
    }
    memmove(view->addresses + place, view->addresses + place + 1, (last - place) * sizeof address);
    view->count = last;
    return true;
}
