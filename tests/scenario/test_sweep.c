/* Cases, sweeps, zips, skip_if, variables and --set: which points there are, and what each of them is. */
#include "sim/scenario/expression.h"
#include "tests/scenario/scenario_test.h"

static void a_sweep_is_the_cross_product_last_fastest(void)
{
    sim_scenario *s = load(BASE "sweep:\n  N: [2, 3]\n  loss: [1%, 5%, 10%]\npeers+: x\n");
    assert_errors(s, "t.yaml:14:9: error: 'peers+' needs lists\n   14 | peers+: x\n"
                     "      |         ^  key+: appends a list to the list of the file below\n");
    s = load(BASE "sweep:\n  N: [2, 3]\n  loss: [1%, 5%, 10%]\n");
    assert_good(s);
    g_assert_cmpuint(s->n_points, ==, 6);
    g_assert_cmpstr(s->points[0].variables[0].text, ==, "2");
    g_assert_cmpstr(s->points[1].variables[1].text, ==, "5%");
    g_assert_cmpstr(s->points[5].variables[0].text, ==, "3");
    g_assert_cmpstr(s->points[5].variables[1].text, ==, "10%");
    g_assert_cmpuint(s->points[5].index, ==, 5);
    sim_scenario_free(s);
}

static void variables_stand_anywhere_in_a_value(void)
{
    sim_scenario *s = load(BASE "sweep: {half: [10ms, 100ms]}\nnetwork: {latency: constant($half)}\n"
                                "protocol: {login.pause: $half}\n");
    assert_good(s);
    g_assert_cmpint(s->points[0].config->latency.constant_ns, ==, 10 * PL_MILLISECOND);
    g_assert_cmpint(s->points[1].config->latency.constant_ns, ==, 100 * PL_MILLISECOND);
    g_assert_cmpint(s->points[1].config->protocol.login_pause, ==, 100 * PL_MILLISECOND);
    sim_scenario_free(s);
}

static void a_zip_walks_in_step(void)
{
    sim_scenario *s = load(BASE "zip: {a: [1, 2], b: [3, 4]}\nsweep: {c: [5, 6, 7]}\n");
    assert_good(s);
    g_assert_cmpuint(s->n_points, ==, 6);
    g_assert_cmpstr(s->points[1].variables[0].name, ==, "c");
    g_assert_cmpstr(s->points[1].variables[1].text, ==, "2");
    g_assert_cmpstr(s->points[1].variables[2].text, ==, "4");
    sim_scenario_free(s);
    assert_text_errors(BASE "zip: {a: [1, 2], b: [3]}\n",
                       "t.yaml:11:21: error: the lists of zip differ in length\n"
                       "   11 | zip: {a: [1, 2], b: [3]}\n"
                       "      |                     ^  they are walked in step\n");
}

static void cases_override_and_name_themselves(void)
{
    sim_scenario *s = load(
        BASE "cases:\n  - {name: plain}\n  - {name: nat, set: {peers.nat: symmetric, protocol.login.pause: "
             "9s, peers: {name: $case}}}\n");
    assert_good(s);
    g_assert_cmpuint(s->n_points, ==, 2);
    g_assert_cmpstr(s->points[0].case_name, ==, "plain");
    g_assert_cmpstr(s->points[0].config->groups[0].nat_name, ==, "none");
    g_assert_cmpstr(s->points[1].config->groups[0].nat_name, ==, "symmetric");
    g_assert_cmpstr(s->points[1].config->groups[0].name, ==, "nat");
    g_assert_cmpint(s->points[1].config->groups[0].count, ==, 10);
    g_assert_cmpint(s->points[1].config->protocol.login_pause, ==, 9 * PL_SECOND);
    sim_scenario_free(s);
}

static void the_command_line_is_stronger_than_a_case(void)
{
    static const char *const sets[] = {"peers.nat=full-cone", "run.seed=77", "protocol.login.pause=8s", NULL};
    sim_scenario_options options = {.sets = sets, .memory_bytes = PLENTY};
    sim_scenario *s = load_with(BASE "cases: [{name: a, set: {peers.nat: symmetric}}]\n", &options);
    assert_good(s);
    g_assert_cmpstr(s->points[0].config->groups[0].nat_name, ==, "full-cone");
    g_assert_cmpint(s->points[0].config->run.seed, ==, 77);
    g_assert_cmpint(s->points[0].config->protocol.login_pause, ==, 8 * PL_SECOND);
    sim_scenario_free(s);
}

