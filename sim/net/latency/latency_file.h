/* latency_file.h - reads files of latencies word by word, and says where a fault is.
 *
 * Private to sim/net. */
#ifndef NET_LATENCY_FILE_H
#define NET_LATENCY_FILE_H

#include "core/types.h"

#define NET_LATENCY_FILE_MAX ((size_t)64 << 20) /* chosen: 2048 × 2048 figures of 16 characters */
#define NET_LATENCY_WORD_MAX 64                 /* chosen: longer words are a fault, not a name */

typedef struct net_latency_file {
    const char *name;
    char *text; /* of `len` bytes, ended by a zero */
    size_t len;
    size_t at;
    unsigned line, column; /* of the last word read, from 1 */
    unsigned next_line;
    size_t line_start;
    pl_span unit; /* one of the file's figures; 0 before the "unit" line */
    char word[NET_LATENCY_WORD_MAX];
    char *error; /* the first fault, NULL if none */
} net_latency_file;

typedef enum net_latency_token { NET_LATENCY_END, NET_LATENCY_NEWLINE, NET_LATENCY_WORD } net_latency_token;

/* Reads the file into memory.  False and a sentence in file->error if it cannot be read. */
bool net_latency_file_open(net_latency_file *file, const char *name);
/* Frees all but `error`, which is the caller's. */
void net_latency_file_close(net_latency_file *file);
/* The next word, or the end of a line that has words, or the end of the file (also after a fault).
 * Comments (# to the end of the line) and blank lines are passed over. */
net_latency_token net_latency_file_next(net_latency_file *file);
/* Notes a fault at the last word, unless there is one already. */
void net_latency_file_fail(net_latency_file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Reads the last word as a one-way delay in the file's unit.  False with a fault noted. */
bool net_latency_file_delay(net_latency_file *file, pl_span *ret_delay);
/* Reads the last word as a number from 0 to `most`.  False with a fault noted. */
bool net_latency_file_number(net_latency_file *file, double most, double *ret_number);
/* Reads the rest of a line that began with the word "unit".  False with a fault noted. */
bool net_latency_file_unit(net_latency_file *file);

#endif
