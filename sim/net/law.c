/* law.c - draws of spans: inversion where there is a formula, rejection where there is none. */
#include "sim/net/law.h"

#include <glib.h>

#define CENTURY (3.15576e18)       /* chosen: ns; no run is longer, and an instant of it plus a day still fits */
#define DAY ((double)(24 * PL_HOUR))
#define TWO_PI 0x1.921fb54442d18p+2

static pl_span span_of(double ns)
{
    return ns < 1 ? 1 : ns > CENTURY ? (pl_span)CENTURY : (pl_span)ns;
}

static double power(double base, double exponent)
{
    return net_exp(exponent * net_log(base));
}

/* Γ(x) for x ≥ 1 (Lanczos 1964, g = 7, nine terms; relative error below 1e-13). */
static double gamma_of(double x)
{
    static const double terms[] = {676.5203681218851,     -1259.1392167224028,  771.32342877765313,
                                   -176.61502916214059,   12.507343278686905,   -0.13857109526572012,
                                   9.9843695780195716e-6, 1.5056327351493116e-7};
    double sum = 0.99999999999980993, t = x + 6.5;
    for (size_t i = 0; i < G_N_ELEMENTS(terms); i++)
        sum += terms[i] / (x + (double)i);
    return __builtin_sqrt(TWO_PI) * power(t, x - 0.5) * net_exp(-t) * sum;
}

/* A gamma draw of shape ≥ 1 and scale 1 (Marsaglia and Tsang 2000). */
static double draw_gamma(double shape, net_random *random)
{
    const double d = shape - 1.0 / 3.0, c = 1.0 / __builtin_sqrt(9.0 * d);
    for (;;) {
        double x = net_random_normal(random), v = 1.0 + c * x;
        v = v * v * v;
        if (v <= 0.0)
            continue;
        if (net_log(1.0 - net_random_unit(random)) < 0.5 * x * x + d - d * v + d * net_log(v))
            return d * v;
    }
}

static double draw(const net_law *law, net_random *random)
{
    switch (law->kind) {
    case NET_LAW_NONE:
        break;
    case NET_LAW_FIXED:
        return law->scale;
    case NET_LAW_EXPONENTIAL:
        return net_random_exponential(random, law->scale);
    case NET_LAW_PARETO:
        return net_random_pareto(random, law->shape, law->scale);
    case NET_LAW_WEIBULL:
        return law->scale * power(net_random_exponential(random, 1.0), 1.0 / law->shape);
    case NET_LAW_LOGNORMAL:
        return net_random_lognormal(random, law->scale, law->shape);
    case NET_LAW_TRACE:
        return (double)law->spans[net_random_below(random, law->n)];
    }
    g_assert_not_reached();
}

/* A span of a trace with the odds of its length. */
static double draw_long_of_trace(const net_law *law, net_random *random)
{
    double left = net_random_unit(random) * net_law_mean(law) * (double)law->n;
    for (size_t i = 0; i + 1 < law->n; i++) {
        left -= (double)law->spans[i];
        if (left < 0)
            return (double)law->spans[i];
    }
    return (double)law->spans[law->n - 1];
}

/* A span with the odds of its length, density x f(x) / mean: what an observer at an instant meets. */
static double draw_long(const net_law *law, net_random *random)
{
    switch (law->kind) {
    case NET_LAW_NONE:
        break;
    case NET_LAW_FIXED:
        return law->scale;
    case NET_LAW_EXPONENTIAL:
        return net_random_exponential(random, law->scale) + net_random_exponential(random, law->scale);
    case NET_LAW_PARETO:
        return net_random_pareto(random, law->shape - 1.0, law->scale);
    case NET_LAW_WEIBULL:
        return law->scale * power(draw_gamma(1.0 + 1.0 / law->shape, random), 1.0 / law->shape);
    case NET_LAW_LOGNORMAL:
        return net_random_lognormal(random, law->scale * net_exp(law->shape * law->shape), law->shape);
    case NET_LAW_TRACE:
        return draw_long_of_trace(law, random);
    }
    g_assert_not_reached();
}

pl_span net_law_draw(const net_law *law, net_random *random)
{
    return span_of(draw(law, random));
}

pl_span net_law_residual(const net_law *law, net_random *random)
{
    double whole = draw_long(law, random);
    return span_of(net_random_unit(random) * whole);
}

double net_law_mean(const net_law *law)
{
    double sum = 0;
    switch (law->kind) {
    case NET_LAW_NONE:
        return 0;
    case NET_LAW_FIXED:
    case NET_LAW_EXPONENTIAL:
        return law->scale;
    case NET_LAW_PARETO:
        return law->scale * law->shape / (law->shape - 1.0);
    case NET_LAW_WEIBULL:
        return law->scale * gamma_of(1.0 + 1.0 / law->shape);
    case NET_LAW_LOGNORMAL:
        return law->scale * net_exp(0.5 * law->shape * law->shape);
    case NET_LAW_TRACE:
        for (size_t i = 0; i < law->n; i++)
            sum += (double)law->spans[i];
        return sum / (double)law->n;
    }
    g_assert_not_reached();
}

/* Taylor's series; |turns| ≤ 1/4 after folding, so that the first term left out is below 1e-13. */
double net_sine(double turns)
{
    turns -= (double)(int64_t)turns;
    turns += turns < -0.5 ? 1.0 : turns >= 0.5 ? -1.0 : 0.0;
    turns = turns > 0.25 ? 0.5 - turns : turns < -0.25 ? -0.5 - turns : turns;
    const double x = TWO_PI * turns;
    double term = x, sum = x;
    for (int k = 2; k <= 20; k += 2) {
        term *= -x * x / (double)(k * (k + 1));
        sum += term;
    }
    return sum;
}

/* The rate summed up from `from` over a span shorter than a day. */
static double work_of(const net_day *day, double from, double span)
{
    return span + day->depth * DAY / TWO_PI * (net_sine((from + span) / DAY) - net_sine(from / DAY));
}

/* Whole days do a day's work each; within the last one the sum rises all the way, so halving finds the place. */
pl_time net_day_after(const net_day *day, pl_time from, pl_span work)
{
    const pl_span whole = work / (24 * PL_HOUR) * (24 * PL_HOUR);
    const double rest = (double)(work - whole), begin = (double)((from - day->peak) % (24 * PL_HOUR));
    double low = 0, high = DAY;
    for (int i = 0; i < 64; i++) {
        double middle = 0.5 * (low + high);
        if (work_of(day, begin, middle) < rest)
            low = middle;
        else
            high = middle;
    }
    return from + whole + (pl_span)high;
}
