#include "sim/scenario/terms.h"

#include <glib.h>
#include <string.h>

#include "sim/scenario/terms_private.h"

bool sim_call_split(char *text, sim_call *ret)
{
    char *open = strchr(text, '('), *close = strchr(text, ')');
    if (!open || !close || close < open)
        return false;
    *open = *close = 0;
    *ret = (sim_call){.name = g_strstrip(text), .rest = g_strstrip(close + 1)};
    for (char *p = open + 1; p;) {
        char *comma = strchr(p, ',');
        if (comma)
            *comma = 0;
        if (ret->n == SIM_CALL_ARGUMENTS_MAX)
            return false;
        char *equals = strchr(p, '=');
        if (equals)
            *equals = 0;
        ret->key[ret->n] = equals ? g_strstrip(p) : NULL;
        ret->value[ret->n++] = g_strstrip(equals ? equals + 1 : p);
        p = comma ? comma + 1 : NULL;
    }
    return true;
}

const char *sim_call_argument(const sim_call *c, const char *key)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->key[i] && strcmp(c->key[i], key) == 0)
            return c->value[i];
    return NULL;
}

bool sim_call_has_exactly(const sim_call *c, const char *const *keys, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += sim_call_argument(c, keys[i]) != NULL;
    return found == n && c->n == n;
}

bool sim_terms_delay(const char *text, sim_delay *ret, sim_problem *problem)
{
    const char *sign = strstr(text, "±");
    size_t width = strlen("±");
    if (!sign) {
        sign = strstr(text, "+-");
        width = 2;
    }
    sim_delay delay = {0};
    if (!sign) {
        if (!sim_units_time(text, &delay.mean_ns, problem))
            return false;
        *ret = delay;
        return true;
    }
    char *mean = g_strstrip(g_strndup(text, (gsize)(sign - text)));
    char *deviation = g_strstrip(g_strdup(sign + width));
    bool good = sim_units_time(mean, &delay.mean_ns, problem) &&
                sim_units_time(deviation, &delay.deviation_ns, problem);
    g_free(mean);
    g_free(deviation);
    if (good)
        *ret = delay;
    return good;
}

bool sim_terms_queue(const char *text, sim_queue_bound *ret, sim_problem *problem)
{
    sim_queue_bound bound = {0};
    sim_problem ignored;
    if (strcmp(text, "unlimited") == 0 || sim_units_bytes(text, &bound.bytes, &ignored) ||
        sim_units_time(text, &bound.time_ns, problem)) {
        if (strcmp(text, "unlimited") != 0 && bound.bytes == 0 && bound.time_ns == 0)
            return sim_problem_set(problem, "a queue of zero",
                                   "no packet could ever wait; write unlimited for no "
                                   "bound");
        *ret = bound;
        return true;
    }
    return sim_problem_set(problem, "not a queue bound", "write a time (60ms), a size (32KiB) or unlimited");
}

static bool gilbert(const sim_call *c, net_loss_options *ret, sim_problem *problem)
{
    static const char *const keys[] = {"p", "burst"};
    double mean = 0, burst = 0;
    if (!sim_call_has_exactly(c, keys, 2))
        return sim_problem_set(problem, "not a loss", "write gilbert(p=1%%, burst=4)");
    if (!sim_units_share(sim_call_argument(c, "p"), &mean, problem) ||
        !sim_units_number(sim_call_argument(c, "burst"), &burst, problem))
        return false;
    if (burst < 1 || burst > 1e6)
        return sim_problem_set(problem, "a burst is 1 packet or more", "e.g. gilbert(p=1%%, burst=4)");
    /* Stationary loss p/(p+r) = mean with r = 1/burst. */
    double recovery = 1 / burst, onset = mean < 1 ? mean * recovery / (1 - mean) : 2;
    if (onset > 1)
        return sim_problem_set(problem, "this loss cannot come in such short bursts",
                               "at p = %.4g%% bursts are longer than %.4g packets", mean * 100, burst);
    *ret = (net_loss_options){.kind = NET_LOSS_GILBERT_ELLIOTT,
                              .probability = onset,
                              .recovery = recovery,
                              .loss_good = 0,
                              .loss_bad = 1};
    return true;
}

