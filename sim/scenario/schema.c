#include "sim/scenario/schema.h"

#include <glib.h>
#include <string.h>

#include "core/node.h"
#include "sim/engine.h"
#include "sim/scenario/config.h"

const char *sim_kind_name(sim_kind kind)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        SIM_KINDS(X)
#undef X
    };
    return names[kind];
}

const sim_schema_row *sim_schema_find(const char *section, const char *key)
{
    const sim_schema_row *rows;
    const size_t n = sim_schema_rows(&rows);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].key, key) == 0 && strcmp(rows[i].section, section) == 0)
            return &rows[i];
    return NULL;
}

bool sim_schema_has(const char *section)
{
    const sim_schema_row *rows;
    const size_t n = sim_schema_rows(&rows);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].section, section) == 0)
            return true;
    return false;
}

const char *sim_schema_path(const sim_schema_row *row, char *buffer, size_t len)
{
    g_snprintf(buffer, (gulong)len, "%s%s%s", row->section, *row->section ? "." : "", row->key);
    return buffer;
}

const char *sim_schema_below(const sim_schema_row *row, char *buffer, size_t len)
{
    sim_schema_path(row, buffer, len);
    if (row->kind == SIM_KIND_NAMED)
        g_strlcat(buffer, ".*", len);
    else if (row->kind == SIM_KIND_ITEMS || row->kind == SIM_KIND_EXPECTS)
        g_strlcat(buffer, "[]", len);
    return buffer;
}

/* The section that `part` leads to from `section`; "peers" + "mix[]" → "peers.mix[]". */
static bool descend(char *section, size_t len, const char *part)
{
    size_t stem = strcspn(part, "[");
    char *key = g_strndup(part, stem);
    const sim_schema_row *row = sim_schema_find(section, key);
    g_free(key);
    char below[128];
    if (row && (row->kind == SIM_KIND_SECTION || row->kind == SIM_KIND_BLOCK || row->kind == SIM_KIND_ITEMS ||
                row->kind == SIM_KIND_EXPECTS))
        sim_schema_below(row, below, sizeof below);
    else if (row && row->kind == SIM_KIND_NAMED)
        sim_schema_path(row, below, sizeof below);
    else
        g_snprintf(below, sizeof below, "%s.*", section);
    g_strlcpy(section, below, len);
    return true;
}

const sim_schema_row *sim_schema_lookup(const char *path)
{
    char section[128] = "";
    char **part = g_strsplit(path, ".", 8);
    const sim_schema_row *row = NULL;
    guint n = g_strv_length(part);
    for (guint i = 0; i + 1 < n; i++)
        descend(section, sizeof section, part[i]);
    if (n > 0)
        row = sim_schema_find(section, part[n - 1]);
    g_strfreev(part);
    return row;
}

const char *sim_schema_range(const sim_schema_row *row, char *buffer, size_t len)
{
    char low[48], high[48];
    buffer[0] = 0;
    if (row->low == 0 && row->high == 0)
        return buffer;
    if (row->kind == SIM_KIND_TIME)
        g_snprintf(buffer, (gulong)len, "%s to %s", sim_units_time_text(row->low, low, sizeof low),
                   sim_units_time_text(row->high, high, sizeof high));
    else if (row->high == INT64_MAX || row->high == SIM_COUNT_MAX)
        g_snprintf(buffer, (gulong)len, "%" G_GINT64_FORMAT " or more", row->low);
    else
        g_snprintf(buffer, (gulong)len, "%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, row->low, row->high);
    return buffer;
}

static void offer_list(const char *const *names, size_t n, void (*offer)(void *, const char *), void *ctx)
{
    for (size_t i = 0; i < n && names[i]; i++)
        offer(ctx, names[i]);
}

void sim_schema_words(const sim_schema_row *row, const sim_tree *root, void (*offer)(void *, const char *),
                      void *ctx)
{
    if (!row->words)
        return;
    if (strcmp(row->words, "@profiles") == 0) {
        const sim_tree *profiles = root ? sim_tree_get(root, "profiles") : NULL;
        for (size_t i = 0; profiles && profiles->kind == SIM_TREE_MAP && i < profiles->n; i++)
            offer(ctx, profiles->key[i]->text);
    } else if (strcmp(row->words, "@firewalls") == 0) {
        const net_firewall_preset_row *presets;
        size_t n = net_firewall_presets(&presets);
        for (size_t i = 0; i < n; i++)
            offer(ctx, presets[i].name);
    } else if (strcmp(row->words, "@nat-policies") == 0) {
        const pl_nat_policy *policies;
        size_t n = pl_nat_policies(&policies);
        for (size_t i = 0; i < n; i++)
            offer(ctx, policies[i].name);
    } else if (strcmp(row->words, "@stacks") == 0) {
        offer_list(sim_stack_profile_names(), SIZE_MAX, offer, ctx);
    } else {
        char **words = g_strsplit(row->words, "|", -1);
        offer_list((const char *const *)words, SIZE_MAX, offer, ctx);
        g_strfreev(words);
    }
}
