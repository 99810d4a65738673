/* Figures: data and script are always there, pictures if gnuplot is; what is missing is a sentence. */
#include <glib.h>

#include "analysis/figure.h"
#include "tests/analysis/population_folder.h"

/* Four log-ins of one set-up, one of which fails, and two of another. */
static char *small_run(void)
{
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", "point\n0\n");
    run_folder_replication(root, 0, 0,
                           "0,a,login.time,login=first;setup=it's_odd,4000000000,ns\n"
                           "0,b,login.time,login=first;setup=it's_odd,2000000000,ns\n"
                           "0,c,login.time,login=first;setup=it's_odd,3000000000,ns\n"
                           "0,a,login.success,login=first;setup=it's_odd,1,1\n"
                           "0,b,login.success,login=first;setup=it's_odd,1,1\n"
                           "0,c,login.success,login=first;setup=it's_odd,1,1\n"
                           "0,d,login.success,login=first;setup=it's_odd,0,1\n"
                           "0,e,login.time,login=first;setup=public,1000000000,ns\n"
                           "0,f,login.time,login=first;setup=public,1500000000,ns\n",
                           "");
    return root;
}

static char *contents(const char *root, const char *name)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static an_figure_outcome draw(const char *root, const char *name, const an_figure_options *options)
{
    char *error = NULL;
    an_results *results = an_results_read(root, &error);
    an_figure_outcome outcome;
    g_assert_cmpstr(error, ==, NULL);
    g_assert_cmpint(an_figure_draw(results, name, options, &outcome, &error), ==, 0);
    an_results_free(results);
    return outcome;
}

