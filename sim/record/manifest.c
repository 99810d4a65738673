#include "sim/record/manifest.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static void set_count(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *host_facts(void)
{
    json_t *host = json_object();
    struct utsname facts;

    set_text(host, "name", g_get_host_name());
    if (uname(&facts) == 0) {
        set_text(host, "system", facts.sysname);
        set_text(host, "release", facts.release);
        set_text(host, "machine", facts.machine);
    }
    set_count(host, "processors", g_get_num_processors());
    return host;
}

static json_t *library_versions(void)
{
    json_t *libraries = json_object();
    g_autofree char *glib =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    g_autofree char *nettle = g_strdup_printf("%d.%d", nettle_version_major(), nettle_version_minor());

    set_text(libraries, "glib", glib);
    set_text(libraries, "nettle", nettle);
    set_text(libraries, "jansson", jansson_version_str());
    set_text(libraries, "glibc", gnu_get_libc_version());
    return libraries;
}

/* Hex SHA-256 of a file, read in pieces because captures may be large. */
static char *digest_of(const char *path, char **ret_error)
{
    struct sha256_ctx sha;
    uint8_t piece[32768], digest[SHA256_DIGEST_SIZE];
    size_t len;
    FILE *file = fopen(path, "rb");
    GString *hex;

    if (!file) {
        *ret_error = g_strdup_printf("cannot read '%s': %s", path, g_strerror(errno));
        return NULL;
    }
    sha256_init(&sha);
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        sha256_update(&sha, len, piece);
    int broken = ferror(file);
    fclose(file);
    if (broken) {
        *ret_error = g_strdup_printf("cannot read '%s' to its end", path);
        return NULL;
    }
    sha256_digest(&sha, sizeof digest, digest);
    hex = g_string_new(NULL);
    for (size_t i = 0; i < sizeof digest; i++)
        g_string_append_printf(hex, "%02x", digest[i]);
    return g_string_free(hex, FALSE);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in a folder, sorted, hidden ones left out. */
static GPtrArray *folder_names(const char *path)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder)))
        if (*name != '.')
            g_ptr_array_add(names, g_strdup(name));
    if (folder)
        g_dir_close(folder);
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* Three levels deep at most (point, replication, file), which also ends any loop of links. */
static int add_digests(json_t *files, const char *root, const char *below, int depth, char **ret_error)
{
    g_autofree char *folder = *below ? g_build_filename(root, below, NULL) : g_strdup(root);
    g_autoptr(GPtrArray) names = folder_names(folder);

    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *relative = *below ? g_build_filename(below, name, NULL) : g_strdup(name);
        g_autofree char *path = g_build_filename(root, relative, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            if (depth > 0 && add_digests(files, root, relative, depth - 1, ret_error) < 0)
                return -1;
            continue;
        }
        if (strcmp(relative, "manifest.json") == 0)
            continue;
        g_autofree char *digest = digest_of(path, ret_error);
        if (!digest)
            return -1;
        set_text(files, relative, digest);
    }
    return 0;
}

static void set_times(json_t *object, GDateTime *started)
{
    g_autoptr(GDateTime) ended = g_date_time_new_now_utc();
    g_autofree char *from = g_date_time_format_iso8601(started);
    g_autofree char *to = g_date_time_format_iso8601(ended);

    set_text(object, "started", from);
    set_text(object, "ended", to);
}

static void set_run(json_t *object, const sim_manifest_run *run, const sim_manifest *manifest)
{
    g_autofree char *absolute = g_canonicalize_filename(run->directory, NULL);

    set_count(object, "schema", 1);
    set_text(object, "scenario", run->scenario);
    set_text(object, "run_id", run->run_id);
    set_text(object, "status", sim_results_status_name(manifest->status));
    set_text(object, "directory", absolute);
    set_text(object, "scenario_file", manifest->scenario_file);
    set_text(object, "command_line", manifest->command_line);
    set_text(object, "version", manifest->version);
    set_text(object, "commit", manifest->commit);
    set_text(object, "compiler", __VERSION__);
    set_text(object, "engine", manifest->engine);
    set_text(object, "codec", manifest->codec);
    set_text(object, "crypto", manifest->crypto);
    set_count(object, "seed", manifest->seed);
    set_count(object, "points", manifest->n_points);
    set_count(object, "replications", manifest->n_replications);
    set_count(object, "events", manifest->events);
    json_object_set_new(object, "wall_seconds", json_real(manifest->wall_seconds));
    json_object_set_new(object, "virtual_seconds", json_real(manifest->virtual_seconds));
}

char *sim_manifest_text(const sim_manifest_run *run, const sim_manifest *manifest, char **ret_error)
{
    json_t *object = json_object();
    json_t *files = json_object();
    char *text = NULL;

    set_run(object, run, manifest);
    set_times(object, run->started);
    json_object_set_new(object, "host", host_facts());
    json_object_set_new(object, "libraries", library_versions());
    json_object_set_new(object, "sha256", files);
    if (add_digests(files, run->directory, "", 2, ret_error) == 0) {
        char *dumped = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        text = g_strconcat(dumped, "\n", NULL);
        free(dumped);
    }
    json_decref(object);
    return text;
}
