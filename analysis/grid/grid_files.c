/* matrix.csv, junit.xml, matrix.json, and how they come into the run directory. */
#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/csv.h"
#include "analysis/grid/grid_private.h"

const char *an_grid_verdict(const an_matrix *matrix, const an_grid_options *options)
{
    if (options->early)
        return "interrupted";
    return an_grid_exit(matrix, options) ? "failed" : "held";
}

int an_grid_exit(const an_matrix *matrix, const an_grid_options *options)
{
    bool moved = options->moves && options->moves->moves->len > 0;
    return moved || !an_matrix_is_good(matrix);
}

char *an_grid_replay(const an_sheet *sheet, const an_cell *cell, const an_grid_options *options)
{
    if (!options->again)
        return NULL;
    return g_strdup_printf("%s --cell %s,%s,%s,%s", options->again, cell->caller->name, cell->callee->name,
                           an_transport_name(sheet->transport), sheet->case_name);
}

/* --- CSV --- */

static void append_field(GString *csv, const char *text)
{
    g_string_append_c(csv, ',');
    an_csv_append(csv, text);
}

static void append_number(GString *csv, int64_t number)
{
    g_string_append_printf(csv, ",%" G_GINT64_FORMAT, number);
}

/* What the session was, or as many empty fields. */
static void append_trial(GString *csv, const an_cell *cell)
{
    const an_trial *trial = &cell->trial;
    if (cell->n_trials == 0) {
        g_string_append(csv, ",,,,,,,,,,,,,,,,");
        return;
    }
    const char *const texts[] = {trial->class, trial->via,        trial->local,    trial->remote,
                                 trial->cause, trial->drop_cause, trial->drop_box, trial->relay};
    const int64_t numbers[] = {trial->time_ns,  trial->packets,    trial->bytes,      trial->sent,
                               trial->received, trial->silence_ns, trial->sent_after, trial->received_after};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        append_field(csv, texts[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        append_number(csv, numbers[i]);
}

static const char *verdict_of(const an_cell *cell)
{
    return !cell->faults ? "good" : cell->excuse ? "expected-failure" : "red";
}

static char *joined(const GPtrArray *sentences)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < sentences->len; i++)
        g_string_append_printf(text, "%s%s", i ? "; " : "", (const char *)sentences->pdata[i]);
    return g_string_free(text, FALSE);
}

static void append_row(GString *csv, const an_sheet *sheet, const an_cell *cell,
                       const an_grid_options *options)
{
    g_autofree char *accepted = an_ways_text(cell->expected.accepted, "|"), *wrong = joined(cell->wrong);
    g_autofree char *possible = an_ways_text(cell->expected.possible, " ");
    g_autofree char *replay = an_grid_replay(sheet, cell, options);
    g_string_append_printf(csv, "%s,%s", sheet->profile, an_transport_name(sheet->transport));
    append_field(csv, sheet->case_name);
    append_field(csv, cell->caller->name);
    append_field(csv, cell->callee->name);
    append_field(csv, verdict_of(cell));
    append_trial(csv, cell);
    append_field(csv, an_cell_is_alive(cell) ? "yes" : "no");
    append_field(csv, accepted);
    append_field(csv, possible);
    append_field(csv, cell->is_published ? cell->published.text : "");
    append_field(csv, cell->expected.reason);
    append_field(csv, wrong);
    append_field(csv, cell->excuse ? cell->excuse : "");
    append_number(csv, (int64_t)cell->n_trials);
    append_field(csv, replay ? replay : "");
    g_string_append_c(csv, '\n');
}

char *an_grid_csv(const an_matrix *matrix, const an_grid_options *options)
{
    GString *csv =
        g_string_new("profile,transport,case,caller,callee,verdict,class,via,local,remote,cause,drop_cause,"
                     "drop_box,relay,time_ns,packets,bytes,sent,received,silence_ns,sent_after,"
                     "received_after,alive,expected,possible,published,reason,wrong,excuse,trials,again\n");
    for (size_t s = 0; s < matrix->n_sheets; s++)
        for (size_t i = 0; i < matrix->sheets[s].n_rows * matrix->sheets[s].n_columns; i++)
            append_row(csv, &matrix->sheets[s], &matrix->sheets[s].cells[i], options);
    return g_string_free(csv, FALSE);
}

/* --- JUnit --- */

static void append_attribute(GString *xml, const char *name, const char *value)
{
    g_autofree char *escaped = g_markup_escape_text(value, -1);
    g_string_append_printf(xml, " %s=\"%s\"", name, escaped);
}

