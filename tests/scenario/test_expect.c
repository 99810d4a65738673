/* Expectations: the form of a claim, and where a scenario's mistakes in one are shown. */
#include "sim/scenario/expect.h"
#include "tests/scenario/scenario_test.h"

static void a_claim_is_taken_apart(void)
{
    sim_claim claim;
    sim_problem problem;
    g_assert_true(sim_expect_parse("login.time.p50{login=first,nat=symmetric} <= 7s", &claim, &problem));
    g_assert_cmpstr(claim.metric, ==, "login.time.p50");
    g_assert_cmpstr(claim.labels, ==, "login=first,nat=symmetric");
    g_assert_cmpint(claim.op, ==, SIM_CLAIM_AT_MOST);
    g_assert_cmpint(claim.unit, ==, SIM_CLAIM_TIME);
    g_assert_cmpint(claim.exact, ==, 7 * PL_SECOND);
    g_assert_cmpfloat(claim.value, ==, 7);
    g_assert_true(sim_expect_parse("login.success==100%", &claim, &problem));
    g_assert_cmpint(claim.op, ==, SIM_CLAIM_EQUAL);
    g_assert_cmpint(claim.unit, ==, SIM_CLAIM_SHARE);
    g_assert_cmpfloat(claim.value, ==, 1);
    g_assert_cmpstr(claim.labels, ==, "");
    g_assert_true(sim_expect_parse("login.bytes.p50 < 10kB", &claim, &problem));
    g_assert_cmpint(claim.unit, ==, SIM_CLAIM_BYTES);
    g_assert_cmpint(claim.exact, ==, 10000);
    g_assert_true(sim_expect_parse("login.contacts.min >= 4", &claim, &problem));
    g_assert_cmpint(claim.unit, ==, SIM_CLAIM_PLAIN);
    g_assert_true(sim_expect_parse("never: login.failed{nat=none}", &claim, &problem));
    g_assert_cmpint(claim.op, ==, SIM_CLAIM_NEVER);
    g_assert_cmpstr(claim.metric, ==, "login.failed");
}

static void what_is_no_claim_is_refused(void)
{
    static const struct {
        const char *text, *hint;
    } table[] = {
        {"", "begin with a metric, e.g. login.success == 100%"},
        {"== 5", "begin with a metric, e.g. login.success == 100%"},
        {"login.success", "an operator (== != < <= > >=) and a value must follow the metric"},
        {"login.success = 100%", "an operator (== != < <= > >=) and a value must follow the metric"},
        {"login.success ==", "'' is not a value: 98%, 49s, 7, 9kB, 64kbit/s"},
        {"login.success == high", "'high' is not a value: 98%, 49s, 7, 9kB, 64kbit/s"},
        {"login.time.p50{login=first <= 7s", "labels are {login=first,nat=symmetric}"},
        {"login.time. <= 7s", "begin with a metric, e.g. login.success == 100%"},
        {"never: login.failed == 0", "never: takes a metric and nothing else"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        sim_claim claim;
        sim_problem problem;
        g_assert_false(sim_expect_parse(table[i].text, &claim, &problem));
        g_assert_cmpstr(problem.message, ==, "not an expectation");
        g_assert_cmpstr(problem.hint, ==, table[i].hint);
    }
}

static void a_scenario_carries_text_when_and_place(void)
{
    sim_scenario *s =
        load(BASE "cases: [{name: a}, {name: b}]\nexpect:\n  - login.success{login=first} == 100%\n"
                  "  - {never: login.failed, when: case == b}\n");
    assert_good(s);
    const sim_expectation *x = s->points[0].config->expect;
    g_assert_cmpuint(s->points[0].config->n_expect, ==, 2);
    g_assert_cmpstr(x[0].text, ==, "login.success{login=first} == 100%");
    g_assert_null(x[0].when);
    g_assert_cmpuint(x[0].place.line, ==, 13);
    g_assert_cmpstr(x[1].text, ==, "never: login.failed");
    g_assert_cmpstr(x[1].when, ==, "case == b");
    sim_scenario_free(s);
}

static void mistakes_are_shown_in_place(void)
{
    assert_text_errors(BASE "expect:\n  - login.success = 100%\n",
                       "t.yaml:12:5: error: not an expectation\n"
                       "   12 |   - login.success = 100%\n"
                       "      |     ^~~~~~~~~~~~~~~~~~~~  an operator (== != < <= > >=) and a value must "
                       "follow the metric\n");
    assert_text_errors(
        BASE "cases: [{name: public}]\nexpect:\n  - {that: login.success == 100%, when: case == publik}\n",
        "t.yaml:13:41: error: unknown case 'publik'\n"
        "   13 |   - {that: login.success == 100%, when: case == publik}\n"
        "      |                                         ^~~~~~~~~~~~~~  did you mean 'public'?\n");
    assert_text_errors(BASE "expect:\n  - {when: case == a}\n",
                       "t.yaml:12:5: error: an expectation needs one of that: and never:\n"
                       "   12 |   - {when: case == a}\n"
                       "      |     ^  e.g. {that: login.success == 100%, when: case == public}\n");
}

static char *no_such_metric(const char *text, const char *when)
{
    (void)when;
    return g_str_has_prefix(text, "login.sucess") ? g_strdup("no metric 'login.sucess'") : NULL;
}

static void what_analysis_knows_is_asked(void)
{
    sim_scenario_options options = {.check_expectation = no_such_metric, .memory_bytes = PLENTY};
    assert_errors(load_with(BASE "expect: [login.success == 100%, login.sucess == 1]\n", &options),
                  "t.yaml:11:33: error: no metric 'login.sucess'\n"
                  "   11 | expect: [login.success == 100%, login.sucess == 1]\n"
                  "      |                                 ^~~~~~~~~~~~~~~~~\n");
}

/* Samples bear the names of the groups and presets of the scenario; others occur in no sample. */
static void labels_are_the_scenarios(void)
{
    assert_text_errors(BASE "expect: ['login.success{link=dsl,nat=none,setup=peers,login=later} == 100%']\n", "");
    assert_text_errors(BASE "cases: [{name: open, set: {peers.name: $case}}, {name: shut}]\n"
                            "expect: [{that: 'login.success{setup=open} == 100%', when: case == open}]\n",
                       "");
    assert_text_errors(BASE "expect: ['never: login.failed{link=dls}']\n",
                       "t.yaml:11:10: error: no peer has link=dls\n"
                       "   11 | expect: ['never: login.failed{link=dls}']\n"
                       "      |          ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~  did you mean 'dsl'?\n");
    assert_text_errors(BASE "expect: ['never: login.failed{nat=symmetric}']\n",
                       "t.yaml:11:10: error: no peer has nat=symmetric\n"
                       "   11 | expect: ['never: login.failed{nat=symmetric}']\n"
                       "      |          ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~  the label would select nothing, and "
                       "the claim could not fail\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/expect/a-claim-is-taken-apart", a_claim_is_taken_apart);
    g_test_add_func("/expect/what-is-no-claim-is-refused", what_is_no_claim_is_refused);
    g_test_add_func("/expect/a-scenario-carries-text-when-and-place", a_scenario_carries_text_when_and_place);
    g_test_add_func("/expect/mistakes-are-shown-in-place", mistakes_are_shown_in_place);
    g_test_add_func("/expect/what-analysis-knows-is-asked", what_analysis_knows_is_asked);
    g_test_add_func("/expect/labels-are-the-scenarios", labels_are_the_scenarios);
    return g_test_run();
}
