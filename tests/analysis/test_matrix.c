/* Cells are read and judged: what is good, and each way of being wrong. */
#include "tests/analysis/matrix_folder.h"

static an_matrix *read_good(const char *folder)
{
    char *error = NULL;
    an_matrix *matrix = an_matrix_read(folder, &error);
    if (!matrix)
        g_error("%s", error);
    return matrix;
}

static an_cell *cell_of(const an_matrix *matrix, const char *key)
{
    for (size_t s = 0; s < matrix->n_sheets; s++)
        for (size_t i = 0; i < matrix->sheets[s].n_rows * matrix->sheets[s].n_columns; i++) {
            g_autofree char *own = an_cell_key(&matrix->sheets[s], &matrix->sheets[s].cells[i]);
            if (strcmp(own, key) == 0)
                return &matrix->sheets[s].cells[i];
        }
    g_error("no cell %s", key);
}

static void test_good(void)
{
    char *folder = matrix_run(KINDS_PUBLISHED, "ours");
    an_matrix *matrix = read_good(folder);
    an_matrix_tally tally = an_matrix_count(matrix);
    g_assert_cmpuint(matrix->n_sheets, ==, 4);
    g_assert_cmpuint(tally.cells, ==, 4 * 81);
    g_assert_cmpuint(tally.good, ==, 4 * 81);
    g_assert_cmpuint(tally.published, ==, 2 * 81 + 2 * 64);
    g_assert_true(an_matrix_is_good(matrix));
    g_assert_cmpuint(matrix->remarks->len, ==, 2); /* of sprays */
    g_autofree char *title = an_sheet_title(&matrix->sheets[1]);
    g_assert_cmpstr(title, ==, "TCP · first packets cross · ours");
    g_assert_true(an_cell_is_alive(cell_of(matrix, "ours/udp/apart/double/port-restricted")));
    an_matrix_free(matrix);
    run_folder_free(folder);
}

/* The row of a pair begins so; what follows is replaced up to its end. */
typedef struct damage {
    const char *row; /* of p0000, up to where it changes */
    const char *from, *to;
    const char *cell;
    an_fault fault;
    const char *sentence; /* a part of it */
} damage;

#define UDP(a, b) a "," b ",udp,ours,"
static const damage damages[] = {
    {UDP("public", "port-restricted"), "reversed-udp", "punched-udp", "ours/udp/cross/public/port-restricted",
     AN_FAULT_CLASS, "punched-udp, reversed is expected: nothing stands before the caller"},
    {UDP("symmetric", "symmetric"), "relayed-udp", "punched-udp", "ours/udp/cross/symmetric/symmetric",
     AN_FAULT_TABLE, "but the table \"UDP, measured on kernel NATs\" says \"relay\""},
    {UDP("public", "public"), "direct-udp", "direct-tcp", "ours/udp/cross/public/public", AN_FAULT_CLASS,
     "goes over the wrong transport"},
    {UDP("udp-blocked", "public"), "relayed-tcp", "relayed-udp", "ours/udp/cross/udp-blocked/public",
     AN_FAULT_CLASS, "goes over the wrong transport"},
    {UDP("public", "public"), "direct-udp,public", "direct-udp,hairpin", "ours/udp/cross/public/public",
     AN_FAULT_WHERE, "via hairpin, public is expected"},
    {UDP("public", "public"), "2400,100,100,", "2400,100,97,", "ours/udp/cross/public/public",
     AN_FAULT_TRAFFIC, "of 100 packets sent at first 97 came back"},
    {UDP("public", "public"), "2400,100,100,", "2400,0,0,", "ours/udp/cross/public/public", AN_FAULT_TRAFFIC,
     "no traffic was sent"},
    {UDP("public", "public"), "45000000000,50,50", "45000000000,50,49", "ours/udp/cross/public/public",
     AN_FAULT_SILENCE, "after 45 s of silence 49 of 50 packets came back"},
    {UDP("public", "public"), "45000000000,50,50", "3000000000,50,50", "ours/udp/cross/public/public",
     AN_FAULT_SILENCE, "by 3 s of silence"},
    {UDP("public", "public"), "90000000000,400000000", "90000000000,7400000000",
     "ours/udp/cross/public/public", AN_FAULT_TIME, "direct-udp took 7.4 s, 4 s are the bound"},
    {UDP("public", "public"), "400000000,24,", "400000000,97,", "ours/udp/cross/public/public",
     AN_FAULT_PACKETS, "direct-udp took 97 packets, 80 are the budget"},
    {UDP("symmetric", "symmetric"), "relayed-udp,public,relayed,relayed,,", "failed,,,,no-path,",
     "ours/udp/cross/symmetric/symmetric", AN_FAULT_CLASS, "failed, relayed is expected"},
    {UDP("port-restricted", "double"), "punched-udp", "relayed-udp", "ours/udp/cross/port-restricted/double",
     AN_FAULT_ASYMMETRIC, "relayed-udp, but punched-udp where the two call the other way round"},
};

