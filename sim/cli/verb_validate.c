#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"

/* What a run of the file would be, in numbers. */
typedef struct extent {
    int64_t replications; /* of all points */
    int64_t hosts;        /* of the largest point */
    int64_t cells;        /* of the largest matrix */
    int64_t kinds;        /* of the same */
    int64_t left_out;     /* combinations of its product that no box can be */
    double memory;
} extent;

static extent extent_of(const sim_scenario *scenario)
{
    extent e = {0};
    for (size_t i = 0; i < scenario->n_points; i++) {
        const sim_config *config = scenario->points[i].config;
        e.replications += config->run.replications;
        if (sim_config_hosts(config) > e.hosts)
            e.hosts = sim_config_hosts(config);
        if (config->matrix.n_cells > e.cells) {
            e.cells = config->matrix.n_cells;
            e.kinds = (int64_t)config->matrix.n_kinds;
            e.left_out = config->matrix.n_left_out;
        }
        if (sim_config_memory(config) > e.memory)
            e.memory = sim_config_memory(config);
    }
    return e;
}

/* "882 cells, ", and what a product leaves out. */
static const char *cells_text(const extent *e, char *buffer, size_t len)
{
    buffer[0] = 0;
    if (e->cells == 0)
        return buffer;
    g_snprintf(buffer, (gulong)len, "%" G_GINT64_FORMAT " cell%s, ", e->cells, e->cells == 1 ? "" : "s");
    if (e->left_out > 0)
        g_snprintf(buffer + strlen(buffer), (gulong)(len - strlen(buffer)),
                   "%" G_GINT64_FORMAT " combination%s left out, ", e->left_out, e->left_out == 1 ? "" : "s");
    return buffer;
}

static void print_good(const char *path, const sim_scenario *scenario)
{
    extent e = extent_of(scenario);
    char memory[32], cells[128];
    printf("%s: %s is valid: %zu point%s, %" G_GINT64_FORMAT " run%s, %sup to %" G_GINT64_FORMAT
           " hosts, about %s\n",
           path, scenario->name, scenario->n_points, scenario->n_points == 1 ? "" : "s", e.replications,
           e.replications == 1 ? "" : "s",
           cells_text(&e, cells, sizeof cells), e.hosts, sim_units_bytes_text(e.memory, memory, sizeof memory));
}

static json_t *json_of(const char *path, const sim_scenario *scenario)
{
    bool good = sim_scenario_good(scenario);
    json_t *object =
        json_pack("{s:s, s:b, s:o}", "file", path, "valid", good, "errors", cli_errors_json(scenario));
    if (!good)
        return object;
    extent e = extent_of(scenario);
    json_t *more = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "scenario", scenario->name, "points",
                             (json_int_t)scenario->n_points, "runs", (json_int_t)e.replications, "hosts",
                             (json_int_t)e.hosts, "cells", (json_int_t)e.cells, "kinds", (json_int_t)e.kinds,
                             "left_out", (json_int_t)e.left_out, "memory_bytes", (json_int_t)e.memory);
    json_object_update(object, more);
    json_decref(more);
    return object;
}

int cli_verb_validate(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    cli_parsed parsed = cli_parse(verb, options, NULL, &argc, &argv);
    if (parsed != CLI_GO_ON)
        return parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    if (argc < 2)
        return cli_refuse_usage(
            options, "validate needs a file, e.g. partyline validate scenarios/login/first-login.yaml");
    int code = SIM_EXIT_HELD;
    json_t *files = json_array();
    for (int i = 1; i < argc; i++) {
        sim_scenario *scenario = cli_load(options, argv[i]);
        bool good = sim_scenario_good(scenario);
        if (!good)
            code = SIM_EXIT_USAGE;
        if (options->json) {
            json_array_append_new(files, json_of(argv[i], scenario));
        } else if (good) {
            print_good(argv[i], scenario);
        } else {
            char *errors = sim_scenario_errors(scenario);
            fputs(errors, stderr);
            g_free(errors);
        }
        sim_scenario_free(scenario);
    }
    if (options->json)
        cli_print_json(json_pack("{s:O}", "files", files));
    json_decref(files);
    return code;
}
