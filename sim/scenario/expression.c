#include "sim/scenario/expression.h"

#include <glib.h>
#include <string.h>

/* Chosen: deeper nesting than anyone reads; bounds the recursion. */
#define DEPTH_MAX 32

typedef enum dimension { NUMBER, TIME, RATE, BYTES, TEXT, TRUTH } dimension;

typedef struct operand {
    dimension dimension;
    double number;
    bool truth;
    bool is_case; /* the variable `case` */
    char text[64];
} operand;

typedef struct parser {
    const char *p;
    const sim_expression_scope *scope;
    sim_problem *problem;
    int depth;
} parser;

static bool parse_or(parser *s, operand *ret);

static void skip_spaces(parser *s)
{
    while (*s->p == ' ' || *s->p == '\n')
        s->p++;
}

/* Takes a token if it is next; a word must not go on. */
static bool take(parser *s, const char *token)
{
    skip_spaces(s);
    size_t len = strlen(token);
    if (strncmp(s->p, token, len) != 0)
        return false;
    if (g_ascii_isalpha(token[0]) && (g_ascii_isalnum(s->p[len]) || s->p[len] == '_' || s->p[len] == '-'))
        return false;
    s->p += len;
    return true;
}

/* A quantity, or a word if it is none. */
static operand operand_of(const char *text)
{
    operand o = {.dimension = NUMBER};
    pl_span span = 0;
    uint64_t whole = 0;
    sim_problem ignored;
    if (sim_units_number(text, &o.number, &ignored) || sim_units_share(text, &o.number, &ignored))
        return o;
    if (sim_units_time(text, &span, &ignored)) {
        o.dimension = TIME;
        o.number = (double)span;
    } else if (sim_units_rate(text, &whole, &ignored)) {
        o.dimension = RATE;
        o.number = (double)whole;
    } else if (sim_units_bytes(text, &whole, &ignored)) {
        o.dimension = BYTES;
        o.number = (double)whole;
    } else {
        o.dimension = TEXT;
        g_strlcpy(o.text, text, sizeof o.text);
    }
    return o;
}

/* Digits, a point, and a unit without a space: letters, %, and /s, /min, /h after letters. */
static size_t quantity_length(const char *p)
{
    const char *start = p;
    while (g_ascii_isdigit(*p) || (*p == '.' && g_ascii_isdigit(p[1])))
        p++;
    if (*p == '%')
        return (size_t)(p + 1 - start);
    while (g_ascii_isalpha(*p))
        p++;
    if (g_str_has_prefix(p, "/s") && p > start + 2 && strncmp(p - 3, "bit", 3) == 0)
        p += 2;
    return (size_t)(p - start);
}

static size_t word_length(const char *p)
{
    const char *start = p;
    while (g_ascii_isalnum(*p) || *p == '_' ||
           ((*p == '-' || *p == '.') && p > start && g_ascii_isalnum(p[1])))
        p++;
    return (size_t)(p - start);
}

static bool parse_atom(parser *s, operand *ret)
{
    skip_spaces(s);
    if (*s->p == '$')
        s->p++;
    size_t len = g_ascii_isdigit(*s->p) ? quantity_length(s->p) : word_length(s->p);
    if (len == 0)
        return sim_problem_set(s->problem, "not a condition",
                               *s->p ? "a value is expected at '%.20s'" : "a value is missing at the end%s",
                               s->p);
    if (len >= sizeof ret->text)
        return sim_problem_set(s->problem, "not a condition", "a word of %zu characters", len);
    char text[64];
    g_strlcpy(text, s->p, len + 1);
    s->p += len;
    for (size_t i = 0; i < s->scope->n_variables; i++) {
        if (strcmp(s->scope->variables[i].name, text) != 0)
            continue;
        *ret = operand_of(s->scope->variables[i].text);
        ret->is_case = strcmp(text, "case") == 0;
        return true;
    }
    *ret = operand_of(text);
    return true;
}

static bool parse_primary(parser *s, operand *ret)
{
    if (++s->depth > DEPTH_MAX)
        return sim_problem_set(s->problem, "not a condition", "nested too deeply");
    bool good = true;
    if (take(s, "not")) {
        good = parse_primary(s, ret);
        if (good && ret->dimension != TRUTH)
            good = sim_problem_set(s->problem, "not a condition", "not needs a comparison: not (a == b)");
        ret->truth = !ret->truth;
    } else if (take(s, "(")) {
        good = parse_or(s, ret);
        if (good && !take(s, ")"))
            good = sim_problem_set(s->problem, "not a condition", "a closing parenthesis is missing");
    } else {
        good = parse_atom(s, ret);
    }
    s->depth--;
    return good;
}

static bool need_numbers(parser *s, const operand *a, const operand *b)
{
    const operand *wrong = a->dimension >= TEXT ? a : b->dimension >= TEXT ? b : NULL;
    if (!wrong)
        return true;
    return sim_problem_set(s->problem, "not a condition",
                           wrong->dimension == TEXT ? "'%.40s' is neither a number nor a variable"
                                                    : "a comparison cannot be reckoned with%s",
                           wrong->text);
}

