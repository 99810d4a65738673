#include "analysis/expect.h"

#include <glib.h>
#include <math.h>
#include <string.h>

const char *an_verdict_name(an_verdict verdict)
{
    switch (verdict) {
    case AN_HELD:
        return "held";
    case AN_FAILED:
        return "failed";
    case AN_INCONCLUSIVE:
        return "inconclusive";
    }
    g_assert_not_reached();
}

static const struct {
    const char *text;
    an_relation relation;
} operators[] = {{"==", AN_EQUAL},    {"!=", AN_NOT_EQUAL}, {"<=", AN_AT_MOST},
                 {">=", AN_AT_LEAST}, {"<", AN_LESS},       {">", AN_MORE},
    {"within", AN_WITHIN}};

/* A unit that a bound may carry: value × factor / 10^decimals in the unit of the files. */
typedef struct bound_unit {
    const char *of;   /* unit of the metric */
    const char *text; /* as written */
    int64_t factor;
    unsigned decimals;
} bound_unit;

static const bound_unit units[] = {
    {"s", "ns", 1, 0},
    {"s", "us", PL_MICROSECOND, 0},
    {"s", "ms", PL_MILLISECOND, 0},
    {"s", "s", PL_SECOND, 0},
    {"s", "min", PL_MINUTE, 0},
    {"s", "h", PL_HOUR, 0},
    {"1", "%", 1, 2},
    {"1", "", 1, 0},
    {"B", "B", 1, 0},
    {"B", "kB", 1000, 0},
    {"B", "MB", 1000000, 0},
    {"B", "GB", 1000000000, 0},
    {"B", "KiB", 1024, 0},
    {"B", "MiB", 1048576, 0},
    {"count", "", 1, 0},
};

/* Reads digits with at most one point; returns what follows, NULL if there are none or too many. */
static const char *read_decimal(const char *text, an_bound *bound)
{
    const char *start = text;
    bool fraction = false;
    for (; g_ascii_isdigit(*text) || (*text == '.' && !fraction); text++) {
        if (*text == '.') {
            fraction = true;
            continue;
        }
        if (__builtin_mul_overflow(bound->mantissa, 10, &bound->mantissa) ||
            __builtin_add_overflow(bound->mantissa, *text - '0', &bound->mantissa))
            return NULL;
        bound->decimals += fraction;
    }
    return text > start && g_ascii_isdigit(text[-1]) ? text : NULL;
}

static char *bound_wish(const char *text, const char *unit)
{
    const char *example = strcmp(unit, "s") == 0   ? "a time with its unit, e.g. 49s or 250ms"
                          : strcmp(unit, "1") == 0 ? "a share, e.g. 98%"
                          : strcmp(unit, "B") == 0 ? "a size with its unit, e.g. 600B or 12kB"
                                                   : "a number without a unit";
    return g_strdup_printf("'%s' is not a bound for this metric: it wants %s", text, example);
}

static bool parse_bound(const char *text, const an_metric *metric, an_bound *ret_bound, char **ret_error)
{
    an_bound bound = {0};
    const char *unit = read_decimal(text, &bound);

    for (; unit && *unit == ' '; unit++)
        ;
    for (size_t i = 0; unit && i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].of, metric->unit) != 0 || strcmp(units[i].text, unit) != 0)
            continue;
        int64_t factor = units[i].factor;
        for (; bound.decimals > 0 && factor % 10 == 0; factor /= 10)
            bound.decimals--;
        bound.decimals += units[i].decimals;
        if (bound.decimals > 18 || __builtin_mul_overflow(bound.mantissa, factor, &bound.mantissa))
            break;
        bound.value = (double)bound.mantissa / pow(10, bound.decimals) / an_metric_divisor(metric);
        *ret_bound = bound;
        return true;
    }
    *ret_error = bound_wish(text, metric->unit);
    return false;
}

static bool parse_never(const char *text, an_expect *expect, char **ret_error)
{
    expect->relation = AN_NEVER;
    return an_selector_parse(text, AN_FORM_OCCURRENCE, &expect->selector, ret_error);
}

/* Of a metric that is never negative it would read as nearness to something, and be a plain <=. */
static bool check_within(const an_expect *expect, char **ret_error)
{
    if (expect->relation != AN_WITHIN || g_str_has_prefix(expect->selector.name, "path.surprise."))
        return true;
    *ret_error = g_strdup_printf("'within' is for differences, path.surprise.*; of '%s' write <=",
                                 expect->selector.name);
    return false;
}