static void append_failure(GString *xml, const an_sheet *sheet, const an_cell *cell,
                           const an_grid_options *options)
{
    g_autofree char *wrong = joined(cell->wrong), *drop = an_cell_last_drop(cell);
    g_autofree char *replay = an_grid_replay(sheet, cell, options);
    if (cell->excuse) {
        g_autofree char *message = g_strdup_printf("expected failure: %s (%s)", cell->excuse, wrong);
        g_string_append(xml, ">\n      <skipped");
        append_attribute(xml, "message", message);
        g_string_append(xml, "/>\n    </testcase>\n");
        return;
    }
    g_string_append(xml, ">\n      <failure");
    append_attribute(xml, "message", wrong);
    g_autofree char *body =
        g_markup_printf_escaped("%s%s%s%s%s%s", *drop ? "last drop: " : "", drop, *drop ? "\n" : "",
                                replay ? "again: " : "", replay ? replay : "", replay ? "\n" : "");
    g_string_append_printf(xml, ">%s</failure>\n    </testcase>\n", body);
}

static void append_case(GString *xml, const an_sheet *sheet, const an_cell *cell,
                        const an_grid_options *options)
{
    g_autofree char *name = g_strdup_printf("%s → %s", cell->caller->name, cell->callee->name);
    g_autofree char *class = g_strdup_printf("%s.%s.%s.%s", options->scenario, sheet->profile,
                                             an_transport_name(sheet->transport), sheet->case_name);
    g_string_append(xml, "    <testcase");
    append_attribute(xml, "classname", class);
    append_attribute(xml, "name", name);
    if (cell->faults)
        append_failure(xml, sheet, cell, options);
    else
        g_string_append(xml, "/>\n");
}

static void append_suite(GString *xml, const an_sheet *sheet, const an_grid_options *options)
{
    size_t n = sheet->n_rows * sheet->n_columns, red = 0, excused = 0;
    for (size_t i = 0; i < n; i++) {
        red += an_cell_is_red(&sheet->cells[i]);
        excused += sheet->cells[i].faults && sheet->cells[i].excuse;
    }
    g_autofree char *title = an_sheet_title(sheet);
    g_string_append(xml, "  <testsuite");
    append_attribute(xml, "name", title);
    g_string_append_printf(
        xml,
        " tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n    <properties>\n      <property "
        "name=\"seed\" value=\"%" G_GUINT64_FORMAT "\"/>\n    </properties>\n",
        n, red, excused, options->seed);
    for (size_t i = 0; i < n; i++)
        append_case(xml, sheet, &sheet->cells[i], options);
    g_string_append(xml, "  </testsuite>\n");
}

/* What is wrong with the whole: findings, moves, a run that is cut short. */
static void append_whole(GString *xml, const an_matrix *matrix, const an_grid_options *options)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < matrix->findings->len; i++)
        g_ptr_array_add(all, g_strdup(matrix->findings->pdata[i]));
    for (guint i = 0; options->moves && i < options->moves->moves->len; i++) {
        const an_move *move = &g_array_index(options->moves->moves, an_move, i);
        g_ptr_array_add(all, g_strdup_printf("%s moved: %s → %s", move->key, move->before, move->after));
    }
    if (options->early)
        g_ptr_array_add(all, g_strdup(options->early));
    if (all->len == 0)
        return;
    g_string_append_printf(xml,
                           "  <testsuite name=\"the whole\" tests=\"%u\" failures=\"%u\" skipped=\"0\">\n",
                           all->len, all->len);
    for (guint i = 0; i < all->len; i++) {
        g_string_append(xml, "    <testcase");
        append_attribute(xml, "classname", options->scenario);
        append_attribute(xml, "name", all->pdata[i]);
        g_string_append(xml, "><failure/></testcase>\n");
    }
    g_string_append(xml, "  </testsuite>\n");
}

char *an_grid_junit(const an_matrix *matrix, const an_grid_options *options)
{
    GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (size_t s = 0; s < matrix->n_sheets; s++)
        append_suite(xml, &matrix->sheets[s], options);
    append_whole(xml, matrix, options);
    g_string_append(xml, "</testsuites>\n");
    return g_string_free(xml, FALSE);
}

/* --- JSON --- */

static json_t *names_of(const an_kind *const *kinds, size_t n)
{
    json_t *names = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(names, json_string(kinds[i]->name));
    return names;
}

