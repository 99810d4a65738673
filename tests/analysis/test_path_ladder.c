/* The ladder of a path: both ends, the boxes of both, and only what belongs to the session. */
#include "analysis/ladder/ladder.h"
#include "tests/analysis/path_story.h"
#include "tests/analysis/run_folder.h"

static an_ladder *read_story(const an_ladder_options *options, char **ret_error)
{
    char *root = run_folder_new();
    g_autofree char *path = g_build_filename(root, "events.jsonl", NULL);
    run_folder_put(root, "events.jsonl", PATH_STORY);
    an_ladder *ladder = an_ladder_read(path, options, ret_error);
    run_folder_free(root);
    return ladder;
}

static void test_lanes(void)
{
    static const char *const lanes[] = {"peer-1", "home peer-1", "supernode-1", "home peer-2", "peer-2"};
    const an_ladder_options options = {.peer = "peer-1", .other = "peer-2", .span = AN_LADDER_PATH};
    g_autofree char *error = NULL;
    an_ladder *ladder = read_story(&options, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_assert_cmpuint(ladder->n_lanes, ==, G_N_ELEMENTS(lanes));
    for (size_t i = 0; i < G_N_ELEMENTS(lanes); i++)
        g_assert_cmpstr(ladder->lanes[i].name, ==, lanes[i]);
    g_assert_cmpstr(ladder->outcome, ==, "path open");
    g_assert_cmpint(ladder->start, ==, 1000);
    g_assert_cmpint(ladder->end, ==, 50000);
    g_assert_cmpuint(ladder->n_notes, ==, 3);
    g_assert_cmpstr(ladder->notes[1].text, ==, "tries punched over udp");
    an_ladder_free(ladder);
}

static void test_arrows(void)
{
    const an_ladder_options options = {.peer = "peer-1", .other = "peer-2", .span = AN_LADDER_PATH};
    g_autofree char *error = NULL;
    an_ladder *ladder = read_story(&options, &error);
    size_t n_filtered = 0, n_from_other = 0;
    for (size_t i = 0; i < ladder->n_arrows; i++) {
        const an_arrow *arrow = &ladder->arrows[i];
        g_assert_cmpint(arrow->from_time, >=, 1000);
        n_filtered += arrow->fate == AN_FATE_FILTERED && arrow->ends && arrow->to_lane == 3;
        n_from_other += arrow->from_lane == 4 && arrow->to_lane == 3;
    }
    g_assert_cmpuint(n_filtered, ==, 1);
    g_assert_cmpuint(n_from_other, ==, 1);
    g_autofree char *svg = an_ladder_svg(ladder, "public → public: punched-udp");
    g_assert_nonnull(strstr(svg, "path open after"));
    an_ladder_free(ladder);
}

static void test_absent(void)
{
    const an_ladder_options options = {.peer = "peer-9", .span = AN_LADDER_PATH};
    g_autofree char *error = NULL;
    g_assert_null(read_story(&options, &error));
    g_assert_nonnull(strstr(error, "knows no path of a peer 'peer-9'"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/path-ladder/lanes", test_lanes);
    g_test_add_func("/path-ladder/arrows", test_arrows);
    g_test_add_func("/path-ladder/absent", test_absent);
    return g_test_run();
}
