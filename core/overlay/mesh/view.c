#include "core/overlay/mesh/view.h"

#include <glib.h>
#include <string.h>

void pl_view_clear(pl_view *view)
{
    g_free(view->addresses);
    g_free(view->members);
    *view = (pl_view){0};
}

/* The place of an address, or where it would be. */
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

static bool is_at(const pl_view *view, size_t place, pl_addr address)
{
    return place < view->count && pl_addr_equal(view->addresses[place], address);
}

pl_member *pl_view_find(const pl_view *view, pl_addr address)
{
    size_t place = place_of(view, address);
    return is_at(view, place, address) ? &view->members[place] : NULL;
}

static size_t count_of_ip(const pl_view *view, uint32_t ip)
{
    size_t place = place_of(view, (pl_addr){ip, 0}), n = 0;
    while (place + n < view->count && view->addresses[place + n].ip == ip)
        n++;
    return n;
}

static void grow(pl_view *view)
{
    if (view->count < view->capacity)
        return;
    view->capacity = MAX(8, view->capacity + view->capacity / 4);
    view->addresses = g_renew(pl_addr, view->addresses, view->capacity);
    view->members = g_renew(pl_member, view->members, view->capacity);
}

int pl_view_add(pl_view *view, pl_addr address, pl_member member, size_t max)
{
    size_t place = place_of(view, address);
    if (is_at(view, place, address)) {
        view->members[place] = member;
        return 0;
    }
    if (view->count >= max || count_of_ip(view, address.ip) >= PL_VIEW_PER_IP)
        return PL_ERR_LIMIT;
    grow(view);
    memmove(view->addresses + place + 1, view->addresses + place, (view->count - place) * sizeof address);
    memmove(view->members + place + 1, view->members + place, (view->count - place) * sizeof member);
    view->addresses[place] = address;
    view->members[place] = member;
    view->count++;
    return 1;
}

bool pl_view_remove(pl_view *view, pl_addr address)
{
    size_t place = place_of(view, address);
    if (!is_at(view, place, address))
        return false;
    view->count--;
    memmove(view->addresses + place, view->addresses + place + 1, (view->count - place) * sizeof address);
    memmove(view->members + place, view->members + place + 1, (view->count - place) * sizeof(pl_member));
    return true;
}

size_t pl_view_after(const pl_view *view, pl_addr after)
{
    size_t place = place_of(view, after);
    return place + (is_at(view, place, after) ? 1 : 0);
}
