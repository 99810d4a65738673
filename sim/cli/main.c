#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"

const cli_verb cli_verbs[] = {
    {"run", "FILE…", "run scenarios, judge them, write results and figures",
     "  partyline run scenarios/login/first-login.yaml\n"
     "  partyline run scenarios/login/lossy.yaml --tier ci --seed 7 --json\n",
     cli_verb_run},
    {"matrix", "FILE…|DIR…", "run every kind of end with every other, and judge each pair",
     "  partyline matrix scenarios/nat/matrix.yaml\n"
     "  partyline matrix scenarios/nat/matrix.yaml --cell port-restricted,symmetric,udp,cross\n"
     "  partyline matrix results/matrix/latest --baseline results/baseline/nat.json\n",
     cli_verb_matrix},
    {"baseline", "check|update FILE|DIR", "compare a matrix with its baseline, or change that for a reason",
     "  partyline baseline check results/matrix/latest\n"
     "  partyline baseline update results/matrix/latest --reason \"relays are chosen by distance\"\n",
     cli_verb_baseline},
    {"validate", "FILE…", "check scenarios without running them",
     "  partyline validate scenarios/login/first-login.yaml\n"
     "  partyline validate --json --tier ci scenarios/login/*.yaml\n",
     cli_verb_validate},
    {"list", "[WHAT] [FILE…]", "scenarios, profiles, metrics, plots, nats, firewalls, knobs, stacks, engines, policies, keys",
     "  partyline list\n"
     "  partyline list nats\n"
     "  partyline list keys run\n",
     cli_verb_list},
    {"show", "FILE", "a scenario as it will be run, every value with its origin",
     "  partyline show --resolved scenarios/login/crowd.yaml\n"
     "  partyline show --resolved --point 2 scenarios/login/lossy.yaml\n",
     cli_verb_show},
    {"explain", "KEY | METRIC | EXIT-CODE", "what a key, a metric or an exit code means",
     "  partyline explain run.duration\n"
     "  partyline explain protocol.login.pause\n"
     "  partyline explain 77\n",
     cli_verb_explain},
    {"plot", "DIR", "draw the figures of a run again",
     "  partyline plot results/first-login/latest\n"
     "  partyline plot --kind ladder --peer peer-3 results/first-login/latest\n",
     cli_verb_plot},
    {0},
};

static void print_overview(FILE *out)
{
    fputs("partyline - a testbed for peer-to-peer telephony\n\nExamples:\n", out);
    for (const cli_verb *verb = cli_verbs; verb->name; verb++)
        fprintf(out, "%.*s\n", (int)strcspn(verb->examples, "\n"), verb->examples);
    fputs("\nUsage: partyline VERB [OPTION…] …\n\nVerbs:\n", out);
    for (const cli_verb *verb = cli_verbs; verb->name; verb++)
        fprintf(out, "  %-10s %s\n", verb->name, verb->summary);
    fputs("\npartyline VERB --help shows a verb's options; partyline --version, the release.\n", out);
}

/* The place of the verb: the first argument that is neither an option nor the value of one. */
static int find_verb(int argc, char **argv)
{
    static const char *const with_value[] = {"--seed", "--engine", "--jobs", "-j",      "--tier",
                                             "--set",  "--out",    "-o",     "--color", NULL};
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            return i;
        if (g_strv_contains(with_value, argv[i]))
            i++;
    }
    return 0;
}

static int run_verb(const cli_verb *verb, int argc, char **argv)
{
    cli_options options = {0};
    int code = verb->run(verb, &options, argc, argv);
    g_free(options.seed);
    g_free(options.engine);
    g_free(options.tier);
    g_strfreev(options.sets);
    g_free(options.out);
    g_free(options.color);
    return code;
}

static int unknown_verb(const char *name)
{
    sim_nearest nearest = sim_nearest_begin(name);
    char buffer[96];
    for (const cli_verb *verb = cli_verbs; verb->name; verb++)
        sim_nearest_offer(&nearest, verb->name);
    return cli_complain("no verb '%s'; %s", name,
                        sim_nearest_hint(&nearest, buffer, sizeof buffer, "see partyline --help"));
}

/* What could not be printed was not told: a full disk behind stdout is no success. */
static int flush_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    cli_complain("cannot write to stdout: %s", g_strerror(errno));
    return code == SIM_EXIT_INTERRUPTED ? code : SIM_EXIT_FAULT;
}

static int answer(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    /* A file that meets the limit of its size is an error of that write, as a full disk is. */
    signal(SIGXFSZ, SIG_IGN);
    int at = find_verb(argc, argv);
    if (at == 0 && argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("partyline " CLI_VERSION);
        return SIM_EXIT_HELD;
    }
    if (at == 0) {
        bool asked = argc > 1 && (strcmp(argv[argc - 1], "--help") == 0 || strcmp(argv[argc - 1], "-h") == 0);
        print_overview(asked ? stdout : stderr);
        return asked ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    }
    if (strcmp(argv[at], "help") == 0) {
        print_overview(stdout);
        return SIM_EXIT_HELD;
    }
    const cli_verb *verb = cli_verbs;
    while (verb->name && strcmp(verb->name, argv[at]) != 0)
        verb++;
    if (!verb->name)
        return unknown_verb(argv[at]);
    /* The verb itself is taken out, so that options before and after it are read alike. */
    char **rest = g_new0(char *, (gsize)argc + 1);
    int n = 0;
    for (int i = 0; i < argc; i++)
        if (i != at)
            rest[n++] = argv[i];
    int code = run_verb(verb, n, rest);
    g_free(rest);
    return code;
}

int main(int argc, char **argv)
{
    return flush_output(answer(argc, argv));
}
