#include "sim/scenario/page.h"

#include <string.h>

#include "sim/scenario/units.h"

/* Chosen: most lines of a scenario are shorter; origins then stand in one column. */
#define ORIGIN_COLUMN 52

const char *sim_page_tunable(const pl_config_row *row, int64_t value, char *buffer, size_t len)
{
    if (row->unit == PL_UNIT_TIME)
        return sim_units_time_text(value, buffer, len);
    g_snprintf(buffer, (gulong)len, "%" G_GINT64_FORMAT, value);
    return buffer;
}

/* Characters that mean themselves in YAML; line and paragraph separators are line breaks to it. */
static bool is_graphic(gunichar c)
{
    return c == ' ' || (g_unichar_isgraph(c) && c != 0x2028 && c != 0x2029);
}

/* Whether YAML reads the text as it stands, in a block. */
static bool is_plain(const char *text)
{
    if (!g_ascii_isalnum(text[0]) && (!text[0] || !strchr("$/.", text[0])))
        return false;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        bool special = (*p == ':' && (p[1] == ' ' || p[1] == 0)) || (*p == ' ' && (p[1] == '#' || !p[1]));
        if (special || !is_graphic(g_utf8_get_char(p)))
            return false;
    }
    return true;
}

static void append_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == '"' || c == '\\')
            g_string_append_printf(out, "\\%c", *p);
        else if (is_graphic(c))
            g_string_append_unichar(out, c);
        else
            g_string_append_printf(out, "\\U%08x", (unsigned)c);
    }
    g_string_append_c(out, '"');
}

static void append_text(GString *out, const char *text)
{
    if (is_plain(text))
        g_string_append(out, text);
    else
        append_quoted(out, text);
}

static void indent(GString *out, int depth)
{
    for (int i = 0; i < depth; i++)
        g_string_append(out, "  ");
}

/* A file by its last name alone: what is written is the same from whichever folder the command was run. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Ends a line that began at `start` with where its value comes from. */
static void end_line(GString *out, gsize start, const sim_place *place)
{
    glong width = g_utf8_strlen(out->str + start, (gssize)(out->len - start));
    for (; width < ORIGIN_COLUMN; width++)
        g_string_append_c(out, ' ');
    if (place && place->source && sim_diagnostic_is_argument(place->source))
        g_string_append_printf(out, "  # %s\n", place->source->name);
    else if (place && place->source)
        g_string_append_printf(out, "  # %s:%u\n", base_name(place->source->name), place->line);
    else
        g_string_append(out, "  # default\n");
}

static bool is_block(const char *text)
{
    if (!strchr(text, '\n') || text[0] == ' ' || text[0] == '\n')
        return false;
    for (const char *p = text; *p; p = g_utf8_next_char(p))
        if (*p != '\n' && !is_graphic(g_utf8_get_char(p)))
            return false;
    return !g_str_has_suffix(text, "\n\n");
}

/* Lines of prose as a literal block. */
static void append_block(GString *out, const char *text, int depth)
{
    char **lines = g_strsplit(text, "\n", -1);
    g_string_append(out, g_str_has_suffix(text, "\n") ? "|\n" : "|-\n");
    for (guint i = 0; lines[i] && (lines[i + 1] || lines[i][0]); i++) {
        if (lines[i][0])
            indent(out, depth);
        g_string_append_printf(out, "%s\n", lines[i]);
    }
    g_strfreev(lines);
}

static void append_tree(GString *out, const sim_tree *tree, gsize start, int depth);

static void append_entry(GString *out, const sim_tree *key, const sim_tree *value, int depth)
{
    gsize start = out->len;
    indent(out, depth);
    append_text(out, key->text);
    g_string_append_c(out, ':');
    append_tree(out, value, start, depth);
}

/* What follows `key:` or `-`. */
static void append_tree(GString *out, const sim_tree *tree, gsize start, int depth)
{
    if (tree->kind == SIM_TREE_SCALAR) {
        g_string_append_c(out, ' ');
        if (is_block(tree->text)) {
            append_block(out, tree->text, depth + 1);
            return;
        }
        append_text(out, tree->text);
        end_line(out, start, &tree->place);
        return;
    }
    if (tree->n == 0) {
        g_string_append(out, tree->key ? " {}" : " []");
        end_line(out, start, &tree->place);
        return;
    }
    g_string_append_c(out, '\n');
    for (size_t i = 0; i < tree->n; i++) {
        if (tree->key) {
            append_entry(out, tree->key[i], tree->value[i], depth + 1);
            continue;
        }
        gsize item = out->len;
        indent(out, depth + 1);
        g_string_append_c(out, '-');
        append_tree(out, tree->value[i], item, depth + 1);
    }
}

static void append_default(GString *out, const char *key, const char *text, int depth)
{
    gsize start = out->len;
    indent(out, depth);
    g_string_append_printf(out, "%s: ", key);
    append_text(out, text);
    end_line(out, start, NULL);
}

static void append_section(GString *out, const char *section, const sim_tree *map, int depth);

