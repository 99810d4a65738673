/* Parses `login.time.p50{login=first}` against the table of metrics. */
#include <glib.h>
#include <string.h>

#include "analysis/metrics.h"

static const an_suffix *suffix_find(const char *text)
{
    const an_suffix *table;
    size_t n = an_suffix_table(&table);
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].text, text) == 0)
            return &table[i];
    return NULL;
}

/* Cuts the labels off `text` and parses them. */
static bool take_labels(char *text, an_labels *ret_labels, char **ret_error)
{
    char *brace = strchr(text, '{');
    if (!brace)
        return true;
    char *end = strchr(brace, '}');
    if (!end || end[1]) {
        *ret_error = g_strdup_printf("the labels of '%s' want a '}' at the end", text);
        return false;
    }
    g_autofree char *shown = g_strdup(brace);
    *brace = '\0';
    *end = '\0';
    if (an_labels_parse(brace + 1, ret_labels) && ret_labels->n > 0)
        return true;
    *ret_error = g_strdup_printf("'%s' is not a list of labels such as {login=first,nat=symmetric}", shown);
    return false;
}

static char *unknown(const char *name)
{
    g_autofree char *base = g_strdup(name);
    char *dot = strrchr(base, '.');
    if (dot && suffix_find(dot + 1))
        *dot = '\0';
    const char *near = an_metric_nearest(base);
    if (near)
        return g_strdup_printf("there is no metric '%s'; did you mean '%s'?", name, near);
    return g_strdup_printf("there is no metric '%s'; `partyline list metrics` names them all", name);
}

/* Splits the suffix off the name in place, if it is one and what is before it is a metric. */
static const an_suffix *take_suffix(char *name)
{
    char *dot = strrchr(name, '.');
    const an_suffix *suffix = dot ? suffix_find(dot + 1) : NULL;
    if (!suffix)
        return NULL;
    *dot = '\0';
    if (an_metric_find(name))
        return suffix;
    *dot = '.';
    return NULL;
}

static char *misuse(const an_selector *selector, an_selector_form form)
{
    bool spread = selector->metric->reduction == AN_SPREAD;
    if (form == AN_FORM_OCCURRENCE && selector->suffix)
        return g_strdup_printf("'never:' takes a metric without '.%s'", selector->suffix->text);
    if (form == AN_FORM_VALUE && spread && !selector->suffix)
        return g_strdup_printf("'%s' has a spread: say which value of it, e.g. '%s.p50' or '%s.mean'",
                               selector->name, selector->name, selector->name);
    if (!spread && selector->suffix)
        return g_strdup_printf("'%s' is one number, it has no '.%s'", selector->name, selector->suffix->text);
    return NULL;
}

bool an_selector_parse(const char *text, an_selector_form form, an_selector *ret_selector, char **ret_error)
{
    an_selector selector = {.storage = g_strstrip(g_strdup(text))};
    selector.name = selector.storage;

    bool good = take_labels(selector.storage, &selector.labels, ret_error);
    if (good) {
        g_strchomp(selector.storage);
        selector.suffix = take_suffix(selector.storage);
        selector.metric = an_metric_find(selector.name);
        *ret_error = selector.metric ? misuse(&selector, form) : unknown(selector.name);
        good = *ret_error == NULL;
    }
    if (good)
        *ret_selector = selector;
    else
        g_free(selector.storage);
    return good;
}

void an_selector_clear(an_selector *selector)
{
    g_free(selector->storage);
    *selector = (an_selector){0};
}