static bool parse_window(const char *text, an_expect *expect, char **ret_error)
{
    expect->window_text = g_strdup(text);
    return an_window_parse(expect->window_text, &expect->window, ret_error);
}

static bool parse_comparison(const char *text, an_expect *expect, char **ret_error)
{
    const char *brace = strchr(text, '}');
    const char *sign = strpbrk(brace ? brace : text, "=!<>");
    if (!sign)
        sign = strstr(brace ? brace : text, "within ");

    if (strchr(text, '{') && !brace) {
        *ret_error = g_strdup_printf("the labels of '%s' want a '}' at their end", text);
        return false;
    }

    for (size_t i = 0; sign && i < G_N_ELEMENTS(operators); i++) {
        size_t len = strlen(operators[i].text);
        if (strncmp(sign, operators[i].text, len) != 0)
            continue;
        g_autofree char *left = g_strndup(text, (size_t)(sign - text));
        g_autofree char *right = g_strdup(sign + len);
        const size_t window = an_window_find(right);
        expect->relation = operators[i].relation;
        if (right[window] && !parse_window(right + window, expect, ret_error))
            return false;
        right[window] = '\0';
        g_strstrip(right);
        return an_selector_parse(left, AN_FORM_VALUE, &expect->selector, ret_error) &&
               check_within(expect, ret_error) &&
               parse_bound(right, expect->selector.metric, &expect->bound, ret_error);
    }
    *ret_error = g_strdup_printf("'%s' is no expectation: write `metric == value` (or != < <= > >= within), "
                                 "or `never: metric`",
                                 text);
    return false;
}

/* One condition, "N == 500" or the bare name of a case. */
typedef struct condition {
    char *column;
    char *value;
    bool wanted; /* == rather than != */
} condition;

static bool parse_condition(char *text, condition *ret_condition)
{
    char *sign = strpbrk(text, "=!");
    if (!sign) {
        *ret_condition = (condition){(char *)"case", g_strstrip(text), true};
        return *ret_condition->value != '\0';
    }
    size_t len = strspn(sign, "=!");
    bool equal = strncmp(sign, "==", len) == 0, different = strncmp(sign, "!=", len) == 0;
    if (len != 2 || (!equal && !different))
        return false;
    *sign = '\0';
    *ret_condition = (condition){g_strstrip(text), g_strstrip(sign + len), equal};
    return *ret_condition->column && *ret_condition->value;
}

bool an_condition_check(const char *when, char **ret_error)
{
    g_auto(GStrv) terms = g_strsplit(when, " and ", 16);
    for (size_t i = 0; terms[i]; i++) {
        condition one;
        if (parse_condition(terms[i], &one))
            continue;
        *ret_error =
            g_strdup_printf("'when: %s' is not understood: write `case == NAME` or `N == 500 and …`", when);
        return false;
    }
    return true;
}

bool an_expect_applies(const an_expect *expect, const an_point *point)
{
    return !expect->when || an_condition_holds(expect->when, point);
}

bool an_condition_holds(const char *when, const an_point *point)
{
    g_auto(GStrv) terms = g_strsplit(when, " and ", 16);
    for (size_t i = 0; terms[i]; i++) {
        condition one;
        if (!parse_condition(terms[i], &one))
            return false;
        const char *value = an_point_value(point, one.column);
        if (!value || (strcmp(value, one.value) == 0) != one.wanted)
            return false;
    }
    return true;
}

an_expect *an_expect_parse(const an_expect_text *text, char **ret_error)
{
    an_expect *expect = g_new0(an_expect, 1);
    expect->text = g_strstrip(g_strdup(text->text));
    expect->when = g_strdup(text->when);
    expect->position = g_strdup(text->position);

    bool never = g_str_has_prefix(expect->text, "never:");
    bool good = never ? parse_never(expect->text + strlen("never:"), expect, ret_error)
                      : parse_comparison(expect->text, expect, ret_error);
    if (good && expect->when)
        good = an_condition_check(expect->when, ret_error);
    if (good)
        return expect;
    if (expect->position) {
        char *plain = *ret_error;
        *ret_error = g_strdup_printf("%s: %s", expect->position, plain);
        g_free(plain);
    }
    an_expect_free(expect);
    return NULL;
}

void an_expect_free(an_expect *expect)
{
    if (!expect)
        return;
    an_selector_clear(&expect->selector);
    g_free(expect->text);
    g_free(expect->when);
    g_free(expect->window_text);
    g_free(expect->position);
    g_free(expect);
}