static void append_named(GString *out, const sim_schema_row *row, const sim_tree *map, int depth)
{
    char section[128];
    sim_schema_below(row, section, sizeof section);
    indent(out, depth);
    g_string_append_printf(out, "%s:\n", row->key);
    for (size_t i = 0; i < map->n; i++) {
        indent(out, depth + 1);
        append_text(out, map->key[i]->text);
        g_string_append(out, ":\n");
        append_section(out, section, map->value[i], depth + 2);
    }
}

static void append_tunables(GString *out, const sim_tree *map, int depth)
{
    const pl_config_row *rows = NULL;
    size_t n = pl_config_rows(&rows);
    char text[48];
    indent(out, depth);
    g_string_append(out, "protocol:\n");
    for (size_t i = 0; i < n; i++) {
        const sim_tree *value = map ? sim_tree_get(map, rows[i].key) : NULL;
        if (value)
            append_entry(out, sim_tree_key(map, rows[i].key), value, depth + 1);
        else
            append_default(out, rows[i].key, sim_page_tunable(&rows[i], rows[i].value, text, sizeof text),
                           depth + 1);
    }
}

static void append_row(GString *out, const sim_schema_row *row, const sim_tree *map, int depth)
{
    const sim_tree *value = map ? sim_tree_get(map, row->key) : NULL;
    char below[128];
    if (strcmp(row->key, "tiers") == 0 || strcmp(row->key, "extends") == 0)
        return;
    if (row->kind == SIM_KIND_SECTION || (row->kind == SIM_KIND_BLOCK && value)) {
        indent(out, depth);
        g_string_append_printf(out, "%s:\n", row->key);
        append_section(out, sim_schema_below(row, below, sizeof below), value, depth + 1);
    } else if (row->kind == SIM_KIND_TUNABLES) {
        append_tunables(out, value, depth);
    } else if (row->kind == SIM_KIND_NAMED && value && value->kind == SIM_TREE_MAP && value->n > 0) {
        append_named(out, row, value, depth);
    } else if (value) {
        append_entry(out, sim_tree_key(map, row->key), value, depth);
    } else if (row->fallback && *row->fallback) {
        append_default(out, row->key, row->fallback, depth);
    }
}

static void append_section(GString *out, const char *section, const sim_tree *map, int depth)
{
    const sim_schema_row *rows = NULL;
    size_t n = sim_schema_rows(&rows);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].section, section) == 0)
            append_row(out, &rows[i], map, depth);
}

char *sim_page_resolved(const sim_scenario *scenario, const sim_tree *tree)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "# %s, resolved: every value and where it comes from\n", base_name(scenario->path));
    append_section(out, "", tree, 0);
    return g_string_free(out, FALSE);
}

/* "time, 1ms to 1h" or "one of a, b" */
static void append_type(GString *out, const sim_schema_row *row)
{
    char range[96];
    sim_schema_range(row, range, sizeof range);
    g_string_append(out, sim_kind_name(row->kind));
    if (row->words && row->words[0] == '@') {
        g_string_append_printf(out, " of a %s",
                               row->words[1] == 'p'   ? "profile"
                               : row->words[1] == 'f' ? "firewall"
                               : row->words[1] == 'n' ? "policy"
                                                      : "host stack");
    } else if (row->words) {
        char **words = g_strsplit(row->words, "|", -1), *joined = g_strjoinv(", ", words);
        bool single = !strchr(row->words, '|') && row->kind != SIM_KIND_WORD;
        g_string_append_printf(out, "%s%s", single ? " or " : ": ", joined);
        g_free(joined);
        g_strfreev(words);
    }
    if (*range && row->kind != SIM_KIND_PORT && row->kind != SIM_KIND_PORTS)
        g_string_append_printf(out, ", %s", range);
}

static char *explain_row(const sim_schema_row *row)
{
    char path[128], below[128];
    GString *out = g_string_new(NULL);
    const sim_schema_row *rows = NULL;
    size_t n = sim_schema_rows(&rows);
    g_string_append_printf(out, "%s\n  %s\n  type: ", sim_schema_path(row, path, sizeof path), row->help);
    append_type(out, row);
    g_string_append_printf(out, "\n  %s%s\n  since: %s\n",
                           row->need == SIM_REQUIRED ? "required" : "default: ",
                           row->need == SIM_REQUIRED         ? ""
                           : row->fallback && *row->fallback ? row->fallback
                                                             : "none",
                           row->since);
    sim_schema_below(row, below, sizeof below);
    for (size_t i = 0; i < n; i++)
        if (row->offset == SIM_NO_OFFSET && strcmp(rows[i].section, below) == 0)
            g_string_append_printf(out, "    %-14s %s\n", rows[i].key, rows[i].help);
    const pl_config_row *tunables = NULL;
    size_t n_tunables = row->kind == SIM_KIND_TUNABLES ? pl_config_rows(&tunables) : 0;
    for (size_t i = 0; i < n_tunables; i++)
        g_string_append_printf(out, "    %-28s %s\n", tunables[i].key, tunables[i].help);
    return g_string_free(out, FALSE);
}

