#include "analysis/grid/baseline.h"

#include <jansson.h>
#include <string.h>

struct an_baseline {
    json_t *root;
};

static json_t *object_of(const json_t *root, const char *key)
{
    return json_object_get(root, key);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* What is wrong with a baseline, or NULL. */
static const char *check(const json_t *root)
{
    const json_t *cells = object_of(root, "cells"), *failures = object_of(root, "expected_failures");
    const char *key;
    json_t *value;
    size_t i;
    if (json_integer_value(object_of(root, "schema")) != 1)
        return "it has no \"schema\": 1";
    if (!json_is_object(cells) || !json_is_array(failures) || !json_is_array(object_of(root, "history")))
        return "cells, expected_failures or history is missing";
    json_object_foreach((json_t *)(uintptr_t)cells, key, value)
    {
        if (!json_is_string(object_of(value, "class")) || !json_is_string(object_of(value, "via")) ||
            !json_is_boolean(object_of(value, "alive")))
            return "a cell lacks class, via or alive";
    }
    json_array_foreach(failures, i, value)
    {
        if (!*text_of(value, "cell") || !*text_of(value, "reason"))
            return "an expected failure lacks its cell or its reason";
    }
    return NULL;
}

an_baseline *an_baseline_read(const char *path, char **ret_error)
{
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        *ret_error = error.line < 0 ? g_strdup_printf("cannot read '%s': %s", path, error.text)
                                    : g_strdup_printf("%s:%d: %s", path, error.line, error.text);
        return NULL;
    }
    const char *wrong = check(root);
    if (wrong) {
        *ret_error = g_strdup_printf("'%s' is no baseline of a matrix: %s", path, wrong);
        json_decref(root);
        return NULL;
    }
    an_baseline *baseline = g_new0(an_baseline, 1);
    baseline->root = root;
    return baseline;
}

void an_baseline_free(an_baseline *baseline)
{
    if (!baseline)
        return;
    json_decref(baseline->root);
    g_free(baseline);
}

/* Why the cell may fail, or NULL. */
static const char *reason_of(const an_baseline *baseline, const char *key)
{
    const json_t *failure;
    size_t i;
    json_array_foreach(object_of(baseline->root, "expected_failures"), i, failure)
    {
        if (strcmp(text_of(failure, "cell"), key) == 0)
            return text_of(failure, "reason");
    }
    return NULL;
}

static char *state_text(const char *class, const char *via, bool alive)
{
    return g_strdup_printf("%s%s%s%s", class, *via ? " via " : "", via, alive ? "" : ", dead");
}

static const char *class_of(const an_cell *cell)
{
    return cell->n_trials > 0 ? cell->trial.class : "missing";
}

/* Only of a way that is no relay: a relay's place says nothing of the pair. */
static const char *via_of(const an_cell *cell)
{
    return cell->n_trials > 0 && cell->trial.way < AN_WAY_RELAYED ? cell->trial.via : "";
}

static an_way way_named(const char *class)
{
    for (size_t way = 0; way < AN_WAYS_COUNT; way++)
        if (g_str_has_prefix(class, an_way_name((an_way)way)))
            return (an_way)way;
    return AN_WAY_FAILED;
}

/* Both are ways that chance may choose between. */
static bool is_chance(const an_cell *cell, an_way before)
{
    unsigned both = AN_WAY_BIT(before) | AN_WAY_BIT(cell->trial.way);
    return cell->n_trials > 0 && before != cell->trial.way && (cell->expected.accepted & both) == both;
}

static an_direction direction_of(const an_cell *cell, an_way way, bool was_alive)
{
    bool alive = an_cell_is_alive(cell);
    an_way now = cell->n_trials > 0 ? cell->trial.way : AN_WAY_FAILED;
    if (alive != was_alive)
        return alive ? AN_BETTER : AN_WORSE;
    return now < way ? AN_BETTER : now > way ? AN_WORSE : AN_ASIDE;
}

static void note_move(an_moves *moves, const char *key, char *before, char *after, an_direction direction)
{
    const an_move one = {g_strdup(key), before, after, direction};
    g_array_append_val(moves->moves, one);
}

static void compare_cell(const an_baseline *baseline, const char *key, an_cell *cell, an_moves *moves)
{
    const json_t *was = json_object_get(object_of(baseline->root, "cells"), key);
    const char *reason = reason_of(baseline, key);
    bool alive = an_cell_is_alive(cell);
    if (cell->faults && reason)
        cell->excuse = g_strdup(reason);
    moves->n_compared++;
    if (!was) {
        note_move(moves, key, g_strdup("absent"), state_text(class_of(cell), via_of(cell), alive), AN_ASIDE);
        return;
    }
    const char *class = text_of(was, "class"), *via = text_of(was, "via");
    bool was_alive = json_is_true(object_of(was, "alive")), same = strcmp(class, class_of(cell)) == 0;
    bool chance = is_chance(cell, way_named(class));
    if (alive != was_alive || (!same && !chance) || (same && strcmp(via, via_of(cell)) != 0))
        note_move(moves, key, state_text(class, via, was_alive),
                  state_text(class_of(cell), via_of(cell), alive),
                  direction_of(cell, way_named(class), was_alive));
    else if (reason && !cell->faults)
        note_move(moves, key, g_strdup_printf("expected to fail (%s)", reason), g_strdup("as it should be"),
                  AN_BETTER);
}

