/* Reads a run: kinds, points, and the sessions of every replication, into sheets of cells. */
#include "analysis/matrix/matrix_private.h"

#include <string.h>

#include "analysis/csv.h"

/* A column of paths.csv and where its text or number goes. */
typedef struct column {
    const char *name;
    size_t offset;
    bool is_number;
} column;

/* Besides those of an_trial: who, and over what. */
typedef struct session {
    an_trial trial;
    const char *caller_kind, *callee_kind, *transport, *profile;
} session;

#define TEXT(field)                                                                                          \
    {                                                                                                        \
#field, offsetof(session, trial.field), false                                                        \
    }
#define NUMBER(field)                                                                                        \
    {                                                                                                        \
#field, offsetof(session, trial.field), true                                                         \
    }
#define WHO(field)                                                                                           \
    {                                                                                                        \
#field, offsetof(session, field), false                                                              \
    }
static const column columns[] = {
    WHO(caller_kind), WHO(callee_kind),   WHO(transport),     WHO(profile),
    TEXT(path),       TEXT(caller),       TEXT(callee),       TEXT(class),
    TEXT(via),        TEXT(local),        TEXT(remote),       TEXT(cause),
    TEXT(drop_cause), TEXT(drop_box),     TEXT(relay),        NUMBER(started_ns),
    NUMBER(time_ns),  NUMBER(packets),    NUMBER(bytes),      NUMBER(sent),
    NUMBER(received), NUMBER(silence_ns), NUMBER(sent_after), NUMBER(received_after),
};
#define COLUMNS G_N_ELEMENTS(columns)

typedef struct reader {
    an_matrix *matrix;
    const an_results *results;
    GStringChunk *texts;
    GArray *sheets;        /* of an_sheet, without cells */
    GArray *sessions;      /* of session */
    size_t place[COLUMNS]; /* of each column in the file that is read */
} reader;

static bool find_columns(reader *r, an_csv *csv, char **ret_error)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t i = 0;
        while (i < csv->n && strcmp(csv->field[i], columns[c].name) != 0)
            i++;
        if (i == csv->n) {
            *ret_error = g_strdup_printf("'%s' has no column %s", csv->path, columns[c].name);
            return false;
        }
        r->place[c] = i;
    }
    return true;
}

/* An empty field is a number that was not measured: 0. */
static bool parse_whole(const char *text, int64_t *ret_value)
{
    char *end;
    *ret_value = g_ascii_strtoll(text, &end, 10);
    return !*end && *ret_value >= 0;
}

static bool fill_session(reader *r, an_csv *csv, session *s, char **ret_error)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        const char *text = csv->field[r->place[c]];
        char *at = (char *)s + columns[c].offset;
        int64_t number = 0;
        if (!columns[c].is_number) {
            const char *kept = g_string_chunk_insert_const(r->texts, text);
            memcpy(at, &kept, sizeof kept);
        } else if (parse_whole(text, &number)) {
            memcpy(at, &number, sizeof number);
        } else {
            g_autofree char *what = g_strdup_printf("%s is not a whole number", columns[c].name);
            *ret_error = an_csv_complaint(csv, what);
            return false;
        }
    }
    return true;
}

/* "punched-udp" → way and transport. */
static bool parse_class(an_trial *trial)
{
    const char *dash = strrchr(trial->class, '-');
    size_t len = dash ? (size_t)(dash - trial->class) : strlen(trial->class);
    for (size_t way = 0; way < AN_WAYS_COUNT; way++) {
        const char *name = an_way_name((an_way)way);
        if (strlen(name) != len || strncmp(name, trial->class, len) != 0 || (way == AN_WAY_FAILED) != !dash)
            continue;
        trial->way = (an_way)way;
        trial->transport = dash && strcmp(dash, "-tcp") == 0 ? AN_TCP : AN_UDP;
        return !dash || strcmp(dash, "-tcp") == 0 || strcmp(dash, "-udp") == 0;
    }
    return false;
}

static bool parse_transport(const char *text, an_transport *ret_transport)
{
    for (int t = AN_UDP; t <= AN_ANY; t++) {
        if (strcmp(an_transport_name((an_transport)t), text) != 0)
            continue;
        *ret_transport = (an_transport)t;
        return true;
    }
    return false;
}

/* What is wrong with a row's words, or NULL. */
static const char *check_words(const reader *r, session *s)
{
    an_transport transport;
    if (!an_kinds_find(&r->matrix->kinds, s->caller_kind) ||
        !an_kinds_find(&r->matrix->kinds, s->callee_kind))
        return "a kind that kinds.csv does not have";
    if (!parse_transport(s->transport, &transport))
        return "the transport is none of udp, tcp, any";
    if (!an_era_find(s->profile))
        return "an unknown profile";
    return parse_class(&s->trial) ? NULL : "an unknown class of path";
}