static void test_failed_log_ins_hold_the_curve_below_one(void)
{
    const an_figure_options options = {.scripts = "analysis", .gnuplot = "no-such-gnuplot"};
    char *root = small_run();
    an_figure_outcome outcome = draw(root, "login_time", &options);
    g_autofree char *csv = contents(root, "figures/login_time.csv");
    g_assert_nonnull(strstr(csv, "1,\"it's_odd, first\",3,4,2,0.25\n1,\"it's_odd, first\",3,4,3,0.5\n"
                                 "1,\"it's_odd, first\",3,4,4,0.75\n"));
    g_assert_nonnull(strstr(csv, "2,\"public, first\",2,2,1.5,1\n"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

static void test_without_gnuplot_data_and_script_remain(void)
{
    const an_figure_options options = {.scripts = "analysis", .gnuplot = "no-such-gnuplot"};
    char *root = small_run();
    an_figure_outcome outcome = draw(root, "login_time", &options);
    g_assert_cmpuint(outcome.n_written, ==, 2);
    g_assert_cmpstr(outcome.written[0], ==, "figures/login_time.csv");
    g_assert_cmpstr(outcome.written[1], ==, "figures/login_time.gp");
    g_assert_cmpuint(outcome.n_notes, ==, 2);
    g_assert_true(
        g_str_has_prefix(outcome.notes[0], "no-such-gnuplot is not installed: figures/login_time.svg"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

static void test_gnuplot_draws_svg_and_png(void)
{
    const an_figure_options options = {.scripts = "analysis"};
    g_autofree char *program = g_find_program_in_path("gnuplot");
    if (!program) {
        g_test_skip("gnuplot is not installed");
        return;
    }
    char *root = small_run();
    an_figure_outcome outcome = draw(root, "login_time", &options);
    for (size_t i = 0; i < outcome.n_notes; i++)
        g_error("%s", outcome.notes[i]);
    g_assert_cmpuint(outcome.n_written, ==, 4);
    g_autofree char *svg = contents(root, "figures/login_time.svg");
    g_assert_nonnull(strstr(svg, "it's odd, first (n = 4, 1 failed)"));
    g_assert_nonnull(strstr(svg, "public, first (n = 2)"));
    g_assert_nonnull(strstr(svg, "34 s"));
    g_autofree char *png = contents(root, "figures/login_time.png");
    g_assert_true(g_str_has_prefix(png + 1, "PNG"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

/* Two policies at one place and one elsewhere in a case that goes wrong, and a case in which nothing does. */
static char *kept_run(void)
{
    static const char *const stale[] = {"0.02", "0.02", "0.00001", "0", "0", "0"};
    static const char *const messages[] = {"3", "3", "290", "3", "3", "290"};
    char *root = run_folder_new();
    run_folder_put(root, "points.csv",
                   "point,case,variant\n0,roam,login\n1,roam,failure\n2,roam,all\n"
                   "3,none,login\n4,none,failure\n5,none,all\n");
    for (unsigned p = 0; p < 6; p++) {
        g_autofree char *series = g_strdup_printf("0,a,nat.stale,policy=login;setup=x,%s,1\n"
                                                  "0,a,nat.messages,policy=login;setup=x,%s,1/h\n",
                                                  stale[p], messages[p]);
        run_folder_replication(root, p, 0, series, "");
    }
    return root;
}

static void test_policies_at_one_place_share_a_label(void)
{
    const an_figure_options options = {.scripts = "analysis", .gnuplot = "no-such-gnuplot"};
    char *root = kept_run();
    an_figure_outcome outcome = draw(root, "refresh", &options);
    g_autofree char *csv = contents(root, "figures/refresh.csv"), *script = contents(root, "figures/refresh.gp");
    g_assert_nonnull(strstr(csv, "1,roam,login,1,1,3,3,3,2,2,2\n"));
    g_assert_nonnull(strstr(csv, "1,roam,all,1,1,290,290,290,0.001,0.001,0.001\n"));
    g_assert_nonnull(strstr(csv, "0,none,all,1,1,290,290,290,0,0,0\n"));
    g_assert_nonnull(strstr(script, "array LABEL[2] = [\"a b\", \"c\"]"));
    g_assert_nonnull(strstr(script, "array KEY[3] = [\"a   login\", \"b   failure\", \"c   all\"]"));
    g_assert_true(g_str_has_prefix(outcome.notes[0], "figure 'refresh' leaves out 'none'"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

/* One search of each outcome at a point. */
static void put_searches(const char *root, unsigned point, const char *policy, unsigned asked)
{
    GString *rows = g_string_new(NULL);
    for (unsigned i = 0; i < 4; i++) {
        const bool right = i > 0;
        g_string_append_printf(rows,
                               "0,%c,search.asked,truth=never;policy=%s,%u,count\n"
                               "0,%c,search.messages,truth=never;policy=%s,%u,count\n"
                               "0,%c,search.time,truth=never;policy=%s,2000000000,ns\n"
                               "0,%c,search.right,truth=never;policy=%s,%d,1\n"
                               "0,%c,search.outcome.gave-up,truth=never;policy=%s,%d,1\n"
                               "0,%c,search.outcome.not-found,truth=never;policy=%s,%d,1\n",
                               'a' + (int)i, policy, asked, 'a' + (int)i, policy, 2 * asked, 'a' + (int)i, policy,
                               'a' + (int)i, policy, right, 'a' + (int)i, policy, !right, 'a' + (int)i, policy, right);
    }
    run_folder_replication(root, point, 0, rows->str, "");
    g_string_free(rows, TRUE);
}

/* Lines by policy, whatever the order of the points; a search that gave up did not end with the right answer. */
static void test_searches_by_policy_and_size(void)
{
    const an_figure_options options = {.scripts = "analysis", .gnuplot = "no-such-gnuplot"};
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", "point,policy,supernodes\n0,slot,30\n1,size,30\n2,slot,300\n");
    put_searches(root, 0, "slot", 12);
    put_searches(root, 1, "size", 28);
    put_searches(root, 2, "slot", 13);
    an_figure_outcome outcome = draw(root, "search_risk", &options);
    g_autofree char *csv = contents(root, "figures/search_risk.csv"), *script = contents(root, "figures/search_risk.gp");
    g_auto(GStrv) lines = g_strsplit(csv, "\n", -1);
    g_assert_true(g_str_has_prefix(lines[1], "3,1,slot,never,30,1,4,12,12,12,25,"));
    g_assert_true(g_str_has_prefix(lines[2], "3,1,slot,never,300,1,4,13,13,13,25,"));
    g_assert_true(g_str_has_prefix(lines[3], "3,2,size,never,30,1,4,28,28,28,25,"));
    g_assert_true(g_str_has_suffix(lines[3], ",56,56,56,2,2,2"));
    g_assert_nonnull(strstr(script, "array NAME[2] = [\"slot\", \"size\"]"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

/* A storm at one minute; who is online two hours after it, in per cent, and five minutes later. */
static void put_storm(const char *root, unsigned point, unsigned replication, double online, double later)
{
    g_autofree char *series =
        g_strdup_printf("60000000000,world,timeline.storm,,1,count\n7260000000000,world,overlay.online,,%g,1\n"
                        "7560000000000,world,overlay.online,,%g,1\n",
                        online / 100, later / 100);
    run_folder_replication(root, point, replication, series, "");
}

/* Cells in the order of their numbers, whatever that of the points; what counts is who is online at two hours. */
static void test_collapse_by_capacity_and_interval(void)
{
    const an_figure_options options = {.scripts = "analysis", .gnuplot = "no-such-gnuplot"};
    char *root = run_folder_new();
    run_folder_put(root, "points.csv",
                   "point,case,capacity\n0,every-592s,64\n1,every-37s,64\n2,every-592s,90.5\n3,every-37s,90.5\n");
    put_storm(root, 0, 0, 19, 90);
    put_storm(root, 0, 1, 21, 10);
    for (unsigned p = 1; p < 4; p++)
        put_storm(root, p, 0, p == 1 ? 0 : 95, 95);
    an_figure_outcome outcome = draw(root, "collapse", &options);
    g_autofree char *csv = contents(root, "figures/collapse.csv"), *script = contents(root, "figures/collapse.gp");
    g_assert_nonnull(strstr(csv, "\n0,1,2,1,64,592,50,"));
    g_assert_nonnull(strstr(csv, "\n0,0,1,1,64,37,100,"));
    g_assert_nonnull(strstr(csv, "\n1,1,1,0,90.5,592,0,"));
    g_assert_nonnull(strstr(script, "array CAPACITY[2] = [64, 90.5]\narray RETRY[2] = [37, 592]\n"));
    g_assert_nonnull(strstr(script, "NOTE = 'n = 1 a cell, "));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

static void test_nothing_to_draw_is_said(void)
{
    const an_figure_options options = {.scripts = "analysis"};
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", "point\n0\n");
    an_figure_outcome outcome = draw(root, NULL, &options);
    g_assert_cmpuint(outcome.n_written, ==, 0);
    g_assert_cmpstr(outcome.notes[0], ==, "figure 'login_time' was not drawn: the run has no log-ins");
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

static void test_unknown_kind(void)
{
    char *root = small_run(), *error = NULL;
    an_results *results = an_results_read(root, &error);
    an_figure_outcome outcome;
    g_assert_cmpint(an_figure_draw(results, "pie", NULL, &outcome, &error), ==, -1);
    g_assert_nonnull(strstr(error, "there is no figure 'pie'"));
    g_free(error);
    an_results_free(results);
    run_folder_free(root);
}

/* One log-in of each set-up at a point; its seconds tell the point. */
static void put_point(const char *root, unsigned point, const char *const *setups, const char *logins)
{
    GString *rows = g_string_new(NULL);
    g_auto(GStrv) login = g_strsplit(logins, " ", -1);
    for (size_t s = 0; setups[s]; s++)
        for (size_t l = 0; login[l]; l++)
            g_string_append_printf(rows, "0,a,login.time,login=%s;setup=%s,%u000000000,ns\n", login[l],
                                   setups[s], point + 1);
    run_folder_replication(root, point, 0, rows->str, "");
    g_string_free(rows, TRUE);
}

/* The names of the curves in login_time.csv, as "name|name". */
static char *curve_names(const char *root)
{
    g_autofree char *csv = contents(root, "figures/login_time.csv");
    g_auto(GStrv) lines = g_strsplit(csv, "\n", -1);
    GString *names = g_string_new(NULL);
    for (size_t i = 1; lines[i]; i++) {
        g_auto(GStrv) field = g_strsplit(lines[i], "\"", 3);
        if (*lines[i] && !g_str_has_suffix(names->str, field[1]))
            g_string_append_printf(names, "%s%s", names->len ? "|" : "", field[1]);
    }
    return g_string_free(names, FALSE);
}

static void assert_curves(const char *points, const char *const *const *setups, const char *logins,
                          const char *expected)
{
    const an_figure_options options = {.scripts = "analysis", .gnuplot = "no-such-gnuplot"};
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", points);
    for (unsigned i = 0; setups[i]; i++)
        put_point(root, i, setups[i], logins);
    an_figure_outcome outcome = draw(root, "login_time", &options);
    g_autofree char *names = curve_names(root);
    g_assert_cmpstr(names, ==, expected);
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

/* Points that differ are never one curve, and a legend says no more than tells them apart. */
static void test_curves_are_told_apart(void)
{
    static const char *const lossy[] = {"lossy", NULL}, *const open[] = {"public", NULL};
    static const char *const nat[] = {"nat", NULL}, *const both[] = {"public", "nat", NULL};
    const char *const *const sweep[] = {lossy, lossy, lossy, NULL};
    const char *const *const named[] = {open, nat, NULL}, *const *const mixed[] = {both, both, NULL};
    const char *const *const single[] = {lossy, NULL}, *const *const square[] = {open, open, nat, nat, NULL};

    assert_curves("point,loss\n0,0%\n1,5%\n2,10%\n", sweep, "first",
                  "loss=0%, first|loss=5%, first|loss=10%, first");
    assert_curves("point,case\n0,public\n1,nat\n", named, "first later",
                  "public, first|public, later|nat, first|nat, later");
    assert_curves("point,case\n0,old\n1,new\n2,newest\n", sweep, "first",
                  "old, first|new, first|newest, first");
    assert_curves("point,loss\n0,0%\n1,5%\n", mixed, "first",
                  "loss=0%, public, first|loss=0%, nat, first|loss=5%, public, first|loss=5%, nat, first");
    assert_curves("point,case,loss\n0,public,0%\n1,public,5%\n2,nat,0%\n3,nat,5%\n", square, "first",
                  "loss=0%, public, first|loss=5%, public, first|loss=0%, nat, first|loss=5%, nat, first");
    assert_curves("point,loss\n0,5%\n", single, "first", "lossy, first");
}

/* The colours of the style are eight: more curves are not drawn, and that is said. */
static void test_at_most_eight_curves(void)
{
    const an_figure_options options = {.scripts = "analysis", .gnuplot = "no-such-gnuplot"};
    static const char *const setups[] = {"lossy", NULL};
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", "point,loss\n0,0%\n1,1%\n2,2%\n3,3%\n4,4%\n");
    for (unsigned i = 0; i < 4; i++)
        put_point(root, i, setups, "first later");
    an_figure_outcome outcome = draw(root, "login_time", &options);
    g_assert_cmpuint(outcome.n_notes, ==, 2); /* of gnuplot, which is not there */
    an_figure_outcome_clear(&outcome);

    put_point(root, 4, setups, "first later");
    outcome = draw(root, "login_time", &options);
    g_autofree char *script = contents(root, "figures/login_time.gp");
    g_assert_nonnull(strstr(script, "N = 8\n"));
    g_assert_nonnull(strstr(script, "TITLE[8] = 'loss=3%, later (n = 1)'\n"));
    g_assert_null(strstr(script, "TITLE[9]"));
    g_assert_cmpstr(outcome.notes[0], ==,
                    "figure 'login_time' shows the first 8 of 10 curves; left out, but in "
                    "figures/login_time.csv: 'loss=4%, first', 'loss=4%, later'");
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

#define EVENT(t, host, rest) "{\"t\":" #t ",\"host\":\"" host "\",\"event\":\"" rest "}\n"
#define PACKET(serial, t, host, step, more)                                                                  \
    EVENT(t, host,                                                                                           \
          "net:packet\",\"step\":\"" step "\",\"serial\":" #serial                                           \
          ",\"protocol\":\"udp\",\"what\":\"probe, " host "\"" more)
#define LOGIN(serial, host)                                                                                  \
    EVENT(0, host, "login:started\",\"login\":\"first\"")                                                    \
    PACKET(serial, 0, host, "sent", "") PACKET(serial, 20000000, host, "delivered", ",\"at\":\"sn-1\"")

static bool has_written(const an_figure_outcome *outcome, const char *name)
{
    return g_strv_contains((const char *const *)outcome->written, name);
}

/* A ladder is of the peer that was asked for; only without one it is the median log-in. */
static void test_ladder_of_the_peer_that_was_asked_for(void)
{
    char *root = small_run();
    an_figure_options options = {.rsvg = "no-such-rsvg", .peer = "b"};
    run_folder_put(root, "p0000/r00/events.jsonl",
                   LOGIN(1, "a") LOGIN(2, "b") LOGIN(3, "c") LOGIN(4, "e") LOGIN(5, "f"));
    an_figure_outcome outcome = draw(root, "ladder", &options);
    g_assert_cmpuint(outcome.n_written, ==, 2);
    g_assert_true(has_written(&outcome, "figures/ladder-it-s-odd-b.svg"));
    g_autofree char *csv = contents(root, "figures/ladder-it-s-odd-b.csv");
    g_assert_cmpstr(csv, ==,
                    "from,to,from_time_ns,to_time_ns,label,fate,packets\n"
                    "b,sn-1,0,20000000,\"UDP probe, b\",delivered,1\n");
    an_figure_outcome_clear(&outcome);

    options.peer = NULL; /* 2, 3, 4 s: the median is c's; 1, 1.5 s: e's */
    outcome = draw(root, "ladder", &options);
    g_autofree char *median = contents(root, "figures/ladder-it-s-odd.csv");
    g_assert_nonnull(strstr(median, "\nc,sn-1,"));
    g_autofree char *other = contents(root, "figures/ladder-public.csv");
    g_assert_nonnull(strstr(other, "\ne,sn-1,"));
    an_figure_outcome_clear(&outcome);

    options.peer = "nobody";
    outcome = draw(root, "ladder", &options);
    g_assert_cmpuint(outcome.n_written, ==, 0);
    g_assert_nonnull(strstr(outcome.notes[0], "knows no login of a peer 'nobody'"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

/* Two panels of two points each, of two pairs; `half` is another name of `symmetric`, and no panel. */
static char *swept_run(void)
{
    g_autoptr(GString) rows = g_string_new(PATHS_HEADING), groups = g_string_new("point,group,layer,knob,value\n");
    char *root = run_folder_new();
    population_session(rows, "peer-31", "peer-41", "port-restricted,symmetric-sequential", "predicted-udp");
    population_session(rows, "peer-1", "peer-31", "public,port-restricted", "reversed-udp");
    run_folder_put(root, "points.csv",
                   "point,blocked,symmetric,half\n0,2%,5%,2.5%\n1,2%,10%,5%\n2,2%,20%,10%\n3,5%,5%,2.5%\n");
    for (unsigned p = 0; p < 4; p++) {
        g_autofree char *text = population_rows(ODDS GROUPS, p), *name = g_strdup_printf("p%04u/r00/paths.csv", p);
        g_string_append(groups, text);
        run_folder_replication(root, p, 0, "", "");
        run_folder_put(root, name, rows->str);
    }
    run_folder_put(root, "groups.csv", groups->str);
    return root;
}

static void test_ways_against_what_was_foretold(void)
{
    const an_figure_options options = {.scripts = "analysis", .gnuplot = "no-such-gnuplot"};
    char *root = swept_run();
    an_figure_outcome outcome = draw(root, "path_share", &options);
    g_autofree char *csv = contents(root, "figures/path_share.csv"), *script = contents(root, "figures/path_share.gp");
    g_assert_nonnull(strstr(csv, "1,7,predicted,5,2,50,"));
    g_assert_nonnull(strstr(csv, ",43.75\n")); /* (3/4 + 1/8) / 2 */
    g_assert_nonnull(strstr(csv, "2,5,reversed,5,2,50,"));
    g_assert_nonnull(strstr(script, "AXIS = 'symmetric'\nEACH = 2\nN = 2\n"));
    g_assert_nonnull(strstr(script, "PANEL[2] = 'blocked 5%'"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

static void test_without_a_sweep_there_is_nothing_to_draw_against(void)
{
    const an_figure_options options = {.scripts = "analysis"};
    g_autoptr(GString) rows = g_string_new(NULL);
    population_session(rows, "peer-1", "peer-31", "public,port-restricted", "reversed-udp");
    char *root = population_run(rows->str);
    an_figure_outcome outcome = draw(root, "path_share", &options);
    g_assert_cmpuint(outcome.n_written, ==, 0);
    g_assert_true(g_str_has_prefix(outcome.notes[0], "figure 'path_share' was not drawn"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

/* The median of three is the second; its callee is whom the sessions name.  No packets were recorded here. */
static void test_a_path_ladder_wants_packets(void)
{
    const an_figure_options options = {.scripts = "analysis"};
    g_autoptr(GString) rows = g_string_new(NULL);
    population_session(rows, "peer-1", "peer-31", "public,port-restricted", "reversed-udp");
    char *root = population_run(rows->str);
    run_folder_replication(root, 0, 0,
                           "0,peer-2,path.time,via=public,3000000000,ns\n0,peer-1,path.time,via=public,2000000000,ns\n"
                           "0,peer-3,path.time,via=public,1000000000,ns\n",
                           "");
    run_folder_put(root, "p0000/r00/events.jsonl", "");
    an_figure_outcome outcome = draw(root, "path_ladder", &options);
    g_assert_cmpuint(outcome.n_written, ==, 0);
    g_assert_true(g_str_has_prefix(outcome.notes[0], "figures/path-ladder.svg was not drawn: "));
    g_assert_nonnull(strstr(outcome.notes[0], "peer-1"));
    an_figure_outcome_clear(&outcome);
    run_folder_free(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/analysis/figure/failed-log-ins-count", test_failed_log_ins_hold_the_curve_below_one);
    g_test_add_func("/analysis/figure/without-gnuplot", test_without_gnuplot_data_and_script_remain);
    g_test_add_func("/analysis/figure/gnuplot", test_gnuplot_draws_svg_and_png);
    g_test_add_func("/analysis/figure/searches-by-policy-and-size", test_searches_by_policy_and_size);
    g_test_add_func("/analysis/figure/collapse", test_collapse_by_capacity_and_interval);
    g_test_add_func("/analysis/figure/nothing-to-draw", test_nothing_to_draw_is_said);
    g_test_add_func("/analysis/figure/policies-at-one-place", test_policies_at_one_place_share_a_label);
    g_test_add_func("/analysis/figure/unknown-kind", test_unknown_kind);
    g_test_add_func("/analysis/figure/curves-told-apart", test_curves_are_told_apart);
    g_test_add_func("/analysis/figure/eight-curves", test_at_most_eight_curves);
    g_test_add_func("/analysis/figure/path-share", test_ways_against_what_was_foretold);
    g_test_add_func("/analysis/figure/path-ladder", test_a_path_ladder_wants_packets);
    g_test_add_func("/analysis/figure/path-share-unswept", test_without_a_sweep_there_is_nothing_to_draw_against);
    g_test_add_func("/analysis/figure/ladder-peer", test_ladder_of_the_peer_that_was_asked_for);
    return g_test_run();
}