static bool gilbert_elliott(const sim_call *c, net_loss_options *ret, sim_problem *problem)
{
    static const char *const keys[] = {"p", "r", "good", "bad"};
    net_loss_options loss = {.kind = NET_LOSS_GILBERT_ELLIOTT};
    if (!sim_call_has_exactly(c, keys, 4))
        return sim_problem_set(problem, "not a loss",
                               "write gilbert-elliott(p=1%%, r=25%%, good=0%%, bad=100%%)");
    if (!sim_units_share(sim_call_argument(c, "p"), &loss.probability, problem) ||
        !sim_units_share(sim_call_argument(c, "r"), &loss.recovery, problem) ||
        !sim_units_share(sim_call_argument(c, "good"), &loss.loss_good, problem) ||
        !sim_units_share(sim_call_argument(c, "bad"), &loss.loss_bad, problem))
        return false;
    *ret = loss;
    return true;
}

static bool parse_loss(char *text, net_loss_options *ret, sim_problem *problem)
{
    sim_call c;
    if (!sim_call_split(text, &c)) {
        net_loss_options loss = {.kind = NET_LOSS_INDEPENDENT};
        if (!sim_units_share(text, &loss.probability, problem))
            return sim_problem_set(problem, "not a loss",
                                   "write 0.2%%, gilbert(p=1%%, burst=4), gilbert-elliott(…) or none");
        *ret = loss;
        return true;
    }
    if (*c.rest == 0 && strcmp(c.name, "gilbert") == 0)
        return gilbert(&c, ret, problem);
    if (*c.rest == 0 && strcmp(c.name, "gilbert-elliott") == 0)
        return gilbert_elliott(&c, ret, problem);
    return sim_problem_set(problem, "not a loss",
                           "models are gilbert(p=…, burst=…) and gilbert-elliott(p=…, "
                           "r=…, good=…, bad=…)");
}

bool sim_terms_loss(const char *text, net_loss_options *ret, sim_problem *problem)
{
    if (strcmp(text, "none") == 0) {
        *ret = (net_loss_options){.kind = NET_LOSS_NONE};
        return true;
    }
    char *copy = g_strdup(text);
    bool good = parse_loss(copy, ret, problem);
    g_free(copy);
    return good;
}

static bool coordinates(const sim_call *c, net_latency_options *ret, sim_problem *problem)
{
    static const char *const keys[] = {"scale", "floor", "noise"};
    if (!sim_call_has_exactly(c, keys, 3))
        return sim_problem_set(problem, "not a latency",
                               "write coordinates(scale=60ms, floor=5ms, noise=0.2)");
    if (!sim_units_time(sim_call_argument(c, "scale"), &ret->scale_ns, problem) ||
        !sim_units_time(sim_call_argument(c, "floor"), &ret->floor_ns, problem) ||
        !sim_units_number(sim_call_argument(c, "noise"), &ret->noise, problem))
        return false;
    if (ret->noise > 5)
        return sim_problem_set(problem, "too much noise", "noise is a lognormal sigma, 0 to 5");
    return true;
}

static bool legs(const sim_call *c, net_latency_options *ret, sim_problem *problem)
{
    static const char *const keys[] = {"peers", "others"};
    if (!sim_call_has_exactly(c, keys, 2))
        return sim_problem_set(problem, "not a latency", "write legs(peers=150ms, others=10ms)");
    return sim_units_time(sim_call_argument(c, "peers"), &ret->peers_ns, problem) &&
           sim_units_time(sim_call_argument(c, "others"), &ret->others_ns, problem);
}

bool sim_terms_latency(const char *text, char *storage, net_latency_options *ret, sim_problem *problem)
{
    sim_call c;
    memcpy(storage, text, strlen(text) + 1);
    net_latency_options latency = {0};
    bool good = sim_call_split(storage, &c) && *c.rest == 0 && c.n > 0;
    latency.policy = good ? c.name : NULL;
    if (good && strcmp(c.name, "constant") == 0 && c.n == 1 && !c.key[0])
        good = sim_units_time(c.value[0], &latency.constant_ns, problem);
    else if (good && strcmp(c.name, "coordinates") == 0)
        good = coordinates(&c, &latency, problem);
    else if (good && strcmp(c.name, "legs") == 0)
        good = legs(&c, &latency, problem);
    else if (good && (strcmp(c.name, "regions") == 0 || strcmp(c.name, "matrix") == 0) && c.n == 1 &&
             !c.key[0] && *c.value[0])
        latency.file = c.value[0];
    else
        good = sim_problem_set(problem, "not a latency",
                               "write constant(10ms), coordinates(scale=…, floor=…, noise=…), regions(FILE), "
                               "matrix(FILE) or legs(peers=…, others=…)");
    if (good)
        *ret = latency;
    return good;
}

