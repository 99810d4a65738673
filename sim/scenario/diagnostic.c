#include "sim/scenario/diagnostic.h"

#include <string.h>

/* Chosen: a terminal's width; longer lines are shown around the caret only. */
#define SHOWN_COLUMNS_MAX 140u

typedef struct entry {
    sim_place place;
    char *message;
    char *hint;
    size_t order;
} entry;

struct sim_diagnostics {
    GPtrArray *entries;
    size_t hidden;
};

static void entry_free(void *data)
{
    entry *e = data;
    g_free(e->message);
    g_free(e->hint);
    g_free(e);
}

sim_diagnostics *sim_diagnostic_new(void)
{
    sim_diagnostics *diagnostics = g_new0(sim_diagnostics, 1);
    diagnostics->entries = g_ptr_array_new_with_free_func(entry_free);
    return diagnostics;
}

void sim_diagnostic_free(sim_diagnostics *diagnostics)
{
    if (!diagnostics)
        return;
    g_ptr_array_free(diagnostics->entries, TRUE);
    g_free(diagnostics);
}

static int compare_places(const sim_place *a, const sim_place *b)
{
    uint32_t source_a = a->source ? a->source->number : 0, source_b = b->source ? b->source->number : 0;
    if (source_a != source_b)
        return source_a < source_b ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const entry *x = *(entry *const *)a, *y = *(entry *const *)b;
    int order = compare_places(&x->place, &y->place);
    if (order != 0)
        return order;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool is_known(const sim_diagnostics *diagnostics, const sim_place *place, const char *message)
{
    for (guint i = 0; i < diagnostics->entries->len; i++) {
        const entry *e = diagnostics->entries->pdata[i];
        if (compare_places(&e->place, place) == 0 && strcmp(e->message, message) == 0)
            return true;
    }
    return false;
}

void sim_diagnostic_add(sim_diagnostics *diagnostics, const sim_place *place, const char *hint,
                        const char *format, ...)
{
    static const sim_place nowhere = {0};
    va_list arguments;
    va_start(arguments, format);
    char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (is_known(diagnostics, place ? place : &nowhere, message)) {
        g_free(message);
        return;
    }
    if (diagnostics->entries->len >= SIM_DIAGNOSTIC_SHOWN_MAX) {
        diagnostics->hidden++;
        g_free(message);
        return;
    }
    entry *e = g_new0(entry, 1);
    e->place = place ? *place : nowhere;
    e->message = message;
    e->hint = g_strdup(hint);
    e->order = diagnostics->entries->len;
    g_ptr_array_add(diagnostics->entries, e);
    g_ptr_array_sort(diagnostics->entries, compare_entries);
}

size_t sim_diagnostic_count(const sim_diagnostics *diagnostics)
{
    return diagnostics->entries->len + diagnostics->hidden;
}

bool sim_diagnostic_at(const sim_diagnostics *diagnostics, size_t index, const sim_place **ret_place,
                       const char **ret_message, const char **ret_hint)
{
    if (index >= diagnostics->entries->len)
        return false;
    const entry *e = diagnostics->entries->pdata[index];
    *ret_place = &e->place;
    *ret_message = e->message;
    *ret_hint = e->hint;
    return true;
}

/* The bytes of a line of the source; empty when there is no such line. */
static const char *line_of(const sim_source *source, uint32_t line, size_t *ret_len)
{
    const char *p = source->text, *end = source->text + source->len;
    for (uint32_t i = 1; i < line && p < end; i++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        p = newline ? newline + 1 : end;
    }
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    *ret_len = (size_t)((newline ? newline : end) - p);
    return p;
}

/* Appends one character, or '?' for what a terminal must not get. */
static size_t append_character(GString *out, const char *p, size_t left)
{
    gunichar c = g_utf8_get_char_validated(p, (gssize)left);
    if (c == (gunichar)-1 || c == (gunichar)-2) {
        g_string_append_c(out, '?');
        return 1;
    }
    if (c == '\t')
        g_string_append_c(out, ' ');
    else if (!g_unichar_isprint(c))
        g_string_append_c(out, '?');
    else
        g_string_append_unichar(out, c);
    return (size_t)(g_utf8_next_char(p) - p);
}

static void render_line(GString *out, const sim_place *place, const char *hint)
{
    size_t len = 0, at = 0;
    const char *line = line_of(place->source, place->line, &len);
    uint32_t first = place->column > SHOWN_COLUMNS_MAX - 40 ? place->column - 40 : 1, column = 1;
    g_string_append_printf(out, "%5u | ", place->line);
    GString *skipped = g_string_new(NULL);
    while (at < len && column < first + SHOWN_COLUMNS_MAX) {
        at += append_character(column < first ? skipped : out, line + at, len - at);
        column++;
    }
    g_string_free(skipped, TRUE);
    g_string_append(out, "\n      | ");
    for (uint32_t i = first; i < place->column; i++)
        g_string_append_c(out, ' ');
    g_string_append_c(out, '^');
    for (uint32_t i = 1; i < place->width && i < SHOWN_COLUMNS_MAX && place->column + i < column; i++)
        g_string_append_c(out, '~');
    if (hint)
        g_string_append_printf(out, "  %s", hint);
    g_string_append_c(out, '\n');
}

bool sim_diagnostic_is_argument(const sim_source *source)
{
    return strncmp(source->name, "--", 2) == 0;
}

bool sim_diagnostic_is_flag(const sim_source *source)
{
    return sim_diagnostic_is_argument(source) && strcmp(source->name, "--set") != 0;
}

/* What an error without a position is about: a file, a flag as it was written, or nothing in particular. */
static void append_subject(GString *out, const sim_source *source)
{
    g_string_append(out, source ? source->name : "partyline");
    if (!source || !sim_diagnostic_is_flag(source))
        return;
    g_string_append_c(out, ' ');
    for (size_t at = 0; at < source->len && at < SHOWN_COLUMNS_MAX;)
        at += append_character(out, source->text + at, source->len - at);
}

char *sim_diagnostic_render(const sim_diagnostics *diagnostics)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < diagnostics->entries->len; i++) {
        const entry *e = diagnostics->entries->pdata[i];
        if (!e->place.source || e->place.line == 0 || sim_diagnostic_is_flag(e->place.source)) {
            append_subject(out, e->place.source);
            g_string_append_printf(out, ": error: %s%s%s\n", e->message, e->hint ? "; " : "",
                                   e->hint ? e->hint : "");
            continue;
        }
        g_string_append_printf(out, "%s:%u:%u: error: %s\n", e->place.source->name, e->place.line,
                               e->place.column, e->message);
        render_line(out, &e->place, e->hint);
    }
    if (diagnostics->hidden > 0)
        g_string_append_printf(out, "and %zu more errors\n", diagnostics->hidden);
    return g_string_free(out, FALSE);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned sim_nearest_distance(const char *a, const char *b)
{
    unsigned row[3][64] = {{0}};
    size_t len_a = strlen(a), len_b = strlen(b);
    if (len_a > 63 || len_b > 63)
        return 99;
    for (unsigned j = 0; j <= len_b; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= len_b; j++) {
            unsigned replace = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(replace, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[len_a % 3][len_b];
}

sim_nearest sim_nearest_begin(const char *word)
{
    return (sim_nearest){.word = word, .best = NULL, .distance = 99};
}

void sim_nearest_offer(sim_nearest *nearest, const char *candidate)
{
    unsigned distance = sim_nearest_distance(nearest->word, candidate);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = candidate;
    }
}

const char *sim_nearest_hint(const sim_nearest *nearest, char *buffer, size_t len, const char *otherwise)
{
    /* Two edits turn any two-letter word into any other: closer than a rewrite, or no hint. */
    if (!nearest->best || nearest->distance > 2 || nearest->distance >= strlen(nearest->best))
        return otherwise;
    g_snprintf(buffer, (gulong)len, "did you mean '%s'?", nearest->best);
    return buffer;
}
