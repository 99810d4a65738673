#include "analysis/csv.h"

#include <glib.h>
#include <string.h>

bool an_csv_open(an_csv *csv, const char *path, char **ret_error)
{
    g_autoptr(GError) error = NULL;
    gsize len;

    *csv = (an_csv){.path = g_strdup(path)};
    if (!g_file_get_contents(path, &csv->text, &len, &error)) {
        *ret_error = g_strdup_printf("cannot read '%s': %s", path, error->message);
    } else if (strlen(csv->text) != len || !g_utf8_validate(csv->text, -1, NULL)) {
        *ret_error = g_strdup_printf("'%s' is damaged: it is not UTF-8 text", path);
    } else {
        csv->at = csv->text;
        return true;
    }
    an_csv_close(csv);
    return false;
}

char *an_csv_complaint(const an_csv *csv, const char *what)
{
    return g_strdup_printf("%s:%zu: %s", csv->path, csv->line, what);
}

/* Reads a quoted field in place; returns what follows the closing quote, NULL if there is none. */
static char *read_quoted(char *at)
{
    char *out = at;
    for (char *in = at + 1; *in; in++) {
        if (*in == '"' && in[1] != '"') {
            *out = '\0';
            return in + 1;
        }
        if (*in == '"')
            in++;
        *out++ = *in;
    }
    return NULL;
}

int an_csv_next(an_csv *csv, char **ret_error)
{
    if (!*csv->at)
        return 0;
    csv->line++;
    csv->n = 0;
    for (;;) {
        char *field = csv->at;
        char *end = *field == '"' ? read_quoted(field) : field + strcspn(field, ",\n");
        if (!end || (*end && *end != ',' && *end != '\n')) {
            *ret_error = an_csv_complaint(csv, "a quote has no partner");
            return -1;
        }
        if (csv->n == AN_CSV_FIELDS_MAX) {
            *ret_error = an_csv_complaint(csv, "too many fields");
            return -1;
        }
        csv->field[csv->n++] = field;
        char separator = *end;
        *end = '\0';
        csv->at = separator ? end + 1 : end;
        if (separator == ',')
            continue;
        if (separator == '\n')
            return 1;
        *ret_error = an_csv_complaint(csv, "the last line has no end; was the file cut off?");
        return -1;
    }
}

void an_csv_close(an_csv *csv)
{
    g_free(csv->text);
    g_free(csv->path);
    *csv = (an_csv){0};
}

void an_csv_append(GString *csv, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        g_string_append(csv, text);
        return;
    }
    g_string_append_c(csv, '"');
    for (; *text; text++) {
        if (*text == '"')
            g_string_append_c(csv, '"');
        g_string_append_c(csv, *text);
    }
    g_string_append_c(csv, '"');
}