static void damage_row(const char *folder, const damage *d)
{
    g_autofree char *path = g_build_filename(folder, "p0000/r00/paths.csv", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    char *row = strstr(text, d->row);
    g_assert_nonnull(row);
    char *at = strstr(row, d->from);
    g_assert_true(at && at < strchr(row, '\n'));
    g_autofree char *changed =
        g_strdup_printf("%.*s%s%s", (int)(at - text), text, d->to, at + strlen(d->from));
    g_assert_true(g_file_set_contents(path, changed, -1, NULL));
}

static void test_damage(gconstpointer pointer)
{
    const damage *d = pointer;
    char *folder = matrix_run(KINDS_PUBLISHED, "ours");
    damage_row(folder, d);
    an_matrix *matrix = read_good(folder);
    const an_cell *cell = cell_of(matrix, d->cell);
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < cell->wrong->len; i++)
        g_string_append_printf(all, "%s\n", (char *)cell->wrong->pdata[i]);
    if (!(cell->faults & 1u << d->fault) || !strstr(all->str, d->sentence))
        g_error("%s: wanted '%s' in:\n%s", d->cell, d->sentence, all->str);
    g_assert_true(an_cell_is_red(cell));
    g_assert_false(an_matrix_is_good(matrix));
    an_matrix_free(matrix);
    run_folder_free(folder);
}

/* A pair whose row is gone is missing in that sheet, and only there. */
static void test_missing(void)
{
    char *folder = matrix_run(KINDS_PUBLISHED, "ours");
    matrix_break(folder, "p0001/r00/paths.csv", "public,public,udp,ours,", "web-only,web-only,udp,ours,");
    an_matrix *matrix = read_good(folder);
    const an_cell *cell = cell_of(matrix, "ours/udp/apart/public/public");
    g_assert_cmpuint(cell->faults, ==, 1u << AN_FAULT_MISSING);
    g_assert_false(an_cell_is_alive(cell));
    g_assert_cmpuint(cell_of(matrix, "ours/udp/apart/web-only/web-only")->n_trials, ==, 2);
    g_assert_cmpuint(an_matrix_count(matrix).red, ==, 2);
    an_matrix_free(matrix);
    run_folder_free(folder);
}

/* Of several replications the worst stands for the cell. */
static void test_worst(void)
{
    char *folder = matrix_run(KINDS_PUBLISHED, "e2");
    g_autofree char *path = g_build_filename(folder, "p0000/r00/paths.csv", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    run_folder_replication(folder, 0, 1, "", "");
    run_folder_put(folder, "p0000/r01/paths.csv", text);
    matrix_break(folder, "p0000/r01/paths.csv", "public,public,udp,e2,direct-udp",
                 "public,public,udp,e2,relayed-udp");
    an_matrix *matrix = read_good(folder);
    const an_cell *cell = cell_of(matrix, "e2/udp/cross/public/public");
    g_assert_cmpuint(cell->n_trials, ==, 2);
    g_assert_cmpuint(cell->trial.replication, ==, 1);
    g_assert_cmpint(cell->trial.way, ==, AN_WAY_RELAYED);
    g_assert_cmpuint(an_matrix_count(matrix).red, ==, 1);
    an_matrix_free(matrix);
    run_folder_free(folder);
}

/* A spray may miss, but not all of them: that is no chance. */
static void test_chance(void)
{
    char *folder = matrix_run(KINDS_PUBLISHED, "ours");
    damage one = {
        UDP("port-restricted", "symmetric"), "sprayed-udp", "relayed-udp", NULL, AN_FAULT_CLASS, NULL};
    damage_row(folder, &one);
    an_matrix *matrix = read_good(folder);
    g_assert_true(an_matrix_is_good(matrix));
    an_matrix_free(matrix);
    matrix_break(folder, "p0000/r00/paths.csv", "sprayed-udp", "relayed-udp");
    matrix = read_good(folder);
    g_assert_cmpuint(an_matrix_count(matrix).red, ==, 0);
    g_assert_cmpuint(matrix->findings->len, ==, 1);
    g_assert_false(an_matrix_is_good(matrix));
    an_matrix_free(matrix);
    run_folder_free(folder);
}

static void test_hostile(void)
{
    static const struct {
        const char *from, *to, *complaint;
    } cases[] = {
        {"public,public,udp,ours,", "public,palace,udp,ours,", ":2: a kind that kinds.csv does not have"},
        {"public,public,udp,ours,", "public,public,ipx,ours,", ":2: the transport is none of"},
        {"public,public,udp,ours,", "public,public,udp,e9,", ":2: an unknown profile"},
        {"direct-udp", "tunnelled-udp", ":2: an unknown class"},
        {"direct-udp", "direct", ":2: an unknown class"},
        {"90000000000,400000000,", "90000000000,soon,", ":2: time_ns is not a whole number"},
        {"90000000000,400000000,", "90000000000,400000000,1,", ":2: the number of fields is wrong"},
        {"time_ns", "times", "has no column time_ns"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *folder = matrix_run(KINDS_PUBLISHED, "ours"), *error = NULL;
        matrix_break(folder, "p0000/r00/paths.csv", cases[i].from, cases[i].to);
        g_assert_null(an_matrix_read(folder, &error));
        if (!strstr(error, cases[i].complaint))
            g_error("wanted '%s', got '%s'", cases[i].complaint, error);
        g_free(error);
        run_folder_free(folder);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/matrix/good", test_good);
    for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree char *name = g_strdup_printf("/matrix/damage/%zu-%s", i, an_fault_name(damages[i].fault));
        g_test_add_data_func(name, &damages[i], test_damage);
    }
    g_test_add_func("/matrix/missing", test_missing);
    g_test_add_func("/matrix/worst", test_worst);
    g_test_add_func("/matrix/chance", test_chance);
    g_test_add_func("/matrix/hostile", test_hostile);
    return g_test_run();
}
