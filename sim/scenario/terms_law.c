/* terms_law.c - how long things last, in writing. */
#include <string.h>

#include "sim/scenario/terms.h"
#include "sim/scenario/terms_private.h"

#define SHAPE_MAX 20.0 /* chosen: beyond it a law is as good as a fixed span */
#define SHAPE_MIN 0.05 /* chosen: below it a mean of minutes hides spans of years */

typedef struct law_form {
    const char *name;
    net_law_kind kind;
    const char *keys[2]; /* the scale first; NULL = it has no shape */
    double shape_min;
    const char *example;
} law_form;

static const law_form forms[] = {
    {"exp", NET_LAW_EXPONENTIAL, {"mean", NULL}, 0, "exp(mean=35min)"},
    /* At 1 and below the mean is infinite, and there is no steady state to start in. */
    {"pareto", NET_LAW_PARETO, {"scale", "shape"}, 1.0001, "pareto(shape=1.5, scale=10min)"},
    {"weibull", NET_LAW_WEIBULL, {"scale", "shape"}, SHAPE_MIN, "weibull(shape=0.5, scale=20min)"},
    {"lognormal", NET_LAW_LOGNORMAL, {"median", "sigma"}, 0, "lognormal(median=35min, sigma=1.2)"},
};

static bool not_a_law(sim_problem *problem)
{
    return sim_problem_set(problem, "not a distribution",
                           "write 35min, exp(mean=…), pareto(shape=…, scale=…), weibull(shape=…, scale=…), "
                           "lognormal(median=…, sigma=…) or trace(FILE)");
}

static bool read_form(const sim_call *c, const law_form *form, net_law *ret, sim_problem *problem)
{
    pl_span scale = 0;
    const size_t n = form->keys[1] ? 2 : 1;
    if (!sim_call_has_exactly(c, form->keys, n))
        return sim_problem_set(problem, "not a distribution", "write %s", form->example);
    if (!sim_units_time(sim_call_argument(c, form->keys[0]), &scale, problem))
        return false;
    *ret = (net_law){.kind = form->kind, .scale = (double)scale};
    if (scale <= 0)
        return sim_problem_set(problem, "out of range", "%s is more than nothing", form->keys[0]);
    if (n == 1)
        return true;
    if (!sim_units_number(sim_call_argument(c, form->keys[1]), &ret->shape, problem))
        return false;
    if (ret->shape < form->shape_min || ret->shape > SHAPE_MAX)
        return sim_problem_set(problem, "out of range", "%s is %s%.4g to %.4g", form->keys[1],
                               form->kind == NET_LAW_PARETO ? "above 1, for a mean that exists: " : "",
                               form->shape_min, SHAPE_MAX);
    return true;
}

static bool read_fixed(const char *text, net_law *ret, sim_problem *problem)
{
    pl_span span = 0;
    if (!sim_units_time(text, &span, problem) || span <= 0)
        return not_a_law(problem);
    *ret = (net_law){.kind = NET_LAW_FIXED, .scale = (double)span};
    return true;
}

bool sim_terms_law(const char *text, char *storage, sim_law *ret, sim_problem *problem)
{
    sim_call c;
    sim_law law = {.file = NULL};
    memcpy(storage, text, strlen(text) + 1);
    if (!sim_call_split(storage, &c)) {
        if (!read_fixed(text, &law.law, problem))
            return false;
    } else if (*c.rest == 0 && strcmp(c.name, "trace") == 0 && c.n == 1 && !c.key[0] && *c.value[0]) {
        law = (sim_law){.law = {.kind = NET_LAW_TRACE}, .file = c.value[0]};
    } else {
        size_t at = 0;
        while (at < G_N_ELEMENTS(forms) && strcmp(forms[at].name, c.name) != 0)
            at++;
        if (at == G_N_ELEMENTS(forms) || *c.rest != 0)
            return not_a_law(problem);
        if (!read_form(&c, &forms[at], &law.law, problem))
            return false;
    }
    *ret = law;
    return true;
}

bool sim_terms_trace(const char *path, GArray *ret_spans, size_t *ret_line, sim_problem *problem)
{
    g_autofree char *text = NULL;
    *ret_line = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return sim_problem_set(problem, "cannot read the trace", "it is looked for beside the file that names it");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i]; i++) {
        pl_span span = 0;
        lines[i][strcspn(lines[i], "#")] = 0;
        if (*g_strstrip(lines[i]) == 0)
            continue;
        *ret_line = i + 1;
        if (!sim_units_time(lines[i], &span, problem))
            return false;
        if (span <= 0)
            return sim_problem_set(problem, "a span of nothing", "every line is a time, e.g. 35min");
        g_array_append_val(ret_spans, span);
    }
    if (ret_spans->len == 0)
        return sim_problem_set(problem, "a trace without spans", "every line is a time, e.g. 35min");
    return true;
}
