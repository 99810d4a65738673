#include <string.h>

#include "sim/cli/cli.h"

/* What a shell takes as it stands; anything else is quoted. */
static bool is_plain(const char *word)
{
    return *word &&
           strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:,%+@-") ==
               strlen(word);
}

static void append_word(GString *command, const char *word)
{
    g_autofree char *quoted = is_plain(word) ? g_strdup(word) : g_shell_quote(word);
    g_string_append_printf(command, " %s", quoted);
}

static void append_option(GString *command, const char *option, const char *value)
{
    if (!value)
        return;
    g_string_append_printf(command, " %s", option);
    append_word(command, value);
}

char *cli_again(const char *verb, const cli_options *options, const char *path, uint64_t seed)
{
    GString *command = g_string_new("partyline");
    g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, seed);
    append_word(command, verb);
    append_word(command, path);
    append_option(command, "--tier", options->tier);
    append_option(command, "--engine", options->engine);
    for (char **set = options->sets; set && *set; set++)
        append_option(command, "--set", *set);
    append_option(command, "--seed", number);
    return g_string_free(command, FALSE);
}
