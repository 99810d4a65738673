#include "sim/record/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* chosen: one write call for some thousand rows; 64 KiB is also what pipes and pages like. */
#define BUFFER_BYTES 65536

struct sim_file {
    char *path;
    char *hidden;
    int descriptor; /* -1 once closed */
    int error;      /* errno of the first failure, 0 while all is well */
    uint64_t bytes;
    size_t used;
    char buffer[BUFFER_BYTES];
};

static char *hidden_name(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = g_strdup_printf(".%s.part", base);
    return g_build_filename(folder, name, NULL);
}

static char *refusal(const char *path, int error)
{
    return g_strdup_printf("cannot write '%s': %s", path, g_strerror(error));
}

sim_file *sim_file_open(const char *path, char **ret_error)
{
    g_autofree char *hidden = hidden_name(path);
    int descriptor = open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        *ret_error = refusal(path, errno);
        return NULL;
    }
    sim_file *file = g_new(sim_file, 1);
    file->path = g_strdup(path);
    file->hidden = g_steal_pointer(&hidden);
    file->descriptor = descriptor;
    file->error = 0;
    file->bytes = 0;
    file->used = 0;
    return file;
}

static void put_out(sim_file *file, const char *data, size_t len)
{
    while (len > 0 && file->error == 0) {
        ssize_t written = write(file->descriptor, data, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            file->error = written < 0 ? errno : ENOSPC;
            return;
        }
        data += written;
        len -= (size_t)written;
    }
}

bool sim_file_flush(sim_file *file)
{
    put_out(file, file->buffer, file->used);
    file->used = 0;
    return file->error == 0;
}

bool sim_file_failed(const sim_file *file)
{
    return file->error != 0;
}

void sim_file_write(sim_file *file, const void *data, size_t len)
{
    file->bytes += len;
    if (len > BUFFER_BYTES - file->used)
        sim_file_flush(file);
    if (len > BUFFER_BYTES) {
        put_out(file, data, len);
        return;
    }
    memcpy(file->buffer + file->used, data, len);
    file->used += len;
}

void sim_file_text(sim_file *file, const char *text)
{
    sim_file_write(file, text, strlen(text));
}

/* Written by hand because it is the busiest line of the whole record. */
void sim_file_integer(sim_file *file, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--at] = '-';
    sim_file_write(file, digits + at, sizeof digits - at);
}

void sim_file_number(sim_file *file, double value)
{
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (value > -0x1p53 && value < 0x1p53 && (double)(int64_t)value == value) {
        sim_file_integer(file, (int64_t)value);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(text, sizeof text, formats[i], value);
        double again = g_ascii_strtod(text, NULL);
        if (memcmp(&again, &value, sizeof value) == 0)
            break;
    }
    sim_file_text(file, text);
}

void sim_file_csv(sim_file *file, const char *text)
{
    if (!text)
        return;
    if (!strpbrk(text, ",\"\r\n")) {
        sim_file_text(file, text);
        return;
    }
    sim_file_write(file, "\"", 1);
    for (; *text; text++) {
        if (*text == '"')
            sim_file_write(file, "\"", 1);
        sim_file_write(file, text, 1);
    }
    sim_file_write(file, "\"", 1);
}

static void json_character(sim_file *file, char c)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        sim_file_write(file, (char[]){'\\', c}, 2);
    } else if ((unsigned char)c < 0x20) {
        const char escape[] = {'\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 15]};
        sim_file_write(file, escape, sizeof escape);
    } else {
        sim_file_write(file, &c, 1);
    }
}

void sim_file_json(sim_file *file, const char *text)
{
    if (!text) {
        sim_file_text(file, "null");
        return;
    }
    sim_file_write(file, "\"", 1);
    for (const char *run = text; *run;) {
        size_t plain = strcspn(run, "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                                    "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f");
        sim_file_write(file, run, plain);
        run += plain;
        if (*run)
            json_character(file, *run++);
    }
    sim_file_write(file, "\"", 1);
}

uint64_t sim_file_bytes(const sim_file *file)
{
    return file->bytes;
}

static void close_once(sim_file *file)
{
    if (file->descriptor >= 0 && close(file->descriptor) != 0 && file->error == 0)
        file->error = errno;
    file->descriptor = -1;
}

int sim_file_finish(sim_file *file, char **ret_error)
{
    if (file->descriptor >= 0) {
        sim_file_flush(file);
        close_once(file);
    }
    if (file->error == 0)
        return 0;
    *ret_error = refusal(file->path, file->error);
    return -1;
}

int sim_file_commit(sim_file *file, char **ret_error)
{
    int result = sim_file_finish(file, ret_error);
    if (result == 0 && rename(file->hidden, file->path) != 0) {
        *ret_error = refusal(file->path, errno);
        result = -1;
    }
    if (result < 0) {
        sim_file_discard(file);
        return -1;
    }
    g_free(file->path);
    g_free(file->hidden);
    g_free(file);
    return 0;
}

void sim_file_discard(sim_file *file)
{
    if (!file)
        return;
    close_once(file);
    unlink(file->hidden);
    g_free(file->path);
    g_free(file->hidden);
    g_free(file);
}
