#include "sim/scenario/units.h"

#include <glib.h>
#include <stdarg.h>
#include <string.h>

/* value = mantissa / 10^decimals, followed by `unit`. */
typedef struct decimal {
    uint64_t mantissa;
    unsigned decimals;
    const char *unit;
} decimal;

typedef struct unit {
    const char *name;
    uint64_t factor;
} unit;

static const unit times[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000000},
    {"s", 1000000000},
    {"min", UINT64_C(60) * 1000000000},
    {"h", UINT64_C(3600) * 1000000000},
    {"d", UINT64_C(86400) * 1000000000},
    {NULL, 0},
};
static const unit rates[] = {
    {"bit/s", 1}, {"kbit/s", 1000}, {"Mbit/s", 1000000}, {"Gbit/s", 1000000000}, {NULL, 0},
};
static const unit sizes[] = {
    {"B", 1}, {"kB", 1000}, {"MB", 1000000}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {NULL, 0},
};

bool sim_problem_set(sim_problem *problem, const char *message, const char *format, ...)
{
    va_list arguments;
    g_strlcpy(problem->message, message, sizeof problem->message);
    va_start(arguments, format);
    g_vsnprintf(problem->hint, sizeof problem->hint, format, arguments);
    va_end(arguments);
    return false;
}

/* Reads digits with at most 18 significant places, so that a mantissa never overflows. */
static bool read_decimal(const char *text, decimal *ret)
{
    decimal d = {0};
    unsigned digits = 0;
    bool point = false;
    const char *p = text;
    if (!g_ascii_isdigit(*p))
        return false;
    for (; g_ascii_isdigit(*p) || (*p == '.' && !point && g_ascii_isdigit(p[1])); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        if (++digits > 18)
            return false;
        d.mantissa = d.mantissa * 10 + (uint64_t)(*p - '0');
        d.decimals += point;
    }
    while (*p == ' ')
        p++;
    d.unit = p;
    *ret = d;
    return true;
}

static double decimal_value(const decimal *d)
{
    double value = (double)d->mantissa;
    for (unsigned i = 0; i < d->decimals; i++)
        value /= 10;
    return value;
}

/* mantissa × factor / 10^decimals as a whole number; false if it is none or overflows int64. */
static bool scale(const decimal *d, uint64_t factor, uint64_t *ret)
{
    decimal r = *d;
    while (r.decimals > 0 && r.mantissa % 10 == 0) {
        r.mantissa /= 10;
        r.decimals--;
    }
    for (; r.decimals > 0; r.decimals--) {
        /* Takes the tens out of the mantissa's and the factor's fives and twos alike. */
        unsigned left_two = 1, left_five = 1;
        if (factor % 2 == 0) {
            factor /= 2;
            left_two = 0;
        }
        if (factor % 5 == 0) {
            factor /= 5;
            left_five = 0;
        }
        if ((left_two && r.mantissa % 2 != 0) || (left_five && r.mantissa % 5 != 0))
            return false;
        r.mantissa /= (left_two ? 2u : 1u) * (left_five ? 5u : 1u);
    }
    uint64_t value = 0;
    if (!g_uint64_checked_mul(&value, r.mantissa, factor) || value > INT64_MAX)
        return false;
    *ret = value;
    return true;
}

/* What a family of units is called, and how to mend a text that is not of it. */
typedef struct family {
    const unit *units;
    const char *not_one; /* "not a time" */
    const char *names;
    const char *example;
} family;

static bool parse_scaled(const char *text, const family *f, uint64_t *ret, sim_problem *problem)
{
    decimal d;
    if (!read_decimal(text, &d))
        return sim_problem_set(problem, f->not_one, "write a number and a unit, e.g. %s", f->example);
    if (*d.unit == 0)
        return sim_problem_set(problem, f->not_one, "a number needs a unit, e.g. %.40s%s", text,
                               f->units == times   ? "s"
                               : f->units == rates ? "kbit/s"
                                                   : "KiB");
    for (const unit *u = f->units; u->name; u++) {
        if (strcmp(u->name, d.unit) != 0)
            continue;
        if (!scale(&d, u->factor, ret))
            return sim_problem_set(problem, f->not_one, "it is finer than 1 %s, or too large",
                                   f->units->name);
        return true;
    }
    return sim_problem_set(problem, f->not_one, "unknown unit '%.20s'; units are %s", d.unit, f->names);
}

bool sim_units_time(const char *text, pl_span *ret, sim_problem *problem)
{
    static const family f = {times, "not a time", "ns us ms s min h d", "250ms"};
    uint64_t value = 0;
    if (!parse_scaled(text, &f, &value, problem))
        return false;
    *ret = (pl_span)value;
    return true;
}

