/* latency_file.c - files of latencies, word by word. */
#include "sim/net/latency/latency_file.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#define DELAY_MAX (60 * PL_SECOND) /* chosen: a longer one-way delay is a slip of the unit */
#define FRACTION_DIGITS 12         /* chosen: more digits than a nanosecond needs in any unit */

void net_latency_file_fail(net_latency_file *file, const char *format, ...)
{
    if (file->error)
        return;
    va_list args;
    va_start(args, format);
    char *text = g_strdup_vprintf(format, args);
    va_end(args);
    file->error = g_strdup_printf("%s:%u:%u: error: %s", file->name, file->line, file->column, text);
    g_free(text);
}

/* Reads at most the bound and one byte more, so that a device or a pipe cannot fill the memory. */
static bool read_all(net_latency_file *file, FILE *stream)
{
    GString *text = g_string_new(NULL);
    char block[65536];
    size_t n;
    while (text->len <= NET_LATENCY_FILE_MAX && (n = fread(block, 1, sizeof block, stream)) > 0)
        g_string_append_len(text, block, (gssize)n);
    if (ferror(stream))
        file->error = g_strdup_printf("%s:1:1: error: cannot read the file: %s; name a readable text file",
                                      file->name, g_strerror(errno));
    else if (text->len > NET_LATENCY_FILE_MAX)
        file->error = g_strdup_printf("%s:1:1: error: the file is longer than %zu MiB; reduce the number of "
                                      "nodes", file->name, NET_LATENCY_FILE_MAX >> 20);
    file->len = text->len;
    file->text = g_string_free(text, FALSE);
    return !file->error;
}

bool net_latency_file_open(net_latency_file *file, const char *name)
{
    *file = (net_latency_file){.name = name, .line = 1, .column = 1, .next_line = 1};
    FILE *stream = fopen(name, "rb");
    if (!stream) {
        file->error = g_strdup_printf("%s:1:1: error: cannot open the file: %s; give the path of a file of "
                                      "one-way delays", name, g_strerror(errno));
        return false;
    }
    bool good = read_all(file, stream);
    fclose(stream);
    return good;
}

void net_latency_file_close(net_latency_file *file)
{
    g_free(file->text);
    file->text = NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static net_latency_token end_of_line(net_latency_file *file)
{
    file->at++;
    file->next_line++;
    file->line_start = file->at;
    return NET_LATENCY_NEWLINE;
}

static net_latency_token read_word(net_latency_file *file)
{
    size_t start = file->at;
    file->line = file->next_line;
    file->column = (unsigned)(start - file->line_start) + 1;
    while (file->at < file->len && !is_blank(file->text[file->at]) && file->text[file->at] != '\n' &&
           file->text[file->at] != '#') {
        unsigned char c = (unsigned char)file->text[file->at++];
        if (c < 0x20 || c == 0x7f) {
            net_latency_file_fail(file, "the file holds the byte 0x%02x; it must be plain text", c);
            return NET_LATENCY_END;
        }
    }
    size_t len = file->at - start;
    if (len >= NET_LATENCY_WORD_MAX) {
        net_latency_file_fail(file, "this word has %zu characters; at most %d are allowed", len,
                              NET_LATENCY_WORD_MAX - 1);
        return NET_LATENCY_END;
    }
    memcpy(file->word, file->text + start, len);
    file->word[len] = '\0';
    return NET_LATENCY_WORD;
}

net_latency_token net_latency_file_next(net_latency_file *file)
{
    if (file->error)
        return NET_LATENCY_END;
    bool has_words = file->line == file->next_line && file->word[0];
    while (file->at < file->len) {
        char c = file->text[file->at];
        if (c == '\n') {
            end_of_line(file);
            if (has_words)
                return NET_LATENCY_NEWLINE;
        } else if (c == '#') {
            while (file->at < file->len && file->text[file->at] != '\n')
                file->at++;
        } else if (is_blank(c)) {
            file->at++;
        } else {
            return read_word(file);
        }
    }
    if (has_words) { /* the last line need not end */
        file->next_line++;
        return NET_LATENCY_NEWLINE;
    }
    return NET_LATENCY_END;
}

/* Digits with at most one point, read without the C library's locale. */
static bool parse_number(const char *word, double *ret_number)
{
    double value = 0.0;
    double scale = 1.0;
    int digits = 0;
    int fraction = -1;
    for (const char *c = word; *c; c++) {
        if (*c == '.' && fraction < 0) {
            fraction = 0;
        } else if (*c >= '0' && *c <= '9' && fraction < FRACTION_DIGITS) {
            value = value * 10.0 + (double)(*c - '0');
            digits++;
            if (fraction >= 0) {
                fraction++;
                scale *= 10.0;
            }
        } else {
            return false;
        }
    }
    *ret_number = value / scale;
    return digits > 0;
}

bool net_latency_file_number(net_latency_file *file, double most, double *ret_number)
{
    double number;
    if (!parse_number(file->word, &number)) {
        net_latency_file_fail(file, "\"%s\" is not a number; write digits with at most one point",
                              file->word);
        return false;
    }
    if (number > most) {
        net_latency_file_fail(file, "%s is too large; at most %g is allowed", file->word, most);
        return false;
    }
    *ret_number = number;
    return true;
}

bool net_latency_file_delay(net_latency_file *file, pl_span *ret_delay)
{
    if (!file->unit) {
        net_latency_file_fail(file, "a delay comes before the unit; begin the file with \"unit ms\"");
        return false;
    }
    double number;
    if (!net_latency_file_number(file, (double)(DELAY_MAX / file->unit), &number))
        return false;
    *ret_delay = (pl_span)(number * (double)file->unit + 0.5);
    return true;
}

bool net_latency_file_unit(net_latency_file *file)
{
    static const struct {
        const char *name;
        pl_span unit;
    } units[] = {{"us", PL_MICROSECOND}, {"ms", PL_MILLISECOND}, {"s", PL_SECOND}};
    if (net_latency_file_next(file) == NET_LATENCY_WORD) {
        for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
            if (strcmp(file->word, units[i].name) == 0)
                file->unit = units[i].unit;
        if (!file->unit)
            net_latency_file_fail(file, "\"%s\" is not a unit; use us, ms or s", file->word);
        else if (net_latency_file_next(file) == NET_LATENCY_WORD)
            net_latency_file_fail(file, "\"%s\" comes after the unit; end the line there", file->word);
    } else {
        net_latency_file_fail(file, "the unit is missing; write \"unit ms\"");
    }
    return !file->error;
}
