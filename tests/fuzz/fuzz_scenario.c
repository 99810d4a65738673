/* Scenario files of strangers.
 *
 * Whatever the bytes are, a scenario is good or has errors, never both and never neither; what is wrong can
 * be printed; and a good one, written out resolved, is good again with as many points.
 *
 * Without FUZZ_LIBFUZZER it is a program that plays the files given to it, so that the corpus is a test. */
#include <glib.h>
#include <string.h>

#include "sim/scenario/page.h"
#include "tests/support/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Chosen: an ordinary machine, so that a crowd is refused here as it would be there. */
#define MEMORY (8.0 * 1024 * 1024 * 1024)

static void check_resolved(const sim_scenario *scenario, const sim_scenario_options *options)
{
    char *text = sim_page_resolved(scenario, scenario->tree);
    sim_scenario *again = sim_scenario_load_text("resolved.yaml", text, strlen(text), options);
    char *errors = sim_scenario_errors(again);
    /* The resolved text has the defaults too and may so outgrow the limits of a file. */
    if (strlen(text) < 100000)
        g_assert_cmpstr(errors, ==, "");
    if (sim_scenario_good(again))
        g_assert_cmpuint(again->n_points, ==, scenario->n_points);
    g_free(errors);
    g_free(text);
    sim_scenario_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sim_scenario_options options = {.memory_bytes = MEMORY};
    sim_scenario *scenario = sim_scenario_load_text("fuzz.yaml", (const char *)data, size, &options);
    char *errors = sim_scenario_errors(scenario);
    g_assert_cmpint(sim_scenario_good(scenario), ==, *errors == 0);
    g_assert_true(g_utf8_validate(errors, -1, NULL));
    if (sim_scenario_good(scenario))
        check_resolved(scenario, &options);
    g_free(errors);
    sim_scenario_free(scenario);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_run(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
