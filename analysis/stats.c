#include "analysis/stats.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* chosen: halving an interval 200 times leaves nothing of it in a double. */
#define HALVINGS 200

double an_stats_mean(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

double an_stats_deviation(const double *values, size_t n)
{
    if (n < 2)
        return 0;
    double mean = an_stats_mean(values, n), squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(n - 1));
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void an_stats_sort(double *values, size_t n)
{
    if (n > 1)
        qsort(values, n, sizeof *values, compare_doubles);
}

double an_stats_quantile(const double *sorted, size_t n, double q)
{
    g_assert(n > 0);
    /* 1e-9: 0.95 × 20 must be 19, whatever the last bit says */
    double rank = ceil((double)n * q - 1e-9);
    if (rank < 1)
        rank = 1;
    return sorted[MIN((size_t)rank, n) - 1];
}

double an_stats_normal(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

/* Continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8, evaluated by Lentz's
 * method). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double fraction = d;
    for (int m = 1; m <= 500; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + even / c;
        fraction *= d * c;
        d = 1 + odd * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + odd / c;
        fraction *= d * c;
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return fraction;
}

/* Regularised incomplete beta function. */
static double incomplete_beta(double a, double b, double x)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* Two-sided tail P(|T| > |t|), computed directly so that small tails keep their digits. */
static double student_tails(double t, double degrees)
{
    return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
}

double an_stats_student(double t, double degrees)
{
    double half = student_tails(t, degrees) / 2;
    return t > 0 ? 1 - half : half;
}

typedef double (*distribution_fn)(double x, double degrees);

static double normal_of(double z, double unused)
{
    (void)unused;
    return an_stats_normal(z);
}

static double invert(distribution_fn distribution, double p, double degrees)
{
    double low = -1, high = 1;
    while (distribution(low, degrees) > p && low > -1e12)
        low *= 2;
    while (distribution(high, degrees) < p && high < 1e12)
        high *= 2;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = low + (high - low) / 2;
        if (distribution(middle, degrees) < p)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

double an_stats_normal_inverse(double p)
{
    return invert(normal_of, p, 0);
}

double an_stats_student_inverse(double p, double degrees)
{
    return invert(an_stats_student, p, degrees);
}

an_interval an_stats_mean_interval(const double *values, size_t n, double level)
{
    g_assert(n >= 2);
    double mean = an_stats_mean(values, n);
    double deviation = an_stats_deviation(values, n);
    if (deviation == 0)
        return (an_interval){mean, mean};
    double t = an_stats_student_inverse(1 - (1 - level) / 2, (double)(n - 1));
    double half = t * deviation / sqrt((double)n);
    return (an_interval){mean - half, mean + half};
}

an_interval an_stats_wilson(uint64_t k, uint64_t n, double level)
{
    g_assert(n >= 1 && k <= n);
    double z = an_stats_normal_inverse(1 - (1 - level) / 2);
    double share = (double)k / (double)n, count = (double)n;
    double centre = (share + z * z / (2 * count)) / (1 + z * z / count);
    double half = z / (1 + z * z / count) * sqrt(share * (1 - share) / count + z * z / (4 * count * count));
    return (an_interval){k == 0 ? 0 : centre - half, k == n ? 1 : centre + half};
}

an_interval an_stats_cut(an_interval interval, double floor)
{
    return (an_interval){MAX(interval.low, floor), MAX(interval.high, floor)};
}

double an_stats_mean_p(const double *values, size_t n, double bound)
{
    double deviation = an_stats_deviation(values, n);
    if (n < 2)
        return 1;
    if (deviation == 0)
        return 0;
    double t = (an_stats_mean(values, n) - bound) / (deviation / sqrt((double)n));
    return student_tails(t, (double)(n - 1));
}

double an_stats_share_p(uint64_t k, uint64_t n, double bound)
{
    double share = (double)k / (double)n;
    double error = sqrt(bound * (1 - bound) / (double)n);
    if (bound <= 0 || bound >= 1)
        return 0;
    return 2 * an_stats_normal(-fabs(share - bound) / error);
}

typedef struct ranked_p {
    double p;
    size_t index;
} ranked_p;

static int compare_p(const void *a, const void *b)
{
    const ranked_p *x = a, *y = b;
    if (x->p < y->p || x->p > y->p)
        return x->p < y->p ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

void an_stats_holm(const double *p, size_t n, double alpha, bool *ret_decisive)
{
    g_autofree ranked_p *ranked = g_new(ranked_p, n + 1);
    bool open = true;

    for (size_t i = 0; i < n; i++)
        ranked[i] = (ranked_p){p[i], i};
    if (n > 1)
        qsort(ranked, n, sizeof *ranked, compare_p);
    for (size_t i = 0; i < n; i++) {
        open = open && ranked[i].p <= alpha / (double)(n - i);
        ret_decisive[ranked[i].index] = open;
    }
}

/* SplitMix64 (Steele, Lea, Flood 2014); a stream of its own, for a summary must not depend on who else drew.
 */
static uint64_t next_draw(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void an_stats_resample(uint64_t *state, size_t *index, size_t n)
{
    for (size_t i = 0; i < n; i++) /* n < 2^32: the bias is below 2^-32 */
        index[i] = (size_t)((next_draw(state) >> 32) * (uint64_t)n >> 32);
}

double an_stats_round(double value)
{
    char text[32];
    if (!isfinite(value))
        return value;
    g_ascii_formatd(text, sizeof text, "%.6g", value);
    return g_ascii_strtod(text, NULL);
}
