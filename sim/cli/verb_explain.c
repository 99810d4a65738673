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

static const char *reduction_text(an_reduction reduction)
{
    switch (reduction) {
    case AN_SHARE:
        return "the share of samples that are 1, from 0 to 1";
    case AN_SPREAD:
        return "samples with a distribution: say which value by a suffix";
    case AN_COUNT:
        return "the number of samples that are not 0";
    case AN_GAUGE:
        return "the last of its samples in a replication, or a suffix over them";
    case AN_TOTAL:
        return "the sum of a replication";
    case AN_BALANCE:
        return "a mean over sessions, with an interval over the peers at their ends";
    }
    g_assert_not_reached();
}

static void append_words(GString *text, const char *heading, const char *const *words)
{
    g_string_append(text, heading);
    for (; *words; words++)
        g_string_append_printf(text, " %s", *words);
    g_string_append_c(text, '\n');
}

static void append_suffixes(GString *text)
{
    const an_suffix *suffixes = NULL;
    size_t n = an_suffix_table(&suffixes);
    g_string_append(text, "  suffixes:");
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, " .%s", suffixes[i].text);
    g_string_append_c(text, '\n');
}

/* The labels that the samples of a metric carry. */
static void append_labels(GString *text, const char *metric)
{
    const an_label_key *keys = NULL;
    size_t n = an_label_key_table(&keys), found = 0;
    for (size_t i = 0; i < n; i++) {
        if (!g_str_has_prefix(metric, keys[i].family))
            continue;
        g_string_append_printf(text, "%s %s", found++ ? "" : "  labels:", keys[i].key);
        for (const char *const *value = keys[i].values; value && *value; value++)
            g_string_append_printf(text, "%s%s", value == keys[i].values ? "=" : "|", *value);
    }
    if (found > 0)
        g_string_append_c(text, '\n');
}

static char *metric_text(const an_metric *metric)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s\n  %s\n  unit: %s\n  value: %s\n", metric->name, metric->meaning,
                           metric->unit, reduction_text(metric->reduction));
    if (metric->reduction == AN_SPREAD)
        append_suffixes(text);
    if (metric->parts)
        append_words(text, "  last parts:", metric->parts);
    append_labels(text, metric->name);
    return g_string_free(text, FALSE);
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
    return metric ? metric_text(metric) : NULL;
}

/* A constant without its "protocol."; some metrics have the name of one: then both are meant. */
static char *explain_bare(const char *what)
{
    char *key = g_strconcat("protocol.", what, NULL), *constant = sim_page_explain(key);
    char *metric = explain_metric(what);
    char *text = g_strconcat(metric ? metric : "", constant ? constant : "", NULL);
    g_free(key);
    g_free(metric);
    g_free(constant);
    if (!*text)
        g_clear_pointer(&text, g_free);
    return text;
}

static char *find(const char *what)
{
    char *text = explain_exit(what);
    if (!text)
        text = sim_page_explain(what);
    return text ? text : explain_bare(what);
}

static int unknown(const cli_options *options, const char *what)
{
    char *near = sim_page_nearest(what);
    const char *metric = near ? NULL : an_metric_nearest(what);
    if (near || metric)
        cli_refuse_usage(options, "nothing is called '%s'; did you mean '%s'?", what, near ? near : metric);
    else
        cli_refuse_usage(options,
                         "nothing is called '%s'; partyline list keys and partyline list metrics show "
                         "what there is",
                         what);
    g_free(near);
    return SIM_EXIT_USAGE;
}

int cli_verb_explain(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    gboolean markdown = FALSE, constants = FALSE;
    const GOptionEntry entries[] = {
        {"markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "Print docs/scenario-reference.md", NULL},
        {"constants", 0, 0, G_OPTION_ARG_NONE, &constants, "Print the table that ends docs/protocol.md", NULL},
        {0},
    };
    cli_parsed parsed = cli_parse(verb, options, entries, &argc, &argv);
    if (parsed != CLI_GO_ON)
        return parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    if (markdown || constants ? argc != 1 : argc != 2)
        return cli_refuse_usage(
            options, "explain needs one key, metric or exit code, e.g. partyline explain run.duration");
    const char *name = markdown ? "scenario-reference" : constants ? "constants" : argv[1];
    char *text = markdown ? sim_page_markdown() : constants ? sim_page_constants() : find(name);
    if (!text)
        return unknown(options, argv[1]);
    if (options->json)
        cli_print_json(
            json_pack("{s:s, s:s}", "name", name, "text", text));
    else
        fputs(text, stdout);
    g_free(text);
    return SIM_EXIT_HELD;
}