static void a_set_is_judged_like_a_file(void)
{
    static const char *const sets[] = {"peers.cuont=5", "run.duration=600", "x", NULL};
    sim_scenario_options options = {.sets = sets, .memory_bytes = PLENTY};
    assert_errors(load_with(BASE, &options),
                  "--set:1:1: error: unknown key 'cuont'\n"
                  "    1 | peers.cuont=5\n"
                  "      | ^~~~~~~~~~~  did you mean 'count'?\n"
                  "--set:1:14: error: not a time\n"
                  "    1 | run.duration=600\n"
                  "      |              ^~~  a number needs a unit, e.g. 600s\n"
                  "--set:1:1: error: not a setting\n"
                  "    1 | x\n"
                  "      | ^  write --set KEY=VALUE, e.g. --set peers.count=500\n");
}

static void a_flag_is_quoted_as_it_was_written(void)
{
    static const char *const sets[] = {"run.seed=77", NULL};
    static const sim_scenario_flag wrong[] = {{"--seed", "run.seed", "-1"}, {"--engine", "run.engine", "foo"}};
    static const sim_scenario_flag good[] = {{"--seed", "run.seed", "5"}, {"--engine", "run.engine", NULL}};
    sim_scenario_options options = {.sets = sets, .flags = wrong, .n_flags = 2, .memory_bytes = PLENTY};
    assert_errors(load_with(BASE, &options),
                  "--seed -1: error: not a count; write a whole number without a unit, e.g. 500\n"
                  "--engine foo: error: unknown engine 'foo'; one of light, ns3, live\n");
    options.flags = good;
    sim_scenario *s = load_with(BASE, &options);
    assert_good(s);
    g_assert_cmpint(s->points[0].config->run.seed, ==, 5);
    g_assert_cmpstr(s->points[0].config->run.engine, ==, "light");
    sim_scenario_free(s);
}

static void a_tier_overrides_and_a_set_overrides_it(void)
{
    static const char *const text =
        BASE "tiers: {ci: {run.replications: 2}, full: {run: {replications: 40}}}\n";
    static const char *const sets[] = {"run.replications=5", NULL};
    sim_scenario *s = load(text);
    g_assert_cmpint(s->points[0].config->run.replications, ==, 1);
    sim_scenario_free(s);
    s = load_with(text, &(sim_scenario_options){.tier = "ci", .memory_bytes = PLENTY});
    g_assert_cmpint(s->points[0].config->run.replications, ==, 2);
    g_assert_cmpint(s->points[0].config->run.duration_ns, ==, 60 * PL_SECOND);
    sim_scenario_free(s);
    s = load_with(text, &(sim_scenario_options){.tier = "full", .sets = sets, .memory_bytes = PLENTY});
    g_assert_cmpint(s->points[0].config->run.replications, ==, 5);
    sim_scenario_free(s);
    assert_errors(load_with(text, &(sim_scenario_options){.tier = "nightly", .memory_bytes = PLENTY}),
                  "partyline: error: unknown tier 'nightly'; tiers are ci and full\n");
}

static void skip_if_leaves_points_out(void)
{
    sim_scenario *s = load(BASE "sweep: {N: [500, 1000], share: [2%, 5%]}\nskip_if: N * share < 20\n");
    assert_good(s);
    g_assert_cmpuint(s->n_points, ==, 3);
    g_assert_cmpstr(s->points[0].variables[1].text, ==, "5%");
    g_assert_cmpuint(s->points[2].index, ==, 2);
    sim_scenario_free(s);
    assert_text_errors(
        BASE "sweep: {N: [1]}\nskip_if: N == 1\n",
        "t.yaml:12:10: error: skip_if leaves no points\n   12 | skip_if: N == 1\n      |          ^~~~~~\n");
    assert_text_errors(BASE "sweep: {N: [1]}\nskip_if: M < 2\n",
                       "t.yaml:12:10: error: not a condition\n   12 | skip_if: M < 2\n"
                       "      |          ^~~~~  'M' is neither a number nor a variable\n");
}

/* Mistakes in variables, each with its words. */
static const struct {
    const char *lines, *words;
} mistakes[] = {
    {"sweep: {N: [1]}\nprotocol: {login.attempts: $M}\n", "error: unknown variable '$M'"},
    {"sweep: {pause: [1s]}\nprotocol: {login.pause: $pauze}\n", "did you mean 'pause'?"},
    {"sweep: {N: [0, 1]}\nprotocol: {login.attempts: $N}\n", ":12:28: error: out of range"},
    {"sweep: {N: []}\n", "an empty list leaves no points"},
    {"sweep: {N: 5}\n", "a list is needed here, not a single value"},
    {"sweep: {N: [[1]]}\n", "a single value is needed here, not a list"},
    {"sweep: {case: [1]}\n", "not a name for a variable"},
    {"sweep: {skip_if: [1]}\n", "skip_if stands beside sweep, not in it"},
    {"sweep: {N: [1]}\nzip: {N: [1]}\n", "this variable is in sweep and in zip"},
    {"cases: [{name: a}, {name: a}]\n", "two cases have this name"},
    {"cases: [{name: a b}]\n", "not a name for a case"},
    {"cases: [{set: {peers.nat: none}}]\n", "'cases[].name' is missing"},
    {"cases: [{name: a, set: {sweep: {N: [1]}}}]\n", "this cannot differ from case to case"},
    {"cases: [{name: a, set: {peers.natt: none}}]\n", "did you mean 'nat'?"},
    {"cases: []\n", "an empty list leaves no points"},
    {"sweep: {a: [1,2,3,4,5,6,7,8,9,10], b: [1,2,3,4,5,6,7,8,9,10], c: [1,2,3,4,5,6,7,8,9,10], d: [1,2,3]}\n",
     "more than 2000 points"},
};

