#include "analysis/results.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/csv.h"
#include "analysis/population/sessions.h"

/* Texts and label sets that samples share: millions of rows, some dozen different ones. */
typedef struct store {
    GStringChunk *texts;
    GHashTable *labels; /* text → an_labels *; looked up only */
    GPtrArray *owned;   /* everything else to free at the end */
} store;

static store *store_new(void)
{
    store *shared = g_new(store, 1);
    shared->texts = g_string_chunk_new(4096);
    shared->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    shared->owned = g_ptr_array_new_with_free_func(g_free);
    return shared;
}

static void store_free(store *shared)
{
    g_string_chunk_free(shared->texts);
    g_hash_table_destroy(shared->labels);
    g_ptr_array_free(shared->owned, TRUE);
    g_free(shared);
}

static const an_labels *intern_labels(store *shared, const char *text)
{
    an_labels *labels = g_hash_table_lookup(shared->labels, text);
    if (labels)
        return labels;
    labels = g_new0(an_labels, 1);
    if (an_labels_parse(g_string_chunk_insert(shared->texts, text), labels)) {
        g_hash_table_insert(shared->labels, g_strdup(text), labels);
        return labels;
    }
    g_free(labels);
    return NULL;
}

static bool parse_number(const char *text, double *ret_value)
{
    char *end;
    errno = 0;
    *ret_value = g_ascii_strtod(text, &end);
    return *text && !*end && errno == 0 && isfinite(*ret_value);
}

/* The four last fields of both files: name, labels, value, unit. */
static bool parse_sample(an_csv *csv, store *shared, an_sample *ret_sample, char **ret_error)
{
    char *const *field = csv->field + csv->n - 4;
    an_sample sample = {.name = g_string_chunk_insert_const(shared->texts, field[0]),
                        .labels = intern_labels(shared, field[1])};

    if (!*field[0])
        *ret_error = an_csv_complaint(csv, "a row without a name");
    else if (!sample.labels)
        *ret_error = an_csv_complaint(csv, "the labels are malformed");
    else if (!parse_number(field[2], &sample.value))
        *ret_error = an_csv_complaint(csv, "the value is not a number");
    else {
        *ret_sample = sample;
        return true;
    }
    return false;
}

static bool parse_time(an_csv *csv, const char *text, pl_time *ret_at, char **ret_error)
{
    char *end;
    errno = 0;
    *ret_at = g_ascii_strtoll(text, &end, 10);
    if (*text && !*end && errno == 0 && *ret_at >= 0)
        return true;
    *ret_error = an_csv_complaint(csv, "the time is not a whole number of ns");
    return false;
}

typedef enum file_kind { SERIES, SCALARS } file_kind;

static const struct {
    const char *name;
    size_t n_fields;
} kinds[] = {[SERIES] = {"series.csv", 6}, [SCALARS] = {"scalars.csv", 6}};

static bool read_row(an_csv *csv, file_kind kind, store *shared, an_sample *ret_sample, char **ret_error)
{
    if (csv->n != kinds[kind].n_fields) {
        *ret_error = an_csv_complaint(csv, "the number of fields is wrong");
        return false;
    }
    pl_time at = 0;
    if (kind == SERIES && !parse_time(csv, csv->field[0], &at, ret_error))
        return false;
    if (!parse_sample(csv, shared, ret_sample, ret_error))
        return false;
    ret_sample->at = at;
    ret_sample->host = kind == SERIES ? g_string_chunk_insert_const(shared->texts, csv->field[1]) : NULL;
    return true;
}

static bool read_samples(const char *folder, file_kind kind, store *shared, GArray *samples, char **ret_error)
{
    g_autofree char *path = g_build_filename(folder, kinds[kind].name, NULL);
    an_csv csv;
    int more;
    bool good = true;

    if (!an_csv_open(&csv, path, ret_error))
        return false;
    more = an_csv_next(&csv, ret_error); /* the heading */
    while (good && more > 0 && (more = an_csv_next(&csv, ret_error)) > 0) {
        an_sample sample;
        good = read_row(&csv, kind, shared, &sample, ret_error);
        if (good)
            g_array_append_val(samples, sample);
    }
    an_csv_close(&csv);
    return good && more == 0;
}

static bool read_replication(const char *folder, store *shared, an_replication *replication, char **ret_error)
{
    GArray *samples = g_array_new(FALSE, FALSE, sizeof(an_sample));
    bool good = read_samples(folder, SERIES, shared, samples, ret_error) &&
                read_samples(folder, SCALARS, shared, samples, ret_error);
    replication->n_samples = samples->len;
    replication->samples = (an_sample *)(void *)g_array_free(samples, FALSE);
    return good;
}

static int compare_replications(const void *a, const void *b)
{
    size_t x = ((const an_replication *)a)->number, y = ((const an_replication *)b)->number;
    return (x > y) - (x < y);
}

/* The number in "r07"; false if the name is no replication's. */
static bool replication_number(const char *name, size_t *ret_number)
{
    char *end;
    if (name[0] != 'r' || !g_ascii_isdigit(name[1]) || strlen(name) > 9)
        return false;
    *ret_number = (size_t)g_ascii_strtoull(name + 1, &end, 10);
    return !*end;
}

static const char *keep_text(void *context, const char *text)
{
    return g_string_chunk_insert_const(((store *)context)->texts, text);
}

static const an_labels *keep_labels(void *context, const char *text)
{
    return intern_labels(context, text);
}

