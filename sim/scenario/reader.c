#include "sim/scenario/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

typedef struct reader {
    sim_tree_pool *pool;
    const sim_source *source;
    sim_diagnostics *diagnostics;
    yaml_parser_t parser;
    GHashTable *anchors; /* name → tree, NULL while it is being read; looked up, never walked */
    size_t nodes;
    bool failed;
} reader;

static sim_place place_of(const reader *r, yaml_mark_t start, yaml_mark_t end)
{
    uint32_t width =
        end.line == start.line && end.column > start.column ? (uint32_t)(end.column - start.column) : 1;
    return (sim_place){r->source, (uint32_t)start.line + 1, (uint32_t)start.column + 1, width};
}

static void fail(reader *r, const sim_place *place, const char *hint, const char *message)
{
    if (!r->failed)
        sim_diagnostic_add(r->diagnostics, place, hint, "%s", message);
    r->failed = true;
}

static void fail_syntax(reader *r)
{
    const yaml_parser_t *p = &r->parser;
    sim_place place = place_of(r, p->problem_mark, p->problem_mark);
    if (p->error == YAML_READER_ERROR) {
        place.line = 1;
        place.column = 1;
        for (size_t i = 0; i < p->problem_offset && i < r->source->len; i++) {
            bool newline = r->source->text[i] == '\n';
            place.line += newline;
            place.column = newline ? 1 : place.column + ((r->source->text[i] & 0xC0) != 0x80);
        }
    }
    fail(r, &place, p->context, p->problem ? p->problem : "not YAML");
}

static const sim_tree *read_node(reader *r, const yaml_event_t *event, int depth);

/* The next event; false after a syntax error. */
static bool next(reader *r, yaml_event_t *event)
{
    if (r->failed)
        return false;
    if (!yaml_parser_parse(&r->parser, event)) {
        fail_syntax(r);
        return false;
    }
    return true;
}

static bool count(reader *r, const sim_place *place, size_t nodes)
{
    r->nodes += nodes;
    if (r->nodes > SIM_READER_NODES_MAX)
        fail(r, place, "100000 values, aliases counted each time, are the limit", "too many values");
    return !r->failed;
}

static const sim_tree *read_alias(reader *r, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    sim_place place = place_of(r, event->start_mark, event->end_mark);
    void *found = NULL;
    if (!g_hash_table_lookup_extended(r->anchors, name, NULL, &found)) {
        fail(r, &place, "an anchor (&name) must come before its alias", "unknown alias");
        return NULL;
    }
    if (!found) {
        fail(r, &place, NULL, "an alias cannot stand inside what it names");
        return NULL;
    }
    const sim_tree *tree = found;
    return count(r, &place, tree->weight) ? tree : NULL;
}

/* In a flow map or list YAML ends a plain text at every comma: `{loss: gilbert(p=1%, burst=4)}` arrives in
 * two pieces.  While a parenthesis is open the piece that follows is put back where it belongs. */
static bool rejoin(reader *r, GPtrArray *values, const sim_tree *piece)
{
    const sim_tree *last = values->len > 0 ? values->pdata[values->len - 1] : NULL;
    if (!last || last->kind != SIM_TREE_SCALAR || piece->kind != SIM_TREE_SCALAR ||
        !strchr(last->text, '(') || strchr(last->text, ')'))
        return false;
    char *whole = g_strconcat(last->text, ", ", piece->text, NULL);
    sim_place place = last->place;
    if (piece->place.line == place.line)
        place.width = piece->place.column + piece->place.width - place.column;
    values->pdata[values->len - 1] = (void *)(uintptr_t)sim_tree_scalar(r->pool, whole, &place);
    g_free(whole);
    return true;
}

static const sim_tree *read_list(reader *r, const sim_place *place, int depth)
{
    GPtrArray *items = g_ptr_array_new();
    yaml_event_t event;
    while (next(r, &event)) {
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        const sim_tree *item = end ? NULL : read_node(r, &event, depth);
        yaml_event_delete(&event);
        if (!item)
            break;
        if (!rejoin(r, items, item))
            g_ptr_array_add(items, (void *)(uintptr_t)item);
    }
    const sim_tree *list = r->failed ? NULL : sim_tree_branch(r->pool, place, NULL, items);
    g_ptr_array_free(items, TRUE);
    return list;
}

