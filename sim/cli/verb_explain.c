#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics.h"
#include "sim/cli/cli.h"
#include "sim/scenario/page.h"

static char *explain_exit(const char *text)
{
    static const struct {
        int code;
        const char *meaning;
    } exits[] = {
#define X(name, code, text) {code, text},
        SIM_EXITS(X)
#undef X
    };
    char *end = NULL;
    long code = strtol(text, &end, 10);
    for (size_t i = 0; *text && *end == 0 && i < G_N_ELEMENTS(exits); i++)
        if (exits[i].code == code)
            return g_strdup_printf("exit code %ld\n  %s\n", code, exits[i].meaning);
    return NULL;
}

static char *explain_metric(const char *name)
{
    an_selector selector;
    char *error = NULL;
    const an_metric *metric = an_metric_find(name);
    if (!metric && an_selector_parse(name, AN_FORM_VALUE, &selector, &error)) {
        metric = selector.metric;
        an_selector_clear(&selector);
    }
    g_free(error);
    if (!metric)
        return NULL;
    return g_strdup_printf("%s\n  %s\n  unit: %s\n", metric->name, metric->meaning, metric->unit);
}

static char *find(const char *what)
{
    char *text = explain_exit(what);
    if (!text)
        text = sim_page_explain(what);
    return text ? text : explain_metric(what);
}

static int unknown(const char *what)
{
    char *near = sim_page_nearest(what);
    const char *metric = near ? NULL : an_metric_nearest(what);
    if (near || metric)
        cli_complain("nothing is called '%s'; did you mean '%s'?", what, near ? near : metric);
    else
        cli_complain(
            "nothing is called '%s'; partyline list keys and partyline list metrics show what there is",
            what);
    g_free(near);
    return SIM_EXIT_USAGE;
}

int cli_verb_explain(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    gboolean markdown = FALSE;
    const GOptionEntry entries[] = {
        {"markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "Print docs/scenario-reference.md", NULL},
        {0},
    };
    cli_parsed parsed = cli_parse(verb, options, entries, &argc, &argv);
    if (parsed != CLI_GO_ON)
        return parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    if (markdown ? argc != 1 : argc != 2)
        return cli_complain(
            "explain needs one key, metric or exit code, e.g. partyline explain run.duration");
    char *text = markdown ? sim_page_markdown() : find(argv[1]);
    if (!text)
        return unknown(argv[1]);
    if (options->json)
        cli_print_json(
            json_pack("{s:s, s:s}", "name", markdown ? "scenario-reference" : argv[1], "text", text));
    else
        fputs(text, stdout);
    g_free(text);
    return SIM_EXIT_HELD;
}