/* Where groups.csv tells what stands before both ends. */
static bool read_sessions(const char *folder, const an_groups *groups, store *shared,
                          an_replication *replication, char **ret_error)
{
    const an_interner interner = {keep_text, keep_labels, shared};
    g_autofree char *path = g_build_filename(folder, "paths.csv", NULL);
    if (!groups || groups->kinds.n == 0)
        return true;
    return an_sessions_read(path, groups, &interner, replication, ret_error);
}

static bool read_point(const char *directory, an_point *point, const an_groups *groups, store *shared,
                       char **ret_error)
{
    g_autofree char *name = g_strdup_printf("p%04zu", point->index);
    g_autofree char *folder = g_build_filename(directory, name, NULL);
    GArray *replications = g_array_new(FALSE, TRUE, sizeof(an_replication));
    GDir *entries = g_dir_open(folder, 0, NULL); /* absent: the run ended before this point */
    const char *entry;
    bool good = true;

    while (good && entries && (entry = g_dir_read_name(entries))) {
        an_replication replication = {0};
        if (!replication_number(entry, &replication.number))
            continue;
        g_autofree char *below = g_build_filename(folder, entry, NULL);
        g_autofree char *mark = g_build_filename(below, "scalars.csv", NULL);
        if (!g_file_test(mark, G_FILE_TEST_EXISTS)) {
            point->n_incomplete++;
            continue;
        }
        good = read_replication(below, shared, &replication, ret_error) &&
               read_sessions(below, groups, shared, &replication, ret_error);
        g_array_append_val(replications, replication);
    }
    if (entries)
        g_dir_close(entries);
    g_array_sort(replications, compare_replications);
    point->n_replications = replications->len;
    point->replications = (an_replication *)(void *)g_array_free(replications, FALSE);
    return good;
}

/* Copies fields 1… of the row; the array belongs to the store. */
static const char *const *keep_fields(const an_csv *csv, store *shared)
{
    const char **fields = g_new0(const char *, csv->n);
    g_ptr_array_add(shared->owned, fields);
    for (size_t i = 1; i < csv->n; i++)
        fields[i - 1] = g_string_chunk_insert_const(shared->texts, csv->field[i]);
    return fields;
}

static bool read_points_table(an_csv *csv, store *shared, GArray *points, char **ret_error)
{
    int more = an_csv_next(csv, ret_error);
    if (more <= 0 || strcmp(csv->field[0], "point") != 0) {
        if (more >= 0)
            *ret_error = g_strdup_printf("'%s' has no heading that begins with 'point'", csv->path);
        return false;
    }
    size_t n = csv->n;
    const char *const *columns = keep_fields(csv, shared);
    while ((more = an_csv_next(csv, ret_error)) > 0) {
        an_point point = {.index = points->len, .n_columns = n - 1, .columns = columns};
        g_autofree char *number = g_strdup_printf("%u", points->len);
        if (csv->n != n || strcmp(csv->field[0], number) != 0) {
            *ret_error = an_csv_complaint(csv, "the points are not numbered 0, 1, 2 …");
            return false;
        }
        point.values = keep_fields(csv, shared);
        g_array_append_val(points, point);
    }
    return more == 0;
}

/* The points; what groups.csv says of them is needed no longer than that. */
static bool read_points(an_results *results, char **ret_error)
{
    g_autofree char *path = g_build_filename(results->directory, "groups.csv", NULL);
    an_groups *groups = NULL;
    bool good = !g_file_test(path, G_FILE_TEST_EXISTS) ||
                an_groups_read(path, results->n_points, &groups, ret_error);
    for (size_t i = 0; good && i < results->n_points; i++)
        good = read_point(results->directory, &results->points[i], groups ? &groups[i] : NULL,
                          results->storage, ret_error);
    an_groups_free(groups, results->n_points);
    return good;
}

an_results *an_results_read(const char *directory, char **ret_error)
{
    g_autofree char *path = g_build_filename(directory, "points.csv", NULL);
    an_csv csv;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        *ret_error = g_strdup_printf("'%s' is no directory of results: it has no points.csv", directory);
        return NULL;
    }
    if (!an_csv_open(&csv, path, ret_error))
        return NULL;
    an_results *results = g_new0(an_results, 1);
    results->directory = g_strdup(directory);
    results->storage = store_new();
    GArray *points = g_array_new(FALSE, TRUE, sizeof(an_point));
    bool good = read_points_table(&csv, results->storage, points, ret_error);
    an_csv_close(&csv);
    results->n_points = points->len;
    results->points = (an_point *)(void *)g_array_free(points, FALSE);
    good = good && read_points(results, ret_error);
    if (good)
        return results;
    an_results_free(results);
    return NULL;
}

void an_results_free(an_results *results)
{
    if (!results)
        return;
    for (size_t i = 0; i < results->n_points; i++) {
        an_point *point = &results->points[i];
        for (size_t r = 0; r < point->n_replications; r++) {
            g_free(point->replications[r].samples);
            g_free(point->replications[r].sessions);
        }
        g_free(point->replications);
    }
    g_free(results->points);
    g_free(results->directory);
    store_free(results->storage);
    g_free(results);
}

const char *an_point_value(const an_point *point, const char *column)
{
    for (size_t i = 0; i < point->n_columns; i++)
        if (strcmp(point->columns[i], column) == 0)
            return point->values[i];
    return NULL;
}

char *an_point_title(const an_point *point)
{
    GString *title = g_string_new(NULL);
    for (size_t i = 0; i < point->n_columns; i++) {
        if (title->len)
            g_string_append_c(title, ' ');
        if (strcmp(point->columns[i], "case") != 0)
            g_string_append_printf(title, "%s=", point->columns[i]);
        g_string_append(title, point->values[i]);
    }
    return g_string_free(title, FALSE);
}