/* Takes ` after 10s` off the end of text; false if what follows is no time. */
static bool split_after(char *text, pl_span *ret, sim_problem *problem)
{
    char *after = strstr(text, " after ");
    *ret = 0;
    if (!after)
        return true;
    *after = 0;
    return sim_units_time(g_strstrip(after + strlen(" after ")), ret, problem);
}

/* `at 10s` or `at 10s within 5s`; the latter is another way to say `within 5s after 10s`. */
static bool arrive_at(char *text, sim_arrival *ret, sim_problem *problem)
{
    char *within = strstr(text, " within ");
    ret->kind = within ? SIM_ARRIVE_WITHIN : SIM_ARRIVE_AT;
    if (within)
        *within = 0;
    return sim_units_time(g_strstrip(text + strlen("at ")), &ret->start_ns, problem) &&
           (!within || sim_units_time(g_strstrip(within + strlen(" within ")), &ret->span_ns, problem));
}

static bool not_an_arrival(sim_problem *problem)
{
    return sim_problem_set(problem, "not an arrival",
                           "write at 10s, within 60s, or exp(mean=30ms); the last "
                           "two may end in after 10s");
}

static bool parse_clock(const char *text, pl_span *ret)
{
    if (strlen(text) != 5 || text[2] != ':' || strspn(text, "0123456789:") != 5)
        return false;
    const int hours = (text[0] - '0') * 10 + text[1] - '0', minutes = (text[3] - '0') * 10 + text[4] - '0';
    *ret = hours * PL_HOUR + minutes * PL_MINUTE;
    return hours < 24 && minutes < 60;
}

/* The swing is of the rate: (highest − lowest) / highest = 2 depth / (1 + depth). */
static bool diurnal(const sim_call *c, sim_arrival *ret, sim_problem *problem)
{
    static const char *const keys[] = {"peak", "swing"};
    double swing = 0;
    if (!sim_call_has_exactly(c, keys, 2) || !parse_clock(sim_call_argument(c, "peak"), &ret->peak_ns))
        return sim_problem_set(problem, "not an arrival", "write diurnal(peak=20:00, swing=40%%)");
    if (!sim_units_share(sim_call_argument(c, "swing"), &swing, problem))
        return false;
    if (swing >= 1)
        return sim_problem_set(problem, "out of range", "a swing is below 100%%: some come at any hour");
    ret->kind = SIM_ARRIVE_DIURNAL;
    ret->depth = swing / (2 - swing);
    return true;
}

static bool parse_arrival(char *text, sim_arrival *ret, sim_problem *problem)
{
    sim_arrival arrival = {0};
    sim_call c;
    if (!split_after(text, &arrival.start_ns, problem))
        return false;
    if (g_str_has_prefix(text, "at ") && arrival.start_ns == 0) {
        if (!arrive_at(text, &arrival, problem))
            return false;
    } else if (g_str_has_prefix(text, "within ")) {
        arrival.kind = SIM_ARRIVE_WITHIN;
        if (!sim_units_time(g_strstrip(text + 7), &arrival.span_ns, problem))
            return false;
    } else if (!sim_call_split(text, &c) || *c.rest != 0) {
        return not_an_arrival(problem);
    } else if (strcmp(c.name, "diurnal") == 0) {
        if (!diurnal(&c, &arrival, problem))
            return false;
    } else if (strcmp(c.name, "exp") == 0 && c.n == 1 && sim_call_argument(&c, "mean")) {
        arrival.kind = SIM_ARRIVE_EXPONENTIAL;
        if (!sim_units_time(sim_call_argument(&c, "mean"), &arrival.span_ns, problem))
            return false;
    } else {
        return not_an_arrival(problem);
    }
    *ret = arrival;
    return true;
}

bool sim_terms_arrival(const char *text, sim_arrival *ret, sim_problem *problem)
{
    char *copy = g_strdup(text);
    bool good = parse_arrival(copy, ret, problem);
    g_free(copy);
    return good;
}
