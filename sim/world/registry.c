#include "sim/world/registry.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

/* A value: its key, its length, its bytes. */
typedef struct value {
    struct value *next;
    uint16_t len;
    char key[SIM_REGISTRY_KEY_MAX + 1];
    uint8_t data[];
} value;

struct sim_registry {
    value *values;
    char *path;
};

static const char file_magic[8] = "PLREG01\n";

static value **find(const sim_registry *registry, const char *key)
{
    value **link = (value **)&registry->values;
    while (*link && strcmp((*link)->key, key) != 0)
        link = &(*link)->next;
    return link;
}

static void put(sim_registry *registry, const char *key, const uint8_t *data, size_t len)
{
    value **link = find(registry, key);
    value *old = *link;
    if (old) {
        *link = old->next;
        g_free(old);
    }
    if (len == 0)
        return;
    value *entry = g_malloc(sizeof *entry + len);
    entry->next = registry->values;
    entry->len = (uint16_t)len;
    g_strlcpy(entry->key, key, sizeof entry->key);
    memcpy(entry->data, data, len);
    registry->values = entry;
}

/* The file: magic, then key (16 bytes), length (2, big-endian), bytes. */
static bool parse(sim_registry *registry, const uint8_t *bytes, size_t len)
{
    size_t at = sizeof file_magic;
    if (len < at || memcmp(bytes, file_magic, at) != 0)
        return false;
    while (at < len) {
        if (len - at < SIM_REGISTRY_KEY_MAX + 3 || bytes[at + SIM_REGISTRY_KEY_MAX] != 0)
            return false;
        const char *key = (const char *)bytes + at;
        size_t value_len = (size_t)(bytes[at + SIM_REGISTRY_KEY_MAX + 1] << 8 | bytes[at + SIM_REGISTRY_KEY_MAX + 2]);
        at += SIM_REGISTRY_KEY_MAX + 3;
        if (len - at < value_len)
            return false;
        put(registry, key, bytes + at, value_len);
        at += value_len;
    }
    return true;
}

sim_registry *sim_registry_new(const char *path, char **ret_error)
{
    sim_registry *registry = g_new0(sim_registry, 1);
    if (!path)
        return registry;
    registry->path = g_strdup(path);
    g_autofree char *bytes = NULL;
    gsize len = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &bytes, &len, &error)) {
        if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return registry;
        *ret_error = g_strdup_printf("%s: %s; give the node a registry file that it may read", path, error->message);
    } else if (!parse(registry, (const uint8_t *)bytes, len)) {
        *ret_error = g_strdup_printf("%s: this is no registry, or it is damaged; remove it to start as after "
                                     "installation",
                                     path);
    } else {
        return registry;
    }
    sim_registry_free(registry);
    return NULL;
}

void sim_registry_free(sim_registry *registry)
{
    if (!registry)
        return;
    while (registry->values) {
        value *next = registry->values->next;
        g_free(registry->values);
        registry->values = next;
    }
    g_free(registry->path);
    g_free(registry);
}

static int write_file(const sim_registry *registry)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)file_magic, sizeof file_magic);
    for (const value *entry = registry->values; entry; entry = entry->next) {
        uint8_t head[SIM_REGISTRY_KEY_MAX + 3] = {0};
        g_strlcpy((char *)head, entry->key, SIM_REGISTRY_KEY_MAX + 1);
        head[SIM_REGISTRY_KEY_MAX + 1] = (uint8_t)(entry->len >> 8);
        head[SIM_REGISTRY_KEY_MAX + 2] = (uint8_t)entry->len;
        g_byte_array_append(bytes, head, sizeof head);
        g_byte_array_append(bytes, entry->data, entry->len);
    }
    return g_file_set_contents(registry->path, (const char *)bytes->data, bytes->len, NULL) ? 0 : PL_ERR_DENIED;
}

int sim_registry_keep(sim_registry *registry, const char *key, const uint8_t *data, size_t len)
{
    if (strlen(key) > SIM_REGISTRY_KEY_MAX || len > SIM_REGISTRY_VALUE_MAX)
        return PL_ERR_LIMIT;
    put(registry, key, data, len);
    return registry->path ? write_file(registry) : 0;
}

size_t sim_registry_load(const sim_registry *registry, const char *key, uint8_t *out, size_t max)
{
    const value *entry = *find(registry, key);
    if (!entry)
        return 0;
    memcpy(out, entry->data, MIN((size_t)entry->len, max));
    return entry->len;
}