static bool read_sessions(reader *r, const char *path, size_t point, size_t replication, char **ret_error)
{
    an_csv csv;
    if (!an_csv_open(&csv, path, ret_error))
        return false;
    int more = an_csv_next(&csv, ret_error);
    bool good = more > 0 && find_columns(r, &csv, ret_error);
    size_t n = csv.n;
    while (good && (more = an_csv_next(&csv, ret_error)) > 0) {
        session s = {.trial = {.point = point, .replication = replication}};
        const char *wrong = csv.n == n ? NULL : "the number of fields is wrong";
        good = !wrong && fill_session(r, &csv, &s, ret_error);
        if (good)
            wrong = check_words(r, &s);
        if (wrong)
            *ret_error = an_csv_complaint(&csv, wrong);
        good = good && !wrong;
        if (good && *s.caller_kind)
            g_array_append_val(r->sessions, s);
    }
    if (more == 0 && !*ret_error && n == 0)
        *ret_error = g_strdup_printf("'%s' is empty", path);
    an_csv_close(&csv);
    return good && more == 0;
}

static bool read_points(reader *r, char **ret_error)
{
    for (size_t p = 0; p < r->results->n_points; p++) {
        const an_point *point = &r->results->points[p];
        for (size_t k = 0; k < point->n_replications; k++) {
            size_t number = point->replications[k].number;
            g_autofree char *path =
                g_strdup_printf("%s/p%04zu/r%02zu/paths.csv", r->matrix->directory, point->index, number);
            if (!read_sessions(r, path, p, number, ret_error))
                return false;
        }
    }
    if (r->sessions->len > 0)
        return true;
    *ret_error = g_strdup_printf("'%s' has no session of a matrix", r->matrix->directory);
    return false;
}

/* A case whose name says "apart" has first packets that do not cross in flight. */
static an_sheet sheet_of(const reader *r, const session *s)
{
    const char *name = an_point_value(&r->results->points[s->trial.point], "case");
    an_sheet sheet = {.profile = (char *)(uintptr_t)s->profile,
                      .case_name = (char *)(uintptr_t)(name ? name : "cross"),
                      .era = an_era_find(s->profile)};
    sheet.crossing = strstr(sheet.case_name, "apart") ? AN_APART : AN_CROSS;
    parse_transport(s->transport, &sheet.transport);
    return sheet;
}

static bool is_same_sheet(const an_sheet *a, const an_sheet *b)
{
    return strcmp(a->profile, b->profile) == 0 && strcmp(a->case_name, b->case_name) == 0 &&
           a->transport == b->transport;
}

static an_sheet *find_sheet(const reader *r, const session *s)
{
    const an_sheet wanted = sheet_of(r, s);
    for (guint i = 0; i < r->sheets->len; i++)
        if (is_same_sheet(&g_array_index(r->sheets, an_sheet, i), &wanted))
            return &g_array_index(r->sheets, an_sheet, i);
    return NULL;
}

static int compare_sheets(const void *a, const void *b)
{
    const an_sheet *x = a, *y = b;
    int order = -strcmp(x->profile, y->profile); /* ours, e2, e1 */
    if (order == 0)
        order = (int)x->crossing - (int)y->crossing;
    if (order == 0)
        order = strcmp(x->case_name, y->case_name);
    return order ? order : (int)x->transport - (int)y->transport;
}

static void collect_sheets(reader *r)
{
    for (guint i = 0; i < r->sessions->len; i++) {
        const session *s = &g_array_index(r->sessions, session, i);
        if (find_sheet(r, s))
            continue;
        an_sheet fresh = sheet_of(r, s);
        g_array_append_val(r->sheets, fresh);
    }
    g_array_sort(r->sheets, compare_sheets);
    for (guint i = 0; i < r->sheets->len; i++) {
        an_sheet *sheet = &g_array_index(r->sheets, an_sheet, i);
        sheet->profile = g_strdup(sheet->profile);
        sheet->case_name = g_strdup(sheet->case_name);
    }
}

/* The kinds that are callers (or callees) anywhere in the run, in the order of kinds.csv: what is missing in
 * one sheet is missing, not absent. */
