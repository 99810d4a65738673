/* The forms of a matrix, and its baseline. */
#include "analysis/grid/grid.h"
#include "tests/analysis/matrix_folder.h"
#include "tests/analysis/path_story.h"

#include <jansson.h>

static const an_grid_options plain = {
    .scenario = "matrix", .again = "partyline matrix m.yaml --seed 7", .seed = 7, .colour = AN_COLOUR_OFF};

static an_matrix *read_good(const char *folder)
{
    char *error = NULL;
    an_matrix *matrix = an_matrix_read(folder, &error);
    if (!matrix)
        g_error("%s", error);
    return matrix;
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

static void wants(const char *text, const char *part)
{
    if (!strstr(text, part))
        g_error("'%s' is not in:\n%s", part, text);
}

/* One cell fails, another dies. */
static char *broken_run(void)
{
    char *folder = matrix_run(KINDS_PUBLISHED, "ours");
    matrix_break(folder, "p0000/r00/paths.csv", "symmetric,symmetric,udp,ours,relayed-udp,public",
                 "symmetric,symmetric,udp,ours,failed,");
    matrix_break(folder, "p0001/r00/paths.csv",
                 "full-cone,full-cone,tcp,ours,direct-tcp,public,reflexive,reflexive,,90000000000,400000000,"
                 "24,2400,100,"
                 "100,45000000000,50,50",
                 "full-cone,full-cone,tcp,ours,direct-tcp,public,reflexive,reflexive,,90000000000,400000000,"
                 "24,2400,100,"
                 "100,45000000000,50,0");
    return folder;
}

static void test_text(void)
{
    char *folder = broken_run();
    an_matrix *matrix = read_good(folder);
    g_autofree char *text = an_grid_text(matrix, &plain);
    wants(text, "UDP · first packets cross · ours\n");
    wants(text, " 1 public                D  D  R  R  R  R  R  r  r \n");
    wants(text, " 6 symmetric             D  D  H  B  r  ✗! B  r  r \n");
    wants(text, " 2 full-cone             D  D! R  R  R  R  R  R  r \n");
    wants(text, "324 cells judged: 322 as they should be, 2 wrong.");
    wants(text, "  ✗ ours/udp/cross/symmetric/symmetric\n      failed, relayed is expected: both show each "
                "destination "
                "another port: nobody can tell which\n");
    wants(text, "last drop:  filtered at home-2\n      again:      partyline matrix m.yaml --seed 7 --cell "
                "symmetric,symmetric,udp,cross\n");
    wants(text, "after 45 s of silence 0 of 50 packets came back");
    g_assert_null(strstr(text, "\033["));
    an_grid_options coloured = plain;
    coloured.colour = AN_COLOUR_ON;
    g_autofree char *bright = an_grid_text(matrix, &coloured);
    wants(bright, "\033[48;5;227;38;5;16m D \033[0m");
    an_matrix_free(matrix);
    run_folder_free(folder);
}

static void test_csv_and_junit(void)
{
    char *folder = broken_run();
    an_matrix *matrix = read_good(folder);
    g_autofree char *csv = an_grid_csv(matrix, &plain), *junit = an_grid_junit(matrix, &plain);
    g_assert_cmpuint(count(csv, "\n"), ==, 1 + 324);
    wants(csv, "\nours,udp,cross,public,public,good,direct-udp,public,");
    wants(csv, "\nours,udp,cross,symmetric,symmetric,red,failed,");
    an_grid_options untold = plain;
    untold.again = NULL;
    g_autofree char *short_csv = an_grid_csv(matrix, &untold);
    g_auto(GStrv) lines = g_strsplit(short_csv, "\n", -1);
    size_t columns = count(lines[0], ",");
    g_assert_cmpuint(count(lines[1], ","), ==, columns);
    g_assert_cmpuint(count(junit, "<testcase"), ==, 324);
    g_assert_cmpuint(count(junit, "<failure"), ==, 2);
    wants(junit,
          "<testsuite name=\"UDP · first packets cross · ours\" tests=\"81\" failures=\"1\" skipped=\"0\">");
    an_matrix_free(matrix);
    run_folder_free(folder);
}

static void test_json(void)
{
    char *folder = broken_run();
    an_matrix *matrix = read_good(folder);
    g_autofree char *text = an_grid_json(matrix, &plain, "DIR");
    json_t *root = json_loads(text, 0, NULL);
    g_assert_cmpint(json_integer_value(json_object_get(root, "schema")), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(root, "verdict")), ==, "failed");
    g_assert_cmpint(json_integer_value(json_object_get(root, "red")), ==, 2);
    g_assert_cmpuint(json_array_size(json_object_get(root, "wrong")), ==, 2);
    g_assert_cmpuint(json_array_size(json_object_get(root, "sheets")), ==, 4);
    json_decref(root);
    an_matrix_free(matrix);
    run_folder_free(folder);
}

