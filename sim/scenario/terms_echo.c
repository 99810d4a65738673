/* terms_echo.c - test traffic in writing: `10s at 10/s, 45s silence, 5s at 10/s`. */
#include <glib.h>
#include <string.h>

#include "sim/scenario/terms.h"

#define RATE_MAX 1000    /* chosen: twenty times the packets of a call */
#define SPAN_MAX PL_HOUR /* chosen: beyond any lifetime of a mapping that a box has for UDP */

static bool not_an_echo(sim_problem *problem)
{
    return sim_problem_set(problem, "not an echo",
                           "write phases: 10s at 10/s, 45s silence, 5s at 10/s; or none");
}

static bool parse_rate(char *text, int64_t *ret, sim_problem *problem)
{
    double rate = 0;
    if (!sim_units_frequency(text, &rate, problem))
        return false;
    if (rate < 1 || rate > RATE_MAX || (double)(int64_t)rate != rate)
        return sim_problem_set(problem, "not a rate for an echo", "a whole number of datagrams, 1/s to %d/s",
                               RATE_MAX);
    *ret = (int64_t)rate;
    return true;
}

static bool parse_phase(char *text, struct sim_echo_phase *ret, sim_problem *problem)
{
    char *at = strstr(text, " at ");
    struct sim_echo_phase phase = {0};
    if (at) {
        *at = 0;
        if (!parse_rate(g_strstrip(at + strlen(" at ")), &phase.rate, problem))
            return false;
    } else if (g_str_has_suffix(text, " silence")) {
        text[strlen(text) - strlen(" silence")] = 0;
    } else {
        return not_an_echo(problem);
    }
    if (!sim_units_time(g_strstrip(text), &phase.duration, problem))
        return false;
    if (phase.duration <= 0 || phase.duration > SPAN_MAX)
        return sim_problem_set(problem, "out of range", "a phase lasts up to 1h");
    *ret = phase;
    return true;
}

static bool parse(char **parts, sim_echo *ret, sim_problem *problem)
{
    sim_echo echo = {0};
    for (size_t i = 0; parts[i]; i++) {
        if (echo.n == SIM_ECHO_PHASES_MAX)
            return sim_problem_set(problem, "too many phases", "%d are the limit", SIM_ECHO_PHASES_MAX);
        if (!parse_phase(g_strstrip(parts[i]), &echo.phase[echo.n++], problem))
            return false;
    }
    if (echo.n == 0 || echo.phase[0].rate == 0 || echo.phase[echo.n - 1].rate == 0)
        return sim_problem_set(problem, "an echo begins and ends with traffic",
                               "a silence tells something only if traffic follows it");
    *ret = echo;
    return true;
}

bool sim_terms_echo(const char *text, sim_echo *ret, sim_problem *problem)
{
    if (strcmp(text, "none") == 0) {
        *ret = (sim_echo){0};
        return true;
    }
    char **parts = g_strsplit(text, ",", SIM_ECHO_PHASES_MAX + 2);
    bool good = parse(parts, ret, problem);
    g_strfreev(parts);
    return good;
}