bool sim_units_rate(const char *text, uint64_t *ret, sim_problem *problem)
{
    static const family f = {rates, "not a rate", "bit/s kbit/s Mbit/s Gbit/s", "384kbit/s"};
    if (!parse_scaled(text, &f, ret, problem))
        return false;
    if (*ret == 0)
        return sim_problem_set(problem, "a rate of zero",
                               "write unlimited for no limit; to cut a link use "
                               "timeline:");
    return true;
}

bool sim_units_bytes(const char *text, uint64_t *ret, sim_problem *problem)
{
    static const family f = {sizes, "not a size", "B kB MB KiB MiB GiB", "64KiB"};
    return parse_scaled(text, &f, ret, problem);
}

bool sim_units_share(const char *text, double *ret, sim_problem *problem)
{
    decimal d;
    if (!read_decimal(text, &d))
        return sim_problem_set(problem, "not a share", "write a percentage, e.g. 2.5%%");
    if (strcmp(d.unit, "%") != 0)
        return sim_problem_set(problem, "not a share", "a share needs a percent sign, e.g. 25%%");
    double value = decimal_value(&d) / 100;
    if (value > 1)
        return sim_problem_set(problem, "a share above 100%", "give 0%% to 100%%");
    *ret = value;
    return true;
}

bool sim_units_frequency(const char *text, double *ret, sim_problem *problem)
{
    decimal d;
    if (!read_decimal(text, &d))
        return sim_problem_set(problem, "not a frequency", "write a number and a unit, e.g. 0.4/h");
    double value = decimal_value(&d);
    g_autofree char *per = g_strdup(d.unit);
    if (g_str_has_suffix(per, " per peer"))
        per[strlen(per) - strlen(" per peer")] = 0;
    if (strcmp(per, "/s") == 0)
        *ret = value;
    else if (strcmp(per, "/min") == 0)
        *ret = value / 60;
    else if (strcmp(per, "/h") == 0)
        *ret = value / 3600;
    else
        return sim_problem_set(problem, "not a frequency", "units are /s /min /h, e.g. 0.4/h");
    return true;
}

bool sim_units_count(const char *text, int64_t *ret, sim_problem *problem)
{
    decimal d;
    if (!read_decimal(text, &d) || d.decimals > 0 || *d.unit != 0)
        return sim_problem_set(problem, "not a count", "write a whole number without a unit, e.g. 500");
    if (text[0] == '0' && text[1] != 0)
        return sim_problem_set(problem, "not a count", "leave out the leading zero");
    *ret = (int64_t)d.mantissa;
    return true;
}

bool sim_units_number(const char *text, double *ret, sim_problem *problem)
{
    decimal d;
    if (!read_decimal(text, &d) || *d.unit != 0)
        return sim_problem_set(problem, "not a number", "write a plain number, e.g. 1.25");
    *ret = decimal_value(&d);
    return true;
}

bool sim_units_date(const char *text, int64_t *ret, sim_problem *problem)
{
    GTimeZone *utc = g_time_zone_new_utc();
    char *full = strlen(text) == 10 ? g_strconcat(text, "T00:00:00Z", NULL) : g_strndup(text, 32);
    GDateTime *date = strlen(full) == 20 ? g_date_time_new_from_iso8601(full, utc) : NULL;
    g_free(full);
    g_time_zone_unref(utc);
    if (!date)
        return sim_problem_set(problem, "not a date", "write 2004-09-15 or 2004-09-15T12:00:00Z");
    *ret = g_date_time_to_unix(date);
    g_date_time_unref(date);
    return true;
}

const char *sim_units_time_text(pl_span span, char *buffer, size_t len)
{
    size_t at = span % PL_SECOND == 0 && span != 0 ? 3 : 0;
    if (at == 0) {
        for (at = 3; at > 0 && (uint64_t)span < times[at].factor; at--)
            ;
    } else {
        while (times[at + 1].name && (uint64_t)span % times[at + 1].factor == 0)
            at++;
    }
    uint64_t factor = times[at].factor, whole = (uint64_t)span / factor, rest = (uint64_t)span % factor;
    g_snprintf(buffer, (gulong)len, "%" G_GUINT64_FORMAT, whole);
    if (rest > 0) {
        char digits[24];
        g_snprintf(digits, sizeof digits, ".%0*" G_GUINT64_FORMAT, at == 3 ? 9 : at == 2 ? 6 : 3, rest);
        for (size_t n = strlen(digits); digits[n - 1] == '0'; n--)
            digits[n - 1] = 0;
        g_strlcat(buffer, digits, len);
    }
    g_strlcat(buffer, span == 0 ? "s" : times[at].name, len);
    return buffer;
}

const char *sim_units_bytes_text(double bytes, char *buffer, size_t len)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t at = 0;
    for (; bytes >= 1024 && at + 1 < G_N_ELEMENTS(names); at++)
        bytes /= 1024;
    g_snprintf(buffer, (gulong)len, at == 0 ? "%.0f %s" : "%.1f %s", bytes, names[at]);
    return buffer;
}