static void test_page(void)
{
    char *folder = broken_run();
    g_autofree char *error = NULL;
    run_folder_put(folder, "p0000/r00/events.jsonl", PATH_STORY);
    an_matrix *matrix = read_good(folder);
    g_autofree char *page = an_grid_html(matrix, &plain);
    g_assert_cmpuint(count(page, "<td class="), ==, 324);
    g_assert_cmpuint(count(page, "<td class=\"w6 bad\">"), ==, 1);
    g_assert_cmpuint(count(page, "<figure class=\"sheet\">"), ==, 4);
    wants(page, "--cell symmetric,symmetric,udp,cross</code>");
    /* The public pair has a ladder, the others' packets are not there. */
    g_assert_cmpuint(count(page, "<svg "), ==, 1);
    wants(page, "<td class=\"w0 drawn\"><a href=\"#ladder-0\"");
    wants(page, "<summary>ours/udp/cross/public/public</summary>");
    /* One file, and no network. */
    g_assert_null(strstr(page, "src="));
    g_assert_null(strstr(page, "href=\"http"));
    g_assert_null(strstr(page, "url("));
    g_assert_cmpuint(strlen(page), <, 2000000);
    g_assert_cmpint(an_grid_write(matrix, &plain, &error), ==, 0);
    an_matrix_free(matrix);
    run_folder_free(folder);
}

/* Nothing of a page or table depends on the order in which the run was read. */
static void test_same_again(void)
{
    char *folder = broken_run();
    an_matrix *one = read_good(folder), *two = read_good(folder);
    g_autofree char *page = an_grid_html(one, &plain), *again = an_grid_html(two, &plain);
    g_assert_cmpstr(page, ==, again);
    an_matrix_free(one);
    an_matrix_free(two);
    run_folder_free(folder);
}

static an_baseline *baseline_of(const char *folder, const an_baseline *before, const an_matrix *matrix,
                                const char *reason)
{
    g_autofree char *text = an_baseline_text(before, matrix, "matrix", reason);
    g_autofree char *path = g_build_filename(folder, "nat.json", NULL), *error = NULL;
    run_folder_put(folder, "nat.json", text);
    an_baseline *baseline = an_baseline_read(path, &error);
    if (!baseline)
        g_error("%s", error);
    return baseline;
}

static void test_baseline(void)
{
    char *good_folder = matrix_run(KINDS_PUBLISHED, "ours"), *folder = broken_run();
    an_matrix *good = read_good(good_folder), *broken = read_good(folder);
    an_baseline *baseline = baseline_of(folder, NULL, good, "the first");
    an_moves moves;

    an_baseline_compare(baseline, good, &moves);
    g_assert_cmpuint(moves.moves->len, ==, 0);
    g_assert_cmpuint(moves.n_compared, ==, 324);
    an_moves_clear(&moves);

    an_baseline_compare(baseline, broken, &moves);
    g_assert_cmpuint(moves.moves->len, ==, 2);
    const an_move *first = &g_array_index(moves.moves, an_move, 0),
                  *second = &g_array_index(moves.moves, an_move, 1);
    g_assert_cmpstr(first->key, ==, "ours/udp/cross/symmetric/symmetric");
    g_assert_cmpstr(first->before, ==, "relayed-udp");
    g_assert_cmpstr(first->after, ==, "failed, dead");
    g_assert_cmpint(first->direction, ==, AN_WORSE);
    g_assert_cmpstr(second->after, ==, "direct-tcp via public, dead");
    an_grid_options options = plain;
    options.moves = &moves;
    g_autofree char *text = an_grid_text(broken, &options);
    wants(text, "  ▼ ours/udp/cross/symmetric/symmetric   relayed-udp → failed, dead\n");
    wants(text, "2 cells moved since the baseline, of 324.");
    g_assert_null(strstr(text, "caller \\ callee"));
    g_assert_cmpint(an_grid_exit(broken, &options), ==, 1);
    an_moves_clear(&moves);
    an_baseline_free(baseline);
    an_matrix_free(good);
    an_matrix_free(broken);
    run_folder_free(folder);
    run_folder_free(good_folder);
}

/* What fails when a baseline is made is expected to, for the reason given then. */
static void test_expected_failures(void)
{
    char *good_folder = matrix_run(KINDS_PUBLISHED, "ours"), *folder = broken_run();
    an_matrix *good = read_good(good_folder), *broken = read_good(folder);
    an_baseline *first = baseline_of(folder, NULL, broken, "relays are down");
    an_baseline *second = baseline_of(folder, first, broken, "another day");
    an_moves moves;

    an_baseline_compare(second, broken, &moves);
    g_assert_cmpuint(moves.moves->len, ==, 0);
    an_matrix_tally tally = an_matrix_count(broken);
    g_assert_cmpuint(tally.excused, ==, 2);
    g_assert_cmpuint(tally.red, ==, 0);
    g_assert_true(an_matrix_is_good(broken));
    g_autofree char *junit = an_grid_junit(broken, &plain);
    wants(junit, "<skipped message=\"expected failure: relays are down (");
    an_moves_clear(&moves);

    an_baseline_compare(second, good, &moves);
    g_assert_cmpuint(moves.moves->len, ==, 2);
    g_assert_cmpint(g_array_index(moves.moves, an_move, 0).direction, ==, AN_BETTER);
    an_moves_clear(&moves);
    an_baseline_free(first);
    an_baseline_free(second);
    an_matrix_free(good);
    an_matrix_free(broken);
    run_folder_free(folder);
    run_folder_free(good_folder);
}

