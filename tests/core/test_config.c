/* test_config.c - the table of tunables: defaults in range, keys unique, setting checked. */
#include <glib.h>
#include <string.h>

#include "core/config.h"

static void test_defaults_are_within_range(void)
{
    const pl_config_row *rows;
    size_t n = pl_config_rows(&rows);
    g_assert_cmpuint(n, >, 0);
    for (size_t i = 0; i < n; i++) {
        g_assert_cmpint(rows[i].least, <=, rows[i].value);
        g_assert_cmpint(rows[i].value, <=, rows[i].greatest);
        g_assert_cmpint(rows[i].least, >=, 0);
    }
}

static void test_keys_and_places_are_unique(void)
{
    const pl_config_row *rows;
    size_t n = pl_config_rows(&rows);
    g_assert_cmpuint(n * sizeof(int64_t), ==, sizeof(pl_config));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            g_assert_cmpstr(rows[i].key, !=, rows[k].key);
            g_assert_cmpuint(rows[i].offset, !=, rows[k].offset);
        }
}

static void test_every_row_says_where_it_comes_from(void)
{
    const pl_config_row *rows;
    size_t n = pl_config_rows(&rows);
    for (size_t i = 0; i < n; i++) {
        const char *source = rows[i].source;
        g_assert_true(strcmp(source, "chosen") == 0 || g_str_has_prefix(source, "spec RFC ") ||
                      g_str_has_prefix(source, "measured "));
        g_assert_cmpuint(strlen(rows[i].help), >, 10);
        g_assert_nonnull(strchr(rows[i].key, '.'));
    }
}

static int64_t value_of(const pl_config *config, const pl_config_row *row)
{
    int64_t value;
    memcpy(&value, (const char *)config + row->offset, sizeof value);
    return value;
}

static void test_init_gives_the_defaults(void)
{
    pl_config config;
    const pl_config_row *rows;
    size_t n = pl_config_rows(&rows);
    memset(&config, 0xA5, sizeof config);
    pl_config_init(&config);
    for (size_t i = 0; i < n; i++)
        g_assert_cmpint(value_of(&config, &rows[i]), ==, rows[i].value);
    g_assert_cmpint(config.login_udp_wait, ==, 5 * PL_SECOND);
}

static void expect_untouched(const pl_config *config, const pl_config *before)
{
    g_assert_cmpint(memcmp(config, before, sizeof *config), ==, 0);
}

static void test_bounds_are_taken_and_beyond_them_refused(void)
{
    const pl_config_row *rows;
    size_t n = pl_config_rows(&rows);
    for (size_t i = 0; i < n; i++) {
        pl_config config, before;
        pl_config_init(&config);
        g_assert_cmpint(pl_config_set(&config, rows[i].key, rows[i].least), ==, 0);
        g_assert_cmpint(value_of(&config, &rows[i]), ==, rows[i].least);
        g_assert_cmpint(pl_config_set(&config, rows[i].key, rows[i].greatest), ==, 0);
        g_assert_cmpint(value_of(&config, &rows[i]), ==, rows[i].greatest);
        before = config;
        g_assert_cmpint(pl_config_set(&config, rows[i].key, rows[i].least - 1), ==, PL_ERR_LIMIT);
        g_assert_cmpint(pl_config_set(&config, rows[i].key, rows[i].greatest + 1), ==, PL_ERR_LIMIT);
        g_assert_cmpint(pl_config_set(&config, rows[i].key, INT64_MIN), ==, PL_ERR_LIMIT);
        expect_untouched(&config, &before);
    }
}

static void test_setting_one_leaves_the_others(void)
{
    const pl_config_row *rows;
    size_t n = pl_config_rows(&rows);
    pl_config config;
    pl_config_init(&config);
    g_assert_cmpint(pl_config_set(&config, rows[0].key, rows[0].least), ==, 0);
    for (size_t i = 1; i < n; i++)
        g_assert_cmpint(value_of(&config, &rows[i]), ==, rows[i].value);
}

static void test_unknown_keys_are_refused(void)
{
    pl_config config, before;
    pl_config_init(&config);
    before = config;
    g_assert_cmpint(pl_config_set(&config, "login.udp_waits", 1), ==, PL_ERR_UNKNOWN);
    g_assert_cmpint(pl_config_set(&config, "", 1), ==, PL_ERR_UNKNOWN);
    g_assert_cmpint(pl_config_set(&config, "LOGIN.UDP_WAIT", PL_SECOND), ==, PL_ERR_UNKNOWN);
    expect_untouched(&config, &before);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/config/defaults-are-within-range", test_defaults_are_within_range);
    g_test_add_func("/core/config/keys-and-places-are-unique", test_keys_and_places_are_unique);
    g_test_add_func("/core/config/every-row-says-where-it-comes-from",
                    test_every_row_says_where_it_comes_from);
    g_test_add_func("/core/config/init-gives-the-defaults", test_init_gives_the_defaults);
    g_test_add_func("/core/config/bounds-taken-beyond-refused",
                    test_bounds_are_taken_and_beyond_them_refused);
    g_test_add_func("/core/config/setting-one-leaves-the-others", test_setting_one_leaves_the_others);
    g_test_add_func("/core/config/unknown-keys-are-refused", test_unknown_keys_are_refused);
    return g_test_run();
}