static size_t collect_ends(const reader *r, size_t offset, const an_kind ***ret_ends)
{
    const an_kinds *kinds = &r->matrix->kinds;
    const an_kind **ends = g_new0(const an_kind *, kinds->n + 1);
    size_t n = 0;
    for (size_t k = 0; k < kinds->n; k++) {
        bool is_one = false;
        for (guint i = 0; i < r->sessions->len && !is_one; i++) {
            const char *name;
            memcpy(&name, (const char *)&g_array_index(r->sessions, session, i) + offset, sizeof name);
            is_one = strcmp(name, kinds->kinds[k].name) == 0;
        }
        if (is_one)
            ends[n++] = &kinds->kinds[k];
    }
    *ret_ends = ends;
    return n;
}

static void lay_out(const reader *r, an_sheet *sheet)
{
    sheet->n_rows = collect_ends(r, offsetof(session, caller_kind), &sheet->rows);
    sheet->n_columns = collect_ends(r, offsetof(session, callee_kind), &sheet->columns);
    sheet->cells = g_new0(an_cell, sheet->n_rows * sheet->n_columns);
    for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++) {
        an_cell *cell = &sheet->cells[i];
        cell->caller = sheet->rows[i / sheet->n_columns];
        cell->callee = sheet->columns[i % sheet->n_columns];
        cell->wrong = g_ptr_array_new_with_free_func(g_free);
        an_judge_expect(sheet, cell);
    }
}

static size_t place_among(const an_kind *const *ends, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(ends[i]->name, name) != 0)
        i++;
    g_assert(i < n);
    return i;
}

/* The worst session of a cell stands for it: the first that is wrong, else the first. */
static void settle(const reader *r, const session *s)
{
    const an_sheet *sheet = find_sheet(r, s);
    an_cell *cell = an_sheet_cell(sheet, place_among(sheet->rows, sheet->n_rows, s->caller_kind),
                                  place_among(sheet->columns, sheet->n_columns, s->callee_kind));
    if (cell->n_trials++ > 0 && cell->faults)
        return;
    an_cell judged = *cell;
    judged.trial = s->trial;
    an_judge_trial(sheet, &judged);
    if (cell->n_trials == 1 || judged.faults)
        *cell = judged;
}

static void free_sheet(gpointer pointer)
{
    an_sheet *sheet = pointer;
    for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++) {
        an_answer_clear(&sheet->cells[i].expected);
        g_ptr_array_free(sheet->cells[i].wrong, TRUE);
        g_free(sheet->cells[i].excuse);
    }
    g_free(sheet->cells);
    g_free(sheet->rows);
    g_free(sheet->columns);
    g_free(sheet->profile);
    g_free(sheet->case_name);
}

static void build(reader *r)
{
    an_matrix *matrix = r->matrix;
    collect_sheets(r);
    for (guint i = 0; i < r->sheets->len; i++)
        lay_out(r, &g_array_index(r->sheets, an_sheet, i));
    for (guint i = 0; i < r->sessions->len; i++)
        settle(r, &g_array_index(r->sessions, session, i));
    matrix->n_sheets = r->sheets->len;
    matrix->sheets = (an_sheet *)(void *)g_array_free(g_steal_pointer(&r->sheets), FALSE);
    an_judge_whole(matrix);
}

an_matrix *an_matrix_read(const char *directory, char **ret_error)
{
    g_autofree char *kinds = g_build_filename(directory, "kinds.csv", NULL);
    an_results *results = an_results_read(directory, ret_error);
    if (!results)
        return NULL;
    an_matrix *matrix = g_new0(an_matrix, 1);
    matrix->directory = g_strdup(directory);
    matrix->findings = g_ptr_array_new_with_free_func(g_free);
    matrix->remarks = g_ptr_array_new_with_free_func(g_free);
    matrix->storage = g_string_chunk_new(4096);
    reader r = {.matrix = matrix,
                .results = results,
                .texts = matrix->storage,
                .sheets = g_array_new(FALSE, TRUE, sizeof(an_sheet)),
                .sessions = g_array_new(FALSE, FALSE, sizeof(session))};
    bool good = an_kinds_read(kinds, &matrix->kinds, ret_error) && read_points(&r, ret_error);
    if (good)
        build(&r);
    g_clear_pointer(&r.sheets, g_array_unref);
    g_array_free(r.sessions, TRUE);
    an_results_free(results);
    if (!good)
        g_clear_pointer(&matrix, an_matrix_free);
    return matrix;
}

void an_matrix_free(an_matrix *matrix)
{
    if (!matrix)
        return;
    for (size_t i = 0; i < matrix->n_sheets; i++)
        free_sheet(&matrix->sheets[i]);
    g_free(matrix->sheets);
    an_kinds_clear(&matrix->kinds);
    g_ptr_array_free(matrix->findings, TRUE);
    g_ptr_array_free(matrix->remarks, TRUE);
    g_string_chunk_free(matrix->storage);
    g_free(matrix->directory);
    g_free(matrix);
}