/* Whether the key may be used; complains if not. */
static bool accept_key(reader *r, const sim_tree *key, GHashTable *seen)
{
    if (key->kind != SIM_TREE_SCALAR) {
        fail(r, &key->place, NULL, "a key must be a word, not a list or a map");
        return false;
    }
    if (strcmp(key->text, "<<") == 0) {
        sim_diagnostic_add(r->diagnostics, &key->place, "use extends:, the one way to inherit",
                           "merge keys are not part of scenario files");
        return false;
    }
    const sim_tree *first = g_hash_table_lookup(seen, key->text);
    if (first) {
        char hint[64];
        g_snprintf(hint, sizeof hint, "first given in line %u", first->place.line);
        sim_diagnostic_add(r->diagnostics, &key->place, hint, "duplicate key '%s'", key->text);
        return false;
    }
    g_hash_table_insert(seen, (void *)(uintptr_t)key->text, (void *)(uintptr_t)key);
    return true;
}

static const sim_tree *read_next_value(reader *r, int depth)
{
    yaml_event_t event;
    if (!next(r, &event))
        return NULL;
    const sim_tree *value = read_node(r, &event, depth);
    yaml_event_delete(&event);
    return value;
}

static const sim_tree *read_map(reader *r, const sim_place *place, int depth)
{
    GPtrArray *keys = g_ptr_array_new(), *values = g_ptr_array_new();
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    yaml_event_t event;
    while (next(r, &event)) {
        bool end = event.type == YAML_MAPPING_END_EVENT;
        const sim_tree *key = end ? NULL : read_node(r, &event, depth);
        yaml_event_delete(&event);
        if (!key)
            break;
        const sim_tree *value = read_next_value(r, depth);
        if (!value)
            break;
        bool piece = value->kind == SIM_TREE_SCALAR && value->text[0] == 0 && rejoin(r, values, key);
        if (piece || !accept_key(r, key, seen))
            continue;
        g_ptr_array_add(keys, (void *)(uintptr_t)key);
        g_ptr_array_add(values, (void *)(uintptr_t)value);
    }
    const sim_tree *map = r->failed ? NULL : sim_tree_branch(r->pool, place, keys, values);
    g_hash_table_destroy(seen);
    g_ptr_array_free(keys, TRUE);
    g_ptr_array_free(values, TRUE);
    return map;
}

static const char *anchor_of(const yaml_event_t *event)
{
    const yaml_char_t *anchor = event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
                                : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                                           : event->data.mapping_start.anchor;
    return (const char *)anchor;
}

static bool has_tag(const yaml_event_t *event)
{
    const yaml_char_t *tag = event->type == YAML_SCALAR_EVENT           ? event->data.scalar.tag
                             : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.tag
                                                                        : event->data.mapping_start.tag;
    return tag != NULL;
}

static const sim_tree *read_content(reader *r, const yaml_event_t *event, const sim_place *place, int depth)
{
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return read_list(r, place, depth + 1);
    if (event->type == YAML_MAPPING_START_EVENT)
        return read_map(r, place, depth + 1);
    const char *text = (const char *)event->data.scalar.value;
    if (strlen(text) != event->data.scalar.length) {
        fail(r, place, NULL, "a text cannot hold a zero byte");
        return NULL;
    }
    return sim_tree_scalar(r->pool, text, place);
}

static const sim_tree *read_node(reader *r, const yaml_event_t *event, int depth)
{
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(r, event);
    sim_place place = place_of(r, event->start_mark, event->end_mark);
    if (event->type != YAML_SCALAR_EVENT && event->type != YAML_SEQUENCE_START_EVENT &&
        event->type != YAML_MAPPING_START_EVENT) {
        fail(r, &place, NULL, "a value is missing here");
        return NULL;
    }
    if (depth > SIM_READER_DEPTH_MAX)
        fail(r, &place, "32 levels are the limit", "nested too deeply");
    else if (has_tag(event))
        fail(r, &place, "every value is text here; its key decides the type", "tags are not allowed");
    if (!count(r, &place, 1))
        return NULL;
    const char *anchor = anchor_of(event);
    char *name = anchor ? g_strdup(anchor) : NULL;
    if (name)
        g_hash_table_insert(r->anchors, g_strdup(name), NULL);
    const sim_tree *tree = read_content(r, event, &place, depth);
    if (name && tree)
        g_hash_table_insert(r->anchors, g_strdup(name), (void *)(uintptr_t)tree);
    g_free(name);
    return tree;
}

