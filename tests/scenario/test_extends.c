/* Inheritance between files: maps merge, lists replace, key+ appends, circles are told. */
#include <glib/gstdio.h>

#include "tests/scenario/scenario_test.h"

/* Files in a fresh folder that is the working directory while the test runs. */
static char *enter(const char *const *files)
{
    char *folder = g_dir_make_tmp("scenario-XXXXXX", NULL);
    g_assert_cmpint(g_chdir(folder), ==, 0);
    for (; *files; files += 2)
        g_assert_true(g_file_set_contents(files[0], files[1], -1, NULL));
    return folder;
}

static void leave(char *folder, const char *const *files)
{
    for (; *files; files += 2)
        g_remove(files[0]);
    g_assert_cmpint(g_chdir("/"), ==, 0);
    g_rmdir(folder);
    g_free(folder);
}

static sim_scenario *load_file(const char *path)
{
    return sim_scenario_load(path, &(sim_scenario_options){.memory_bytes = PLENTY});
}

static void maps_merge_and_lists_replace_or_append(void)
{
    static const char *const files[] = {
        "base.yaml",
        BASE "expect: [login.success == 100%]\nmeasure: [login.time.p50]\nprotocol: {login.pause: 3s}\n",
        "a.yaml",
        "extends: base.yaml\nscenario: a\nprofiles: {dsl: {loss: 5%}}\nexpect+: [login.attempts.max == 1]\n"
        "measure: [login.bytes.p50, login.time.p95]\nprotocol: {login.attempts: 2}\n",
        NULL};
    char *folder = enter(files);
    sim_scenario *s = load_file("a.yaml");
    assert_good(s);
    const sim_config *c = s->points[0].config;
    g_assert_cmpstr(c->scenario, ==, "a");
    g_assert_cmpuint(c->groups[0].link.up_bps, ==, 128000);
    g_assert_cmpfloat(c->groups[0].link.loss.probability, ==, 0.05);
    g_assert_cmpuint(c->n_expect, ==, 2);
    g_assert_cmpstr(c->expect[0].text, ==, "login.success == 100%");
    g_assert_cmpstr(c->expect[0].place.source->name, ==, "base.yaml");
    g_assert_cmpuint(c->expect[0].place.line, ==, 11);
    g_assert_cmpstr(c->expect[1].text, ==, "login.attempts.max == 1");
    g_assert_cmpuint(c->n_measure, ==, 2);
    g_assert_cmpstr(c->measure[0].metric, ==, "login.bytes.p50");
    g_assert_cmpint(c->protocol.login_pause, ==, 3 * PL_SECOND);
    g_assert_cmpint(c->protocol.login_attempts, ==, 2);
    g_assert_cmpuint(s->n_sources, ==, 2);
    sim_scenario_free(s);
    leave(folder, files);
}

static void of_several_files_the_later_is_stronger(void)
{
    static const char *const files[] = {"base.yaml", BASE,
                                        "one.yaml",  "run: {seed: 1, replications: 3}\n",
                                        "two.yaml",  "run: {seed: 2}\n",
                                        "a.yaml",    "extends: [base.yaml, one.yaml, two.yaml]\n",
                                        NULL};
    char *folder = enter(files);
    sim_scenario *s = load_file("a.yaml");
    assert_good(s);
    g_assert_cmpint(s->points[0].config->run.seed, ==, 2);
    g_assert_cmpint(s->points[0].config->run.replications, ==, 3);
    sim_scenario_free(s);
    leave(folder, files);
}

static void a_circle_prints_its_chain(void)
{
    static const char *const files[] = {"a.yaml", "extends: b.yaml\n",   "b.yaml", "extends: c.yaml\n",
                                        "c.yaml", "extends: ./b.yaml\n", NULL};
    char *folder = enter(files);
    sim_scenario *s = load_file("a.yaml");
    char *errors = sim_scenario_errors(s);
    g_assert_nonnull(strstr(errors,
                            "c.yaml:1:10: error: extends goes in a circle: b.yaml → c.yaml → ./b.yaml\n"
                            "    1 | extends: ./b.yaml\n"
                            "      |          ^~~~~~~~\n"));
    g_free(errors);
    sim_scenario_free(s);
    leave(folder, files);
}

static void a_missing_file_is_blamed_on_its_line(void)
{
    static const char *const files[] = {"a.yaml", "scenario: a\nextends: gone.yaml\n", NULL};
    char *folder = enter(files);
    sim_scenario *s = load_file("a.yaml");
    char *errors = sim_scenario_errors(s);
    g_assert_nonnull(
        strstr(errors, "a.yaml:2:10: error: cannot read gone.yaml: No such file or directory\n"));
    g_free(errors);
    sim_scenario_free(s);
    leave(folder, files);
}

static void an_error_is_told_in_the_file_that_has_it(void)
{
    static const char *const files[] = {"base.yaml", BASE "host_stack: linus\n", "a.yaml",
                                        "extends: base.yaml\nrun: {seeed: 1}\n", NULL};
    char *folder = enter(files);
    assert_errors(load_file("a.yaml"), "a.yaml:2:7: error: unknown key 'seeed'\n"
                                       "    2 | run: {seeed: 1}\n"
                                       "      |       ^~~~~  did you mean 'seed'?\n"
                                       "base.yaml:11:13: error: unknown host_stack 'linus'\n"
                                       "   11 | host_stack: linus\n"
                                       "      |             ^~~~~  did you mean 'linux'?\n");
    leave(folder, files);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extends/maps-merge-and-lists-replace-or-append",
                    maps_merge_and_lists_replace_or_append);
    g_test_add_func("/extends/of-several-files-the-later-is-stronger",
                    of_several_files_the_later_is_stronger);
    g_test_add_func("/extends/a-circle-prints-its-chain", a_circle_prints_its_chain);
    g_test_add_func("/extends/a-missing-file-is-blamed-on-its-line", a_missing_file_is_blamed_on_its_line);
    g_test_add_func("/extends/an-error-is-told-in-the-file-that-has-it",
                    an_error_is_told_in_the_file_that_has_it);
    return g_test_run();
}