/* Cells of the baseline that the run does not have, in the order of the file. */
static void compare_gone(const an_baseline *baseline, GHashTable *seen, an_moves *moves)
{
    const char *key;
    json_t *was;
    json_object_foreach(object_of(baseline->root, "cells"), key, was)
    {
        if (!g_hash_table_contains(seen, key))
            note_move(moves, key, state_text(text_of(was, "class"), text_of(was, "via"), true),
                      g_strdup("absent"), AN_WORSE);
    }
}

static void clear_move(gpointer pointer)
{
    an_move *move = pointer;
    g_free(move->key);
    g_free(move->before);
    g_free(move->after);
}

void an_baseline_compare(const an_baseline *baseline, an_matrix *matrix, an_moves *ret_moves)
{
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL); /* looked up only */
    *ret_moves = (an_moves){.moves = g_array_new(FALSE, FALSE, sizeof(an_move))};
    g_array_set_clear_func(ret_moves->moves, clear_move);
    for (size_t s = 0; s < matrix->n_sheets; s++) {
        const an_sheet *sheet = &matrix->sheets[s];
        for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++) {
            char *key = an_cell_key(sheet, &sheet->cells[i]);
            compare_cell(baseline, key, &sheet->cells[i], ret_moves);
            g_hash_table_add(seen, key);
        }
    }
    compare_gone(baseline, seen, ret_moves);
    g_hash_table_destroy(seen);
}

void an_moves_clear(an_moves *moves)
{
    g_clear_pointer(&moves->moves, g_array_unref);
}

const char *an_direction_sign(an_direction direction)
{
    return direction == AN_BETTER ? "▲" : direction == AN_WORSE ? "▼" : "◆";
}

/* --- writing --- */

/* A text as JSON (free). */
static char *quoted(const char *text)
{
    json_t *string = json_string(text);
    char *dump = json_dumps(string, JSON_ENCODE_ANY);
    json_decref(string);
    return dump;
}

static void append_text(GString *json, const char *before, const char *text)
{
    char *dump = quoted(text);
    g_string_append_printf(json, "%s%s", before, dump);
    free(dump);
}

static void append_cells(GString *json, const an_matrix *matrix)
{
    const char *separator = "\n    ";
    g_string_append(json, "  \"cells\": {");
    for (size_t s = 0; s < matrix->n_sheets; s++) {
        const an_sheet *sheet = &matrix->sheets[s];
        for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++) {
            const an_cell *cell = &sheet->cells[i];
            g_autofree char *key = an_cell_key(sheet, cell);
            append_text(json, separator, key);
            append_text(json, ": {\"class\": ", class_of(cell));
            append_text(json, ", \"via\": ", via_of(cell));
            g_string_append_printf(json, ", \"alive\": %s}", an_cell_is_alive(cell) ? "true" : "false");
            separator = ",\n    ";
        }
    }
    g_string_append(json, "\n  },\n");
}

static size_t append_failures(GString *json, const an_baseline *before, const an_matrix *matrix,
                              const char *reason)
{
    const char *separator = "\n    ";
    size_t n = 0;
    g_string_append(json, "  \"expected_failures\": [");
    for (size_t s = 0; s < matrix->n_sheets; s++) {
        const an_sheet *sheet = &matrix->sheets[s];
        for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++) {
            const an_cell *cell = &sheet->cells[i];
            if (!cell->faults)
                continue;
            g_autofree char *key = an_cell_key(sheet, cell);
            const char *known = before ? reason_of(before, key) : NULL;
            g_string_append(json, separator);
            append_text(json, "{\"cell\": ", key);
            append_text(json, ", \"wrong\": ", cell->wrong->pdata[0]);
            append_text(json, ", \"reason\": ", known ? known : reason);
            g_string_append_c(json, '}');
            separator = ",\n    ";
            n++;
        }
    }
    g_string_append(json, n ? "\n  ],\n" : "],\n");
    return n;
}

static void append_history(GString *json, const an_baseline *before, size_t n_cells, size_t n_failures,
                           const char *reason)
{
    const json_t *entry;
    size_t i;
    g_string_append(json, "  \"history\": [");
    if (before)
        json_array_foreach(object_of(before->root, "history"), i, entry)
        {
            char *dump = json_dumps(entry, 0);
            g_string_append_printf(json, "\n    %s,", dump);
            free(dump);
        }
    append_text(json, "\n    {\"reason\": ", reason);
    g_string_append_printf(json, ", \"cells\": %zu, \"expected_failures\": %zu}\n  ]\n}\n", n_cells,
                           n_failures);
}

char *an_baseline_text(const an_baseline *before, const an_matrix *matrix, const char *scenario,
                       const char *reason)
{
    GString *json = g_string_new("{\n  \"schema\": 1,\n");
    append_text(json, "  \"scenario\": ", scenario);
    g_string_append(json, ",\n");
    append_cells(json, matrix);
    size_t n_failures = append_failures(json, before, matrix, reason);
    append_history(json, before, an_matrix_count(matrix).cells, n_failures, reason);
    return g_string_free(json, FALSE);
}