static json_t *sheet_json(const an_sheet *sheet)
{
    json_t *classes = json_array();
    for (size_t row = 0; row < sheet->n_rows; row++) {
        json_t *line = json_array();
        for (size_t column = 0; column < sheet->n_columns; column++) {
            const an_cell *cell = an_sheet_cell(sheet, row, column);
            json_array_append_new(line, cell->n_trials ? json_string(cell->trial.class) : json_null());
        }
        json_array_append_new(classes, line);
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "profile", sheet->profile, "transport",
                     an_transport_name(sheet->transport), "case", sheet->case_name, "callers",
                     names_of(sheet->rows, sheet->n_rows), "callees",
                     names_of(sheet->columns, sheet->n_columns), "classes", classes);
}

static json_t *texts_of(const GPtrArray *sentences)
{
    json_t *texts = json_array();
    for (guint i = 0; i < sentences->len; i++)
        json_array_append_new(texts, json_string(sentences->pdata[i]));
    return texts;
}

static void add_wrong(json_t *list, const an_sheet *sheet, const an_cell *cell,
                      const an_grid_options *options)
{
    g_autofree char *key = an_cell_key(sheet, cell), *drop = an_cell_last_drop(cell);
    g_autofree char *replay = an_grid_replay(sheet, cell, options);
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s, s:s?, s:s?}", "cell", key, "verdict",
                                          verdict_of(cell), "wrong", texts_of(cell->wrong), "last_drop", drop,
                                          "again", replay, "excuse", cell->excuse));
}

static json_t *moves_json(const an_moves *moves)
{
    json_t *list = json_array();
    for (guint i = 0; i < moves->moves->len; i++) {
        const an_move *move = &g_array_index(moves->moves, an_move, i);
        static const char *const names[] = {
            [AN_BETTER] = "better", [AN_WORSE] = "worse", [AN_ASIDE] = "aside"};
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s}", "cell", move->key, "before", move->before,
                                        "after", move->after, "direction", names[move->direction]));
    }
    return list;
}

static json_t *ways_json(const an_matrix_tally *tally)
{
    json_t *ways = json_object();
    for (size_t way = 0; way < AN_WAYS_COUNT; way++)
        json_object_set_new(ways, an_way_name((an_way)way), json_integer((json_int_t)tally->ways[way]));
    return ways;
}

char *an_grid_json(const an_matrix *matrix, const an_grid_options *options, const char *out)
{
    an_matrix_tally tally = an_matrix_count(matrix);
    json_t *sheets = json_array(), *wrong = json_array();
    for (size_t s = 0; s < matrix->n_sheets; s++) {
        const an_sheet *sheet = &matrix->sheets[s];
        json_array_append_new(sheets, sheet_json(sheet));
        for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++)
            if (sheet->cells[i].faults)
                add_wrong(wrong, sheet, &sheet->cells[i], options);
    }
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "schema", 1,
                  "scenario", options->scenario, "verdict", an_grid_verdict(matrix, options), "cells",
                  (json_int_t)tally.cells, "good", (json_int_t)tally.good, "red", (json_int_t)tally.red,
                  "expected_failures", (json_int_t)tally.excused, "published", (json_int_t)tally.published,
                  "ways", ways_json(&tally), "wrong", wrong, "findings", texts_of(matrix->findings),
                  "remarks", texts_of(matrix->remarks), "sheets", sheets);
    if (options->moves)
        json_object_set_new(root, "moved", moves_json(options->moves));
    if (options->early)
        json_object_set_new(root, "error", json_string(options->early));
    if (out)
        json_object_set_new(root, "out", json_string(out));
    char *dump = json_dumps(root, JSON_COMPACT), *text = g_strdup(dump);
    free(dump);
    json_decref(root);
    return text;
}

/* --- the directory --- */

static int put(const an_matrix *matrix, const char *name, char *text, char **ret_error)
{
    g_autofree char *path = g_build_filename(matrix->directory, name, NULL),
                    *folder = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;
    int result = g_mkdir_with_parents(folder, 0777);
    /* Written beside and renamed: a killed run leaves a complete file or none. */
    if (result == 0 && !g_file_set_contents(path, text, -1, &error))
        result = -1;
    if (result != 0)
        *ret_error =
            g_strdup_printf("cannot write '%s': %s", path, error ? error->message : g_strerror(errno));
    g_free(text);
    return result;
}

int an_grid_write(const an_matrix *matrix, const an_grid_options *options, char **ret_error)
{
    g_autofree char *json = an_grid_json(matrix, options, NULL);
    if (put(matrix, "matrix.csv", an_grid_csv(matrix, options), ret_error) != 0 ||
        put(matrix, "junit.xml", an_grid_junit(matrix, options), ret_error) != 0 ||
        put(matrix, "matrix.json", g_strconcat(json, "\n", NULL), ret_error) != 0)
        return -1;
    return put(matrix, "figures/matrix.html", an_grid_html(matrix, options), ret_error);
}