static bool parse_product(parser *s, operand *ret)
{
    if (!parse_primary(s, ret))
        return false;
    for (;;) {
        bool times = take(s, "*");
        operand right = {.dimension = NUMBER};
        if (!times && !take(s, "/"))
            return true;
        if (!parse_primary(s, &right) || !need_numbers(s, ret, &right))
            return false;
        if (times ? ret->dimension != NUMBER && right.dimension != NUMBER
                  : right.dimension != NUMBER && right.dimension != ret->dimension)
            return sim_problem_set(s->problem, "not a condition", "these units do not go together");
        if (!times && right.number == 0)
            return sim_problem_set(s->problem, "not a condition", "a division by zero");
        ret->dimension = times ? (ret->dimension != NUMBER ? ret->dimension : right.dimension)
                               : (right.dimension != NUMBER ? NUMBER : ret->dimension);
        ret->number = times ? ret->number * right.number : ret->number / right.number;
    }
}

static bool parse_sum(parser *s, operand *ret)
{
    if (!parse_product(s, ret))
        return false;
    for (;;) {
        bool plus = take(s, "+");
        operand right = {.dimension = NUMBER};
        if (!plus && !take(s, "-"))
            return true;
        if (!parse_product(s, &right) || !need_numbers(s, ret, &right))
            return false;
        if (ret->dimension != right.dimension)
            return sim_problem_set(s->problem, "not a condition", "these units do not go together");
        ret->number = plus ? ret->number + right.number : ret->number - right.number;
    }
}

static bool known_case(parser *s, const char *name)
{
    sim_nearest nearest = sim_nearest_begin(name);
    for (size_t i = 0; s->scope->cases[i]; i++) {
        if (strcmp(s->scope->cases[i], name) == 0)
            return true;
        sim_nearest_offer(&nearest, s->scope->cases[i]);
    }
    char buffer[96], message[96];
    g_snprintf(message, sizeof message, "unknown case '%s'", name);
    return sim_problem_set(s->problem, message, "%s",
                           sim_nearest_hint(&nearest, buffer, sizeof buffer, "cases: names them"));
}

static bool compare_texts(parser *s, const operand *a, const char *op, const operand *b, bool *ret)
{
    if (strcmp(op, "==") != 0 && strcmp(op, "!=") != 0)
        return sim_problem_set(s->problem, "not a condition", "words are only equal (==) or not (!=)");
    if (s->scope->cases &&
        ((a->is_case && !known_case(s, b->text)) || (b->is_case && !known_case(s, a->text))))
        return false;
    *ret = (strcmp(a->text, b->text) == 0) == (op[0] == '=');
    return true;
}

static bool compare(parser *s, const operand *a, const char *op, const operand *b, bool *ret)
{
    if (a->dimension != b->dimension)
        return sim_problem_set(s->problem, "not a condition",
                               a->dimension == TEXT || b->dimension == TEXT
                                   ? "'%.40s' is neither a number nor a variable"
                                   : "these units do not compare%s",
                               a->dimension == TEXT ? a->text : b->text);
    if (a->dimension == TEXT)
        return compare_texts(s, a, op, b, ret);
    if (a->dimension == TRUTH)
        return sim_problem_set(s->problem, "not a condition", "join comparisons with and, or");
    double x = a->number, y = b->number;
    if (op[0] == '=')
        *ret = !(x < y) && !(x > y);
    else if (op[0] == '!')
        *ret = x < y || x > y;
    else if (op[0] == '<')
        *ret = op[1] ? x <= y : x < y;
    else
        *ret = op[1] ? x >= y : x > y;
    return true;
}

static bool parse_comparison(parser *s, operand *ret)
{
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">"};
    operand right = {.dimension = NUMBER};
    if (!parse_sum(s, ret))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(operators); i++) {
        if (!take(s, operators[i]))
            continue;
        bool truth = false;
        if (!parse_sum(s, &right) || !compare(s, ret, operators[i], &right, &truth))
            return false;
        *ret = (operand){.dimension = TRUTH, .truth = truth};
        return true;
    }
    return true;
}

static bool need_truths(parser *s, const operand *a, const operand *b)
{
    if (a->dimension == TRUTH && b->dimension == TRUTH)
        return true;
    return sim_problem_set(s->problem, "not a condition", "and, or join comparisons: a == b and c < d");
}

static bool parse_and(parser *s, operand *ret)
{
    if (!parse_comparison(s, ret))
        return false;
    while (take(s, "and")) {
        operand right = {.dimension = NUMBER};
        if (!parse_comparison(s, &right) || !need_truths(s, ret, &right))
            return false;
        ret->truth = ret->truth && right.truth;
    }
    return true;
}

static bool parse_or(parser *s, operand *ret)
{
    if (!parse_and(s, ret))
        return false;
    while (take(s, "or")) {
        operand right = {.dimension = NUMBER};
        if (!parse_and(s, &right) || !need_truths(s, ret, &right))
            return false;
        ret->truth = ret->truth || right.truth;
    }
    return true;
}

bool sim_expression_evaluate(const char *text, const sim_expression_scope *scope, bool *ret,
                             sim_problem *problem)
{
    parser s = {.p = text, .scope = scope, .problem = problem};
    operand result = {.dimension = NUMBER};
    if (!parse_or(&s, &result))
        return false;
    skip_spaces(&s);
    if (*s.p)
        return sim_problem_set(problem, "not a condition", "unexpected '%.30s'", s.p);
    if (result.dimension != TRUTH)
        return sim_problem_set(problem, "not a condition", "compare something, e.g. N < 20");
    *ret = result.truth;
    return true;
}
