#include "sim/cli/write.h"

#include <glib.h>

#include "sim/cli/cli.h"

static int write_groups(sim_results *results, const sim_scenario *scenario, char **ret_error)
{
    g_autoptr(GString) text = g_string_new("point,group,layer,knob,value\n");
    const gsize heading = text->len;
    for (size_t p = 0; p < scenario->n_points; p++) {
        g_autofree char *groups = sim_config_groups(scenario->points[p].config, p);
        g_string_append(text, groups ? groups : "");
    }
    return text->len > heading ? sim_results_groups(results, text->str, ret_error) : 0;
}

int cli_write_points(sim_results *results, const sim_scenario *scenario, char **ret_error)
{
    const sim_point *first = &scenario->points[0];
    size_t n_columns = (first->case_name ? 1 : 0) + first->n_variables;
    g_autofree const char **columns = g_new0(const char *, n_columns + 1);
    g_autofree const char **values = g_new0(const char *, scenario->n_points *n_columns + 1);
    size_t shift = first->case_name ? 1 : 0;
    if (shift)
        columns[0] = "case";
    for (size_t v = 0; v < first->n_variables; v++)
        columns[shift + v] = first->variables[v].name;
    for (size_t p = 0; p < scenario->n_points; p++) {
        const char **row = values + p * n_columns;
        if (shift)
            row[0] = scenario->points[p].case_name;
        for (size_t v = 0; v < first->n_variables; v++)
            row[shift + v] = scenario->points[p].variables[v].text;
    }
    if (sim_results_points(
            results,
            &(sim_points){
                .n_columns = n_columns, .columns = columns, .n_points = scenario->n_points, .values = values},
            ret_error) != 0)
        return -1;
    if (write_groups(results, scenario, ret_error) != 0)
        return -1;
    g_autofree char *kinds = sim_config_kinds(first->config);
    return kinds ? sim_results_kinds(results, kinds, ret_error) : 0;
}

int cli_write_manifest(sim_results *results, const sim_scenario *scenario, const sim_runner_outcome *outcome,
                       char **ret_error)
{
    const sim_config *config = scenario->points[0].config;
    return sim_results_manifest(
        results,
        &(sim_manifest){.version = CLI_VERSION,
                        .scenario_file = scenario->path,
                        .engine = config->run.engine,
                        .codec = config->run.codec == SIM_CODEC_OPUS ? "opus" : "sized",
                        .crypto = config->run.crypto == SIM_CRYPTO_REAL ? "real" : "sized",
                        .seed = (uint64_t)config->run.seed,
                        .n_points = scenario->n_points,
                        .n_replications = (size_t)config->run.replications,
                        .events = outcome->events,
                        .wall_seconds = outcome->wall_seconds,
                        .virtual_seconds = outcome->virtual_seconds,
                        .status = outcome->status},
        ret_error);
}
