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

/* Of "login.failed.nosuch": the row that has other last parts; NULL if there is none. */
static const an_metric *row_with_parts(const char *name)
{
    const an_metric *table;
    size_t n = an_metric_table(&table);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(table[i].name) - 1;
        if (table[i].parts && strncmp(table[i].name, name, len) == 0)
            return &table[i];
    }
    return NULL;
}

static char *unknown(const char *name)
{
    g_autofree char *base = g_strdup(name);
    char *dot = strrchr(base, '.');
    if (dot && suffix_find(dot + 1))
        *dot = '\0';
    const char *near = an_metric_nearest(base);
    const an_metric *row = row_with_parts(base);
    if (near)
        return g_strdup_printf("there is no metric '%s'; did you mean '%s'?", name, near);
    if (row) {
        g_autofree char *parts = g_strjoinv(", ", (char **)(void *)row->parts);
        return g_strdup_printf("there is no metric '%s'; after '%.*s' there is one of: %s", name,
                               (int)strlen(row->name) - 1, row->name, parts);
    }
    return g_strdup_printf("there is no metric '%s'; `partyline list metrics` names them all", name);
}

/* The keys that samples of a metric carry, NULL-terminated, borrowed texts (g_free the array). */
static const char **keys_of(const char *name)
{
    const an_label_key *table;
    size_t n = an_label_key_table(&table), found = 0;
    const char **keys = g_new0(const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        if (g_str_has_prefix(name, table[i].family))
            keys[found++] = table[i].key;
    return keys;
}

static const an_label_key *label_key_find(const char *name, const char *key)
{
    const an_label_key *table;
    size_t n = an_label_key_table(&table);
    for (size_t i = 0; i < n; i++)
        if (g_str_has_prefix(name, table[i].family) && strcmp(table[i].key, key) == 0)
            return &table[i];
    return NULL;
}

static char *unknown_key(const char *name, const char *key)
{
    g_autofree const char **keys = keys_of(name);
    const char *near = an_metric_nearest_word(keys, key);
    g_autofree char *all = near ? NULL : g_strjoinv(", ", (char **)(void *)keys);
    return near ? g_strdup_printf("there is no label '%s'; did you mean '%s'?", key, near)
                : g_strdup_printf("there is no label '%s'; there is one of: %s", key, all);
}

/* A label that no sample can carry would select nothing: `never:` would then always hold. */
static char *misused_label(const an_selector *selector)
{
    g_autofree const char **keys = keys_of(selector->name);
    if (selector->labels.n > 0 && !keys[0])
        return g_strdup_printf("'%s' is not measured by label: leave out the {…}", selector->name);
    for (size_t i = 0; i < selector->labels.n; i++) {
        const an_label *label = &selector->labels.label[i];
        const an_label_key *known = label_key_find(selector->name, label->key);
        if (!known)
            return unknown_key(selector->name, label->key);
        if (!known->values || strchr(label->value, '$') || g_strv_contains(known->values, label->value))
            continue;
        g_autofree char *all = g_strjoinv(" or ", (char **)(void *)known->values);
        return g_strdup_printf("'%s' is no value of the label '%s': it is %s", label->value, label->key, all);
    }
    return NULL;
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
    if (selector->metric->reduction == AN_GAUGE)
        return NULL;
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
        bool known = selector.metric && !strchr(selector.name, '*');
        *ret_error = known ? misuse(&selector, form) : unknown(selector.name);
        if (!*ret_error)
            *ret_error = misused_label(&selector);
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