static void mistakes_in_variables_are_told(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        char *text = g_strconcat(BASE, mistakes[i].lines, NULL);
        sim_scenario *s = load(text);
        char *errors = sim_scenario_errors(s);
        g_test_message("%s%s", mistakes[i].lines, errors);
        g_assert_nonnull(strstr(errors, mistakes[i].words));
        g_free(errors);
        sim_scenario_free(s);
        g_free(text);
    }
}

static int truth_of(const char *text)
{
    static const sim_variable variables[] = {
        {.name = "N", .text = "500"}, {.name = "rtt", .text = "40ms"}, {.name = "case", .text = "public"}};
    static const char *const cases[] = {"public", "nat", NULL};
    sim_expression_scope scope = {variables, 3, cases};
    sim_problem problem;
    bool truth = false;
    return sim_expression_evaluate(text, &scope, &truth, &problem) ? truth : -1;
}

static void conditions_know_numbers_units_and_words(void)
{
    static const struct {
        const char *text;
        int truth;
    } table[] = {
        {"N == 500", 1},
        {"N * 2% < 20", 1},
        {"N*2%<10", 0},
        {"N / 2 - 250 == 0", 1},
        {"rtt <= 40ms", 1},
        {"rtt < 0.04s", 0},
        {"2 * rtt > 79ms", 1},
        {"rtt / 10ms == 4", 1},
        {"case == public", 1},
        {"case != public", 0},
        {"not (case == nat) and N > 1", 1},
        {"N > 1 or case == nat and N > 1000", 1},
        {"$N == 500", 1},
        {"1 + 2 * 3 == 7", 1},
        {"(1 + 2) * 3 == 9", 1},
        {"N", -1},
        {"", -1},
        {"N ==", -1},
        {"N == rtt", -1},
        {"rtt * rtt > 1s", -1},
        {"N / 0 > 1", -1},
        {"case < nat", -1},
        {"case == publik", -1},
        {"(N == 1", -1},
        {"N == 1)", -1},
        {"N == 1 N", -1},
        {"N and case", -1},
        {"case + 1 == 2", -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("%s", table[i].text);
        g_assert_cmpint(truth_of(table[i].text), ==, table[i].truth);
    }
}

static void deep_conditions_are_refused(void)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 100000; i++)
        g_string_append_c(text, '(');
    g_assert_cmpint(truth_of(text->str), ==, -1);
    g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sweep/is-the-cross-product-last-fastest", a_sweep_is_the_cross_product_last_fastest);
    g_test_add_func("/sweep/variables-stand-anywhere-in-a-value", variables_stand_anywhere_in_a_value);
    g_test_add_func("/sweep/a-zip-walks-in-step", a_zip_walks_in_step);
    g_test_add_func("/sweep/cases-override-and-name-themselves", cases_override_and_name_themselves);
    g_test_add_func("/sweep/the-command-line-is-stronger-than-a-case",
                    the_command_line_is_stronger_than_a_case);
    g_test_add_func("/sweep/a-set-is-judged-like-a-file", a_set_is_judged_like_a_file);
    g_test_add_func("/sweep/a-flag-is-quoted-as-it-was-written", a_flag_is_quoted_as_it_was_written);
    g_test_add_func("/sweep/a-tier-overrides-and-a-set-overrides-it",
                    a_tier_overrides_and_a_set_overrides_it);
    g_test_add_func("/sweep/skip-if-leaves-points-out", skip_if_leaves_points_out);
    g_test_add_func("/sweep/mistakes-in-variables-are-told", mistakes_in_variables_are_told);
    g_test_add_func("/sweep/conditions-know-numbers-units-and-words",
                    conditions_know_numbers_units_and_words);
    g_test_add_func("/sweep/deep-conditions-are-refused", deep_conditions_are_refused);
    return g_test_run();
}