static char *explain_tunable(const char *key)
{
    const pl_config_row *rows = NULL;
    char value[48], least[48], greatest[48];
    size_t n = pl_config_rows(&rows);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].key, key) == 0)
            return g_strdup_printf("protocol.%s\n  %s\n  type: %s, %s to %s\n  default: %s (%s)\n", key,
                                   rows[i].help, rows[i].unit == PL_UNIT_TIME ? "time" : "count",
                                   sim_page_tunable(&rows[i], rows[i].least, least, sizeof least),
                                   sim_page_tunable(&rows[i], rows[i].greatest, greatest, sizeof greatest),
                                   sim_page_tunable(&rows[i], rows[i].value, value, sizeof value),
                                   rows[i].source);
    return NULL;
}

char *sim_page_explain(const char *path)
{
    if (g_str_has_prefix(path, "protocol."))
        return explain_tunable(path + strlen("protocol."));
    const sim_schema_row *row = sim_schema_lookup(path);
    return row ? explain_row(row) : NULL;
}

char *sim_page_nearest(const char *path)
{
    const sim_schema_row *rows = NULL;
    const pl_config_row *tunables = NULL;
    size_t n = sim_schema_rows(&rows), n_tunables = pl_config_rows(&tunables);
    unsigned least = 3;
    char *best = NULL, full[128];
    for (size_t i = 0; i < n + n_tunables; i++) {
        if (i < n)
            sim_schema_path(&rows[i], full, sizeof full);
        else
            g_snprintf(full, sizeof full, "protocol.%s", tunables[i - n].key);
        unsigned distance = sim_nearest_distance(path, full);
        if (i >= n) /* the prefix may be left out */
            distance = MIN(distance, sim_nearest_distance(path, tunables[i - n].key));
        /* A bare last part is a hint as good as a typing mistake: "duration" means run.duration. */
        if (i < n && distance > 2 && strcmp(path, rows[i].key) == 0)
            distance = 2;
        if (distance >= least)
            continue;
        least = distance;
        g_free(best);
        best = g_strdup(full);
    }
    return best;
}

static void append_cell(GString *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '|')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
}

static void append_table(GString *out, const char *section)
{
    const sim_schema_row *rows = NULL;
    size_t n = sim_schema_rows(&rows);
    g_string_append_printf(out, "\n## %s\n\n| key | type | default | meaning |\n|---|---|---|---|\n",
                           *section ? section : "The file");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].section, section) != 0)
            continue;
        g_string_append_printf(out, "| `%s` | ", rows[i].key);
        append_type(out, &rows[i]);
        if (rows[i].fallback && *rows[i].fallback)
            g_string_append_printf(out, " | `%s` | ", rows[i].fallback);
        else
            g_string_append(out, rows[i].need == SIM_REQUIRED ? " | required | " : " | | ");
        append_cell(out, rows[i].help);
        g_string_append(out, " |\n");
    }
}

static void append_tunable_table(GString *out)
{
    char value[48], least[48], greatest[48];
    const pl_config_row *rows = NULL;
    size_t n = pl_config_rows(&rows);
    g_string_append(out, "| key | range | default | source | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        g_string_append_printf(out, "| `%s` | %s to %s | `%s` | %s | ", rows[i].key,
                               sim_page_tunable(&rows[i], rows[i].least, least, sizeof least),
                               sim_page_tunable(&rows[i], rows[i].greatest, greatest, sizeof greatest),
                               sim_page_tunable(&rows[i], rows[i].value, value, sizeof value),
                               rows[i].source);
        append_cell(out, rows[i].help);
        g_string_append(out, " |\n");
    }
}

char *sim_page_constants(void)
{
    GString *out = g_string_new(NULL);
    append_tunable_table(out);
    return g_string_free(out, FALSE);
}

char *sim_page_markdown(void)
{
    static const char *const units =
        "# Scenario files\n\n"
        "Generated from the program's own table by `partyline explain --markdown`; do not edit.\n\n"
        "A scenario is strict YAML: spaces, no tabs, no tags, no merge keys, no duplicate keys. Every "
        "quantity "
        "carries a unit:\n\n"
        "| type | units | example |\n|---|---|---|\n"
        "| time | ns us ms s min h d | `250ms` |\n"
        "| rate | bit/s kbit/s Mbit/s Gbit/s (decimal) | `384kbit/s` |\n"
        "| size | B kB MB KiB MiB GiB | `64KiB` |\n"
        "| share | % | `2.5%` |\n"
        "| count, port | none | `500` |\n"
        "| date | UTC | `2004-09-15` |\n";
    GString *out = g_string_new(units);
    const sim_schema_row *rows = NULL;
    size_t n = sim_schema_rows(&rows);
    const char *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (last && strcmp(rows[i].section, last) == 0)
            continue;
        last = rows[i].section;
        append_table(out, last);
    }
    g_string_append(out, "\n## protocol\n\n");
    append_tunable_table(out);
    return g_string_free(out, FALSE);
}
