/* csv.h - CSV (RFC 4180): a small reader over text in memory, and a field to write.  Private to analysis. */
#ifndef AN_CSV_H
#define AN_CSV_H

#include <glib.h>

#include "core/types.h"

#define AN_CSV_FIELDS_MAX 64

typedef struct an_csv {
    char *text; /* changed while reading; fields point into it */
    char *at;
    char *path;
    size_t line; /* of the row read last, from 1 */
    size_t n;
    char *field[AN_CSV_FIELDS_MAX];
} an_csv;

/* Reads the whole file.  False and a sentence in *ret_error (g_free) if it cannot be read or is not UTF-8. */
bool an_csv_open(an_csv *csv, const char *path, char **ret_error);
/* The next row: 1, 0 at the end, or -1 and a sentence. */
int an_csv_next(an_csv *csv, char **ret_error);
/* A sentence about the row read last: "FILE:LINE: …" (g_free). */
char *an_csv_complaint(const an_csv *csv, const char *what);
void an_csv_close(an_csv *csv);
/* Appends one field, quoted if it must be. */
void an_csv_append(GString *csv, const char *text);

#endif
