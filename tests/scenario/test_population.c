/* Populations in scenarios: the rest of a mix, paths of everybody, chances that are stated, groups in writing. */
#include <glib.h>

#include "sim/scenario/config.h"
#include "tests/scenario/scenario_test.h"

/* Five lines; peers: is line 6. */
#define WORLD                                                                                                \
    "scenario: test\n"                                                                                       \
    "profiles: {dsl: {up: 128kbit/s, down: 512kbit/s}}\n"                                                    \
    "supernodes: {count: 8, link: dsl}\n"                                                                    \
    "login_servers: {link: dsl}\n"                                                                           \
    "run: {until: all-paths-done, limit: 5min}\n"
#define MIX                                                                                                  \
    "peers: {count: 200, link: dsl, mix: [{name: open, share: 5%}, {name: home, share: rest, nat: linux-acc, " \
    "per_nat: 2}, {name: hard, share: 10%, nat: symmetric}]}\n"
#define PATHS "paths: [{from: peers, to: peers, at: 90s, pairing: random}]\n"

static void one_group_takes_the_rest(void)
{
    sim_scenario *s = load(WORLD MIX PATHS);
    assert_good(s);
    const sim_config *c = s->points[0].config;
    g_assert_cmpint(c->groups[0].count, ==, 10);
    g_assert_cmpint(c->groups[1].count, ==, 170);
    g_assert_cmpint(c->groups[2].count, ==, 20);
    sim_scenario_free(s);
}

static void peers_are_all_groups_together(void)
{
    sim_scenario *s = load(WORLD MIX PATHS);
    assert_good(s);
    const sim_paths_config *paths = &s->points[0].config->paths[0];
    g_assert_true(paths->from == paths->to);
    g_assert_cmpint(paths->from->first, ==, 1);
    g_assert_cmpint(paths->from->count, ==, 200);
    sim_scenario_free(s);
}

static void chances_are_sure_until_they_are_stated(void)
{
    sim_scenario *s = load(WORLD MIX PATHS "sweep: {p: [90%, 95.5%]}\nforetell: {predicted_udp: $p, predicted_both: 61%}\n");
    assert_good(s);
    g_assert_cmpfloat(s->points[1].config->foretell.predicted_udp, ==, .955);
    g_assert_cmpfloat(s->points[1].config->foretell.predicted_both, ==, .61);
    g_assert_cmpfloat(s->points[1].config->foretell.predicted_tcp, ==, 1);
    sim_scenario_free(s);
}

static void groups_are_written_point_by_point(void)
{
    static const char *const wanted[] = {
        "3,all,odds,predicted_udp,0.9\n",   "3,all,odds,spray_sockets,256\n", "3,all,odds,spray_ports,100\n",
        "3,home,home,preset,linux-acc\n",   "3,home,home,strangers,answered\n", "3,home,place,first,11\n",
        "3,home,place,count,170\n",         "3,home,place,per_nat,2\n",       "3,hard,home,ports,random\n",
        "3,open,firewall,udp_out,allow\n",
    };
    sim_scenario *s = load(WORLD MIX PATHS "foretell: {predicted_udp: 90%}\nprotocol: {path.spray_ports: 100}\n");
    assert_good(s);
    g_autofree char *text = sim_config_groups(s->points[0].config, 3);
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (!strstr(text, wanted[i]))
            g_error("no line %s", wanted[i]);
    sim_scenario_free(s);
}

static void without_paths_no_groups_are_written(void)
{
    sim_scenario *s = load(BASE);
    assert_good(s);
    g_assert_null(sim_config_groups(s->points[0].config, 0));
    sim_scenario_free(s);
}

static void mistakes_say_where(void)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"peers: {count: 9, link: dsl, mix: [{share: rest}, {share: rest}]}\n" PATHS,
         "t.yaml:6:59: error: two entries of the mix want the rest"},
        {"peers: {count: 9, link: dsl, mix: [{share: 80%}, {share: 30%}, {share: rest}]}\n" PATHS,
         "error: the shares of the mix are not 100%"},
        {"peers: {count: 9, link: dsl, mix: [{share: remainder}]}\n" PATHS, "t.yaml:6:44: error: not a share"},
        {MIX "paths: [{from: peers, to: hom, at: 90s}]\n", "did you mean 'home'?"},
        {MIX "paths: [{from: peeers, to: same, at: 90s}]\n", "did you mean 'peers'?"},
        {"peers: {count: 9, link: dsl, mix: [{share: 50%, log_in: no}, {share: 50%}]}\n" PATHS,
         "this group does not log in"},
        {MIX PATHS "foretell: {predicted: 90%}\n", "t.yaml:8:12: error: unknown key 'predicted'"},
        {MIX PATHS "foretell: {predicted_udp: 0.9}\n", "t.yaml:8:27: error: not a share"},
        {MIX PATHS "expect: [path.surprise.punched-udp within]\n", "t.yaml:8:10: error: not an expectation"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strconcat(WORLD, rows[i].text, NULL);
        sim_scenario *s = load(text);
        g_autofree char *errors = sim_scenario_errors(s);
        if (!strstr(errors, rows[i].error))
            g_error("'%s' is not among the errors:\n%s", rows[i].error, errors);
        sim_scenario_free(s);
    }
}

static void chances_without_paths_are_refused(void)
{
    sim_scenario *s = load(BASE "foretell: {predicted_udp: 90%}\n");
    g_autofree char *errors = sim_scenario_errors(s);
    g_assert_nonnull(strstr(errors, "t.yaml:11:11: error: there are no paths to foretell"));
    sim_scenario_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/population/the-rest", one_group_takes_the_rest);
    g_test_add_func("/scenario/population/peers", peers_are_all_groups_together);
    g_test_add_func("/scenario/population/chances", chances_are_sure_until_they_are_stated);
    g_test_add_func("/scenario/population/groups", groups_are_written_point_by_point);
    g_test_add_func("/scenario/population/no-groups", without_paths_no_groups_are_written);
    g_test_add_func("/scenario/population/mistakes", mistakes_say_where);
    g_test_add_func("/scenario/population/chances-without-paths", chances_without_paths_are_refused);
    return g_test_run();
}
