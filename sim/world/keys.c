#include "sim/world/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define PRIVATE_FILE "login-server.key"
#define PUBLIC_FILE "login-server.pub"
#define FILE_BYTES (2 * PL_KEY_BYTES)

static void to_hex(const uint8_t *bytes, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < FILE_BYTES; i++) {
        ret_text[2 * i] = digits[bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_text[2 * FILE_BYTES] = '\n';
}

static bool from_hex(const char *text, size_t len, uint8_t *ret_bytes)
{
    if (len != 2 * FILE_BYTES + 1 || text[2 * FILE_BYTES] != '\n')
        return false;
    for (size_t i = 0; i < FILE_BYTES; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The private file is made readable by its owner only before a byte is in it, and never replaced. */
static bool write_file(const char *path, const uint8_t *bytes, unsigned mode, char **ret_error)
{
    char text[2 * FILE_BYTES + 1];
    to_hex(bytes, text);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    bool good = file >= 0 && write(file, text, sizeof text) == (ssize_t)sizeof text && fsync(file) == 0;
    int reason = errno;
    if (file >= 0)
        close(file);
    pl_bytes_wipe(text, sizeof text);
    if (!good)
        *ret_error = g_strdup_printf("%s: cannot be written: %s", path, g_strerror(reason));
    return good;
}

/* False without an error if there is no such file. */
static bool read_file(const char *path, uint8_t *ret_bytes, char **ret_error)
{
    g_autofree char *text = NULL;
    gsize len = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &text, &len, &error)) {
        if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            *ret_error = g_strdup(error->message);
        return false;
    }
    if (from_hex(text, len, ret_bytes))
        return true;
    *ret_error = g_strdup_printf("%s: this is no key file: two keys of 64 hexadecimal digits are expected", path);
    return false;
}

static void derive(pl_server_keys *keys)
{
    pl_suite_real.sign_public(keys->sign.public_key, keys->sign.private_key);
    pl_suite_real.dh_public(keys->dh.public_key, keys->dh.private_key);
}

static bool draw(const char *private_path, const char *public_path, pl_server_keys *keys, char **ret_error)
{
    uint8_t bytes[FILE_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        *ret_error = g_strdup("the system gives no random bytes for the login server's keys");
        return false;
    }
    memcpy(keys->sign.private_key, bytes, PL_KEY_BYTES);
    memcpy(keys->dh.private_key, bytes + PL_KEY_BYTES, PL_KEY_BYTES);
    derive(keys);
    bool good = write_file(private_path, bytes, 0600, ret_error);
    memcpy(bytes, keys->sign.public_key, PL_KEY_BYTES);
    memcpy(bytes + PL_KEY_BYTES, keys->dh.public_key, PL_KEY_BYTES);
    return good && write_file(public_path, bytes, 0644, ret_error);
}

bool sim_keys_own(const char *folder, pl_server_keys *ret_keys, char **ret_error)
{
    g_autofree char *private_path = g_build_filename(folder, PRIVATE_FILE, NULL);
    g_autofree char *public_path = g_build_filename(folder, PUBLIC_FILE, NULL);
    uint8_t bytes[FILE_BYTES];
    if (!read_file(private_path, bytes, ret_error))
        return !*ret_error && draw(private_path, public_path, ret_keys, ret_error);
    memcpy(ret_keys->sign.private_key, bytes, PL_KEY_BYTES);
    memcpy(ret_keys->dh.private_key, bytes + PL_KEY_BYTES, PL_KEY_BYTES);
    pl_bytes_wipe(bytes, sizeof bytes);
    derive(ret_keys);
    return true;
}

bool sim_keys_pinned(const char *folder, pl_server_keys *ret_keys, char **ret_error)
{
    g_autofree char *path = g_build_filename(folder, PUBLIC_FILE, NULL);
    uint8_t bytes[FILE_BYTES];
    *ret_keys = (pl_server_keys){0};
    if (!read_file(path, bytes, ret_error)) {
        if (!*ret_error)
            *ret_error = g_strdup_printf("%s: there is no such file: start the login server with the same --state "
                                         "first, or copy its public keys here",
                                         path);
        return false;
    }
    memcpy(ret_keys->sign.public_key, bytes, PL_KEY_BYTES);
    memcpy(ret_keys->dh.public_key, bytes + PL_KEY_BYTES, PL_KEY_BYTES);
    return true;
}
