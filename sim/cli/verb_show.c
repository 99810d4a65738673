#include <stdio.h>

#include "sim/cli/cli.h"
#include "sim/scenario/page.h"

static json_t *tree_json(const sim_tree *tree)
{
    if (tree->kind == SIM_TREE_SCALAR)
        return json_pack("{s:s, s:s?, s:i}", "value", tree->text, "file",
                         tree->place.source ? tree->place.source->name : NULL, "line", (int)tree->place.line);
    json_t *branch = tree->kind == SIM_TREE_MAP ? json_object() : json_array();
    for (size_t i = 0; i < tree->n; i++) {
        if (tree->kind == SIM_TREE_MAP)
            json_object_set_new(branch, tree->key[i]->text, tree_json(tree->value[i]));
        else
            json_array_append_new(branch, tree_json(tree->value[i]));
    }
    return branch;
}

static json_t *points_json(const sim_scenario *scenario)
{
    json_t *points = json_array();
    for (size_t i = 0; i < scenario->n_points; i++) {
        const sim_point *point = &scenario->points[i];
        json_t *sweep = json_object();
        if (point->case_name)
            json_object_set_new(sweep, "case", json_string(point->case_name));
        for (size_t j = 0; j < point->n_variables; j++)
            json_object_set_new(sweep, point->variables[j].name, json_string(point->variables[j].text));
        json_array_append_new(points, sweep);
    }
    return points;
}

static void print_points(const sim_scenario *scenario)
{
    printf("%s: %zu point%s\n", scenario->name, scenario->n_points, scenario->n_points == 1 ? "" : "s");
    for (size_t i = 0; i < scenario->n_points; i++) {
        const sim_point *point = &scenario->points[i];
        printf("  %zu", i);
        if (point->case_name)
            printf("  case=%s", point->case_name);
        for (size_t j = 0; j < point->n_variables; j++)
            printf("  %s=%s", point->variables[j].name, point->variables[j].text);
        putchar('\n');
    }
    if (*scenario->about)
        printf("\n%s%s", scenario->about, g_str_has_suffix(scenario->about, "\n") ? "" : "\n");
}

static int show(const cli_options *options, const sim_scenario *scenario, gboolean resolved, int point)
{
    if (point >= 0 && (size_t)point >= scenario->n_points)
        return cli_refuse_usage(options, "there is no point %d: the scenario has %zu, counted from 0", point,
                                scenario->n_points);
    const sim_tree *tree = point >= 0 ? scenario->points[point].tree : scenario->tree;
    if (options->json) {
        cli_print_json(json_pack("{s:s, s:o, s:o}", "scenario", scenario->name, "points",
                                 points_json(scenario), "resolved", tree_json(tree)));
    } else if (resolved || point >= 0) {
        char *text = sim_page_resolved(scenario, tree);
        fputs(text, stdout);
        g_free(text);
    } else {
        print_points(scenario);
    }
    return SIM_EXIT_HELD;
}

int cli_verb_show(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    gboolean resolved = FALSE;
    int point = -1;
    const GOptionEntry entries[] = {
        {"resolved", 0, 0, G_OPTION_ARG_NONE, &resolved, "Print the flat file with the origin of each value",
         NULL},
        {"point", 0, 0, G_OPTION_ARG_INT, &point, "Print one point: its case and variables put in", "N"},
        {0},
    };
    cli_parsed parsed = cli_parse(verb, options, entries, &argc, &argv);
    if (parsed != CLI_GO_ON)
        return parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    if (argc != 2)
        return cli_refuse_usage(
            options, "show needs one file, e.g. partyline show --resolved scenarios/login/crowd.yaml");
    sim_scenario *scenario = cli_load(options, argv[1]);
    int code = SIM_EXIT_USAGE;
    if (sim_scenario_good(scenario)) {
        code = show(options, scenario, resolved, point);
    } else {
        cli_refuse_scenario(options, scenario);
    }
    sim_scenario_free(scenario);
    return code;
}
