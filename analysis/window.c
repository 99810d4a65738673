#include "analysis/window.h"

#include <glib.h>
#include <string.h>

static const struct {
    const char *word;
    an_window_kind kind;
} words[] = {{"at ", AN_WINDOW_AT}, {"during ", AN_WINDOW_DURING}, {"within ", AN_WINDOW_WITHIN}};

static const struct {
    const char *name;
    double ns;
} units[] = {{"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}, {"d", 86400e9}};

size_t an_window_find(const char *text)
{
    size_t first = strlen(text);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *spaced = g_strconcat(" ", words[i].word, NULL);
        const char *at = strstr(text, spaced);
        if (at && (size_t)(at - text) < first)
            first = (size_t)(at - text);
    }
    return first;
}

/* "2h", "+90s". */
static bool parse_span(const char *text, pl_span *ret_span)
{
    char *unit;
    text += *text == '+';
    if (!g_ascii_isdigit(*text))
        return false;
    const double number = g_ascii_strtod(text, &unit);
    unit += *unit == ' ';
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(unit, units[i].name) != 0)
            continue;
        *ret_span = (pl_span)(number * units[i].ns + 0.5);
        return number * units[i].ns < 1e18;
    }
    return false;
}

static bool parse_spans(char *text, an_window *window)
{
    char *dots = strstr(text, "..");
    if (window->kind != AN_WINDOW_DURING)
        return parse_span(text, &window->to) && (window->from = window->kind == AN_WINDOW_AT ? window->to : 0, true);
    if (!dots)
        return false;
    *dots = '\0';
    return parse_span(g_strstrip(text), &window->from) && parse_span(g_strstrip(dots + 2), &window->to) &&
           window->from <= window->to;
}

bool an_window_parse(char *text, an_window *ret_window, char **ret_error)
{
    an_window window = {.kind = AN_WINDOW_ALL};
    g_autofree char *whole = g_strdup(g_strstrip(text));
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_has_prefix(text, words[i].word)) {
            window.kind = words[i].kind;
            text += strlen(words[i].word);
        }
    char *after = strstr(text, " after ");
    if (after) {
        *after = '\0';
        window.after = g_strstrip(after + strlen(" after "));
    }
    if (window.kind != AN_WINDOW_ALL && (!after || *window.after) && parse_spans(g_strstrip(text), &window)) {
        *ret_window = window;
        return true;
    }
    *ret_error = g_strdup_printf("'%s' is no part of a run: write at 2h, at 2h after NAME, during 120s..300s, or "
                                 "within 90s after NAME",
                                 whole);
    return false;
}

bool an_window_place(const an_window *window, const an_replication *replication, pl_time *ret_from,
                     pl_time *ret_to)
{
    pl_time base = window->after ? -1 : 0;
    g_autofree char *name = window->after ? g_strconcat("timeline.", window->after, NULL) : NULL;
    for (size_t i = 0; name && base < 0 && i < replication->n_samples; i++)
        if (strcmp(replication->samples[i].name, name) == 0)
            base = replication->samples[i].at;
    *ret_from = base + window->from;
    *ret_to = base + window->to;
    return base >= 0;
}
