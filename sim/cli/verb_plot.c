#include <stdio.h>

#include "analysis/figure.h"
#include "sim/cli/cli.h"

static void tell(const cli_options *options, const an_figure_outcome *outcome, const char *directory)
{
    json_t *written = json_array();
    for (size_t i = 0; i < outcome->n_written; i++) {
        json_array_append_new(written, json_string(outcome->written[i]));
        if (!options->json)
            printf("%s/%s\n", directory, outcome->written[i]);
    }
    for (size_t i = 0; i < outcome->n_notes; i++)
        fprintf(stderr, "partyline: %s\n", outcome->notes[i]);
    if (options->json)
        cli_print_json(json_pack("{s:O}", "written", written));
    json_decref(written);
}

int cli_verb_plot(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    char *kind = NULL, *peer = NULL, *error = NULL;
    const GOptionEntry entries[] = {
        {"kind", 0, 0, G_OPTION_ARG_STRING, &kind, "One kind of figure only (see partyline list plots)",
         "KIND"},
        {"peer", 0, 0, G_OPTION_ARG_STRING, &peer,
         "Ladder: the peer whose first login is drawn; without it the median login of each set-up", "PEER"},
        {0},
    };
    cli_parsed parsed = cli_parse(verb, options, entries, &argc, &argv);
    if (parsed != CLI_GO_ON) {
        g_free(kind);
        g_free(peer);
        return parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    }
    int code = SIM_EXIT_USAGE;
    an_results *results = NULL;
    an_figure_outcome outcome = {0};
    if (argc != 2)
        cli_complain("plot needs one run directory, e.g. partyline plot results/first-login/latest");
    else if (!(results = an_results_read(argv[1], &error)) ||
             an_figure_draw(results, kind, &(an_figure_options){.peer = peer}, &outcome, &error) != 0)
        cli_complain("%s", error);
    else
        code = SIM_EXIT_HELD;
    if (code == SIM_EXIT_HELD)
        tell(options, &outcome, argv[1]);
    an_figure_outcome_clear(&outcome);
    an_results_free(results);
    g_free(error);
    g_free(kind);
    g_free(peer);
    return code;
}
