/* scenario_test.h - a scenario from a text, and what is wrong with it, for the tests of this folder. */
#ifndef SCENARIO_TEST_H
#define SCENARIO_TEST_H

#include <glib.h>
#include <string.h>

#include "sim/scenario/scenario.h"

/* A whole scenario to which tests add lines: 10 lines, so that what follows begins in line 11. */
#define BASE                                                                                                 \
    "scenario: test\n"                                                                                       \
    "profiles:\n"                                                                                            \
    "  dsl: {up: 128kbit/s, down: 512kbit/s, delay: 12ms ± 2ms}\n"                                          \
    "  lan: {up: 10Mbit/s, down: unlimited}\n"                                                               \
    "supernodes: {count: 7, link: lan}\n"                                                                    \
    "login_servers: {link: lan}\n"                                                                           \
    "peers: {count: 10, link: dsl}\n"                                                                        \
    "run: {duration: 60s}\n"                                                                                 \
    "#\n"                                                                                                    \
    "#\n"

/* Chosen: far above what the tests ask for, so that no machine's memory matters. */
#define PLENTY 1e15

static inline sim_scenario *load_with(const char *text, const sim_scenario_options *options)
{
    return sim_scenario_load_text("t.yaml", text, strlen(text), options);
}

static inline sim_scenario *load(const char *text)
{
    return load_with(text, &(sim_scenario_options){.memory_bytes = PLENTY});
}

/* Asserts that the scenario has exactly these errors, as printed. */
static inline void assert_errors(sim_scenario *scenario, const char *expected)
{
    char *errors = sim_scenario_errors(scenario);
    g_assert_cmpstr(errors, ==, expected);
    g_assert_cmpint(sim_scenario_good(scenario), ==, *expected == 0);
    g_free(errors);
    sim_scenario_free(scenario);
}

/* Asserts that the scenario has no errors, and shows them if it has. */
static inline void assert_good(const sim_scenario *scenario)
{
    char *errors = sim_scenario_errors(scenario);
    g_assert_cmpstr(errors, ==, "");
    g_assert_true(sim_scenario_good(scenario));
    g_free(errors);
}

static inline void assert_text_errors(const char *text, const char *expected)
{
    assert_errors(load(text), expected);
}

/* Asserts that a text has one error, of which this is a part. */
static inline void assert_only_error(const char *text, const char *error)
{
    sim_scenario *scenario = load(text);
    g_autofree char *errors = sim_scenario_errors(scenario);
    g_test_message("%s%s", text, errors);
    g_assert_nonnull(strstr(errors, error));
    g_assert_cmpuint(sim_diagnostic_count(scenario->diagnostics), ==, 1);
    sim_scenario_free(scenario);
}

#endif
