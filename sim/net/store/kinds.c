/* kinds.c - options that are kept once. */
#include "sim/net/store/kinds.h"

void net_kinds_init(net_kinds *kinds)
{
    *kinds = (net_kinds){
        .numbers = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL),
        .records = g_ptr_array_new(),
    };
}

void net_kinds_clear(net_kinds *kinds)
{
    g_hash_table_unref(kinds->numbers);
    g_ptr_array_unref(kinds->records);
    *kinds = (net_kinds){0};
}

uint32_t net_kinds_keep(net_kinds *kinds, const void *options, size_t bytes)
{
    g_autoptr(GBytes) key = g_bytes_new(options, bytes);
    const uint32_t known = GPOINTER_TO_UINT(g_hash_table_lookup(kinds->numbers, key));
    if (known)
        return known - 1;
    const uint32_t number = kinds->records->len;
    g_ptr_array_add(kinds->records, (gpointer)(uintptr_t)g_bytes_get_data(key, NULL));
    g_hash_table_insert(kinds->numbers, g_bytes_ref(key), GUINT_TO_POINTER(number + 1));
    kinds->memory += bytes;
    return number;
}