/* What chance decides is no move; what is gone is one. */
static void test_chance_and_absence(void)
{
    char *folder = matrix_run(KINDS_PUBLISHED, "ours");
    an_matrix *was = read_good(folder);
    an_baseline *baseline = baseline_of(folder, NULL, was, "the first");
    matrix_break(folder, "p0000/r00/paths.csv", "port-restricted,symmetric,udp,ours,sprayed-udp",
                 "port-restricted,symmetric,udp,ours,relayed-udp");
    matrix_break(folder, "kinds.csv", "web-only", "web-alone");
    matrix_break(folder, "p0000/r00/paths.csv", "web-only", "web-alone");
    matrix_break(folder, "p0001/r00/paths.csv", "web-only", "web-alone");
    an_matrix *now = read_good(folder);
    an_moves moves;
    an_baseline_compare(baseline, now, &moves);
    for (guint i = 0; i < moves.moves->len; i++) {
        const an_move *move = &g_array_index(moves.moves, an_move, i);
        g_assert_true(strstr(move->key, "web-") &&
                      (strcmp(move->before, "absent") == 0 || strcmp(move->after, "absent") == 0));
    }
    g_assert_cmpuint(moves.moves->len, ==, 2 * 4 * 17);
    an_moves_clear(&moves);
    an_baseline_free(baseline);
    an_matrix_free(was);
    an_matrix_free(now);
    run_folder_free(folder);
}

static void test_damaged_baselines(void)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{\"schema\": 2}",
        "{\"schema\": 1, \"cells\": {}, \"expected_failures\": []}",
        "{\"schema\": 1, \"cells\": {\"a\": {\"class\": 1}}, \"expected_failures\": [], \"history\": []}",
        "{\"schema\": 1, \"cells\": {}, \"expected_failures\": [{\"cell\": \"a\"}], \"history\": []}",
    };
    char *folder = run_folder_new();
    g_autofree char *path = g_build_filename(folder, "nat.json", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *error = NULL;
        run_folder_put(folder, "nat.json", texts[i]);
        g_assert_null(an_baseline_read(path, &error));
        wants(error, "nat.json");
    }
    run_folder_free(folder);
}

/* More kinds than stand beside each other with room: a character and a square a cell, and the page stays small. */
static void test_close(void)
{
    GString *kinds = g_string_new(NULL);
    for (int i = 1; i <= 41; i++)
        g_string_append_printf(kinds, "k%d,home,mapping," EI "\nk%d,home,filtering,%s\n", i, i, i < 41 ? EI : APD);
    char *folder = matrix_run(kinds->str, "ours");
    matrix_break(folder, "p0000/r00/paths.csv", "k2,k41,udp,ours,reversed-udp,public", "k2,k41,udp,ours,failed,");
    an_matrix *matrix = read_good(folder);
    g_autofree char *text = an_grid_text(matrix, &plain), *page = an_grid_html(matrix, &plain);
    wants(text, "    caller \\ callee 12345678901234567890123456789012345678901\n");
    wants(text, "  1 k1              DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDR\n");
    wants(text, "  2 k2              DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD!\n");
    wants(page, "<table class=\"grid close\"");
    wants(page, "<tr><th scope=\"row\">k1</th><td class=\"w0\">D</td>");
    g_assert_cmpuint(count(page, " title=\"k"), ==, 1); /* the wrong one */
    g_assert_cmpuint(strlen(page), <, 300000);
    an_matrix_free(matrix);
    run_folder_free(folder);
    g_string_free(kinds, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/grid/text", test_text);
    g_test_add_func("/grid/close", test_close);
    g_test_add_func("/grid/csv-and-junit", test_csv_and_junit);
    g_test_add_func("/grid/json", test_json);
    g_test_add_func("/grid/page", test_page);
    g_test_add_func("/grid/same-again", test_same_again);
    g_test_add_func("/grid/baseline", test_baseline);
    g_test_add_func("/grid/expected-failures", test_expected_failures);
    g_test_add_func("/grid/chance-and-absence", test_chance_and_absence);
    g_test_add_func("/grid/damaged-baselines", test_damaged_baselines);
    return g_test_run();
}