/* One document, and nothing after it. */
static const sim_tree *read_document(reader *r)
{
    const sim_tree *root = NULL;
    yaml_event_t event;
    for (bool end = false; !end && next(r, &event);) {
        sim_place place = place_of(r, event.start_mark, event.end_mark);
        end = event.type == YAML_STREAM_END_EVENT;
        bool frame = end || event.type == YAML_STREAM_START_EVENT ||
                     event.type == YAML_DOCUMENT_START_EVENT || event.type == YAML_DOCUMENT_END_EVENT;
        if (!frame && root)
            fail(r, &place, "one file holds one scenario", "a second document begins here");
        else if (!frame)
            root = read_node(r, &event, 0);
        yaml_event_delete(&event);
    }
    if (!r->failed && !root) {
        sim_place start = {r->source, 1, 1, 1};
        fail(r, &start, "a scenario begins with scenario: NAME", "the file is empty");
    }
    return r->failed ? NULL : root;
}

static bool find_tab(reader *r)
{
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < r->source->len; i++) {
        char c = r->source->text[i];
        if (c == '\t') {
            sim_place place = {r->source, line, column, 1};
            fail(r, &place, "indent with spaces", "a tab");
            return true;
        }
        line += c == '\n';
        column = c == '\n' ? 1 : column + ((c & 0xC0) != 0x80);
    }
    return false;
}

const sim_tree *sim_reader_read(sim_tree_pool *pool, const sim_source *source, size_t skip,
                                sim_diagnostics *diagnostics)
{
    reader r = {.pool = pool, .source = source, .diagnostics = diagnostics};
    if (find_tab(&r))
        return NULL;
    char *text = g_memdup2(source->text, source->len + 1);
    memset(text, ' ', skip < source->len ? skip : source->len);
    r.anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const sim_tree *root = NULL;
    if (yaml_parser_initialize(&r.parser)) {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, source->len);
        root = read_document(&r);
        yaml_parser_delete(&r.parser);
    }
    g_hash_table_destroy(r.anchors);
    g_free(text);
    return root;
}

/* Reads at most one byte more than is allowed, so that a device or a growing file is no trouble. */
static char *slurp(const char *path, size_t *ret_len, const char **ret_error)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) < 0 || S_ISDIR(status.st_mode)) {
        *ret_error = file < 0 ? g_strerror(errno) : "Is a directory";
        if (file >= 0)
            close(file);
        return NULL;
    }
    char *text = g_malloc(SIM_READER_BYTES_MAX + 1);
    size_t len = 0;
    ssize_t got = 0;
    while (len <= SIM_READER_BYTES_MAX && (got = read(file, text + len, SIM_READER_BYTES_MAX + 1 - len)) > 0)
        len += (size_t)got;
    *ret_error = got < 0 ? g_strerror(errno) : len > SIM_READER_BYTES_MAX ? "it is larger than 1 MiB" : NULL;
    close(file);
    if (*ret_error) {
        g_free(text);
        return NULL;
    }
    *ret_len = len;
    return text;
}

const sim_tree *sim_reader_read_file(sim_tree_pool *pool, const char *path, const sim_place *asked_at,
                                     sim_diagnostics *diagnostics)
{
    size_t len = 0;
    const char *error = NULL;
    char *text = slurp(path, &len, &error);
    if (!text) {
        sim_diagnostic_add(diagnostics, asked_at, NULL, "cannot read %s: %s", path, error);
        return NULL;
    }
    const sim_tree *root = sim_reader_read(pool, sim_tree_source(pool, path, text, len), 0, diagnostics);
    g_free(text);
    return root;
}
