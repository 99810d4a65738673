#include "analysis/figure.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/figure_private.h"

static const an_figure_kind kinds[] = {
    {"login_time", "how long logins take, by set-up, beside the published times", an_login_time_draw},
    {"refresh", "what policies of keeping the NAT report take, and what they leave: messages against stale time",
     an_refresh_draw},
    {"path_share", "which way pairs of a population find, against a swept share of it, beside what was foretold",
     an_path_share_draw},
    {"collapse", "how often a network stays down, over supernode capacity and the interval between attempts",
     an_collapse_draw},
    {"search_asked", "how many nodes a search asks until it ends, against the size of the network, by policy",
     an_search_asked_draw},
    {"search_risk", "what a right answer costs: nodes asked against searches that ended without one, by policy",
     an_search_risk_draw},
    {"ladder",
     "one login, packet by packet: of `peer`, else the median one of each set-up (needs `events: packets`)",
     an_ladders_draw},
    {"path_ladder", "at each point the path whose time is the median, packet by packet (needs `events: packets`)",
     an_path_ladders_draw},
};

size_t an_figure_table(const an_figure_kind **ret_table)
{
    *ret_table = kinds;
    return G_N_ELEMENTS(kinds);
}

const an_figure_kind *an_figure_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

an_estimate an_figure_estimate(const an_point *point, const char *text)
{
    an_selector selector;
    an_estimate estimate;
    char *error = NULL;
    if (!an_selector_parse(text, AN_FORM_VALUE, &selector, &error))
        g_error("%s", error); /* the figure's own text */
    an_reduce(point, &selector, &estimate);
    an_selector_clear(&selector);
    return estimate;
}

an_interval an_figure_interval(const an_estimate *estimate)
{
    if (estimate->method == AN_NO_INTERVAL)
        return (an_interval){estimate->value, estimate->value};
    return estimate->interval;
}

static char *figures_folder(const an_canvas *canvas)
{
    return g_build_filename(canvas->results->directory, "figures", NULL);
}

int an_canvas_put(const an_canvas *canvas, const char *name, const char *text, char **ret_error)
{
    g_autofree char *folder = figures_folder(canvas);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;

    if (g_mkdir_with_parents(folder, 0777) != 0) {
        *ret_error = g_strdup_printf("cannot create the folder '%s': %s", folder, g_strerror(errno));
        return -1;
    }
    if (!g_file_set_contents(path, text, -1, &error)) {
        *ret_error = g_strdup_printf("cannot write '%s': %s", path, error->message);
        return -1;
    }
    g_ptr_array_add(canvas->written, g_build_filename("figures", name, NULL));
    return 0;
}

void an_canvas_keep(const an_canvas *canvas, const char *hidden, const char *name)
{
    g_autofree char *folder = figures_folder(canvas);
    g_autofree char *from = g_build_filename(folder, hidden, NULL);
    g_autofree char *to = g_build_filename(folder, name, NULL);
    if (g_rename(from, to) == 0)
        g_ptr_array_add(canvas->written, g_build_filename("figures", name, NULL));
    else
        g_ptr_array_add(canvas->notes, g_strdup_printf("cannot write '%s': %s", to, g_strerror(errno)));
}

bool an_canvas_run(const an_canvas *canvas, const char *const *argv, const char *purpose)
{
    g_autofree char *folder = figures_folder(canvas);
    g_autofree char *complaint = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!g_spawn_sync(folder, (char **)(void *)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                      NULL, NULL, NULL, &complaint, &status, &error)) {
        bool absent = g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
        g_ptr_array_add(canvas->notes, absent ? g_strdup_printf("%s is not installed: %s", argv[0], purpose)
                                              : g_strdup_printf("%s could not be started (%s): %s", argv[0],
                                                                error->message, purpose));
        return false;
    }
    if (g_spawn_check_wait_status(status, NULL))
        return true;
    g_ptr_array_add(canvas->notes,
                    g_strdup_printf("%s failed (%s): %s", argv[0], g_strstrip(complaint), purpose));
    return false;
}

/* Folders in which the scripts may be, best first (strings to free). */
static GPtrArray *script_folders(const an_figure_options *options)
{
    GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
    const char *share = g_getenv("PARTYLINE_SHARE");
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);

    if (options->scripts)
        g_ptr_array_add(folders, g_strdup(options->scripts));
    if (share && *share)
        g_ptr_array_add(folders, g_build_filename(share, "analysis", NULL));
    if (program) {
        g_autofree char *beside = g_path_get_dirname(program);
        g_ptr_array_add(folders, g_build_filename(beside, "..", "analysis", NULL));
        g_ptr_array_add(folders, g_build_filename(beside, "..", "share", "partyline", "analysis", NULL));
    }
    return folders;
}

static char *read_script(const an_figure_options *options, const char *name)
{
    g_autoptr(GPtrArray) folders = script_folders(options);
    for (guint i = 0; i < folders->len; i++) {
        g_autofree char *path = g_build_filename(g_ptr_array_index(folders, i), name, NULL);
        char *text = NULL;
        if (g_file_get_contents(path, &text, NULL, NULL))
            return text;
    }
    return NULL;
}

/* gnuplot falls back silently on a font that is not there, with other widths: choose one that is. */
static const char *choose_font(void)
{
    const char *const argv[] = {"fc-list", "Lato", "family", NULL};
    g_autofree char *families = NULL;
    if (!g_spawn_sync(NULL, (char **)(void *)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                      NULL, NULL, &families, NULL, NULL, NULL))
        return "DejaVu Sans";
    return strstr(families, "Lato") ? "Lato" : "DejaVu Sans";
}

/* One run of gnuplot under a hidden name, so that a failed one leaves no half picture. */
static void draw_one(const an_canvas *canvas, const char *stem, const char *term)
{
    const char *program = canvas->options->gnuplot ? canvas->options->gnuplot : "gnuplot";
    g_autofree char *settings =
        g_strdup_printf("TERM='%s'; OUT='.%s.part'; FONT='%s'", term, stem, choose_font());
    g_autofree char *script = g_strdup_printf("%s.gp", stem);
    g_autofree char *hidden = g_strdup_printf(".%s.part.%s", stem, term);
    g_autofree char *name = g_strdup_printf("%s.%s", stem, term);
    g_autofree char *purpose =
        g_strdup_printf("figures/%s was not drawn; its data and script are there", name);
    const char *const argv[] = {program, "-e", settings, script, NULL};

    if (an_canvas_run(canvas, argv, purpose)) {
        an_canvas_keep(canvas, hidden, name);
        return;
    }
    g_autofree char *folder = figures_folder(canvas);
    g_autofree char *half = g_build_filename(folder, hidden, NULL);
    g_unlink(half);
}

int an_canvas_plot(const an_canvas *canvas, const char *stem, const char *head, const char *csv,
                   char **ret_error)
{
    g_autofree char *script_name = g_strdup_printf("%s.gp", stem);
    g_autofree char *data_name = g_strdup_printf("%s.csv", stem);
    g_autofree char *style = read_script(canvas->options, "style.gp");
    g_autofree char *script = read_script(canvas->options, script_name);

    if (an_canvas_put(canvas, data_name, csv, ret_error) < 0)
        return -1;
    if (!style || !script) {
        g_ptr_array_add(
            canvas->notes,
            g_strdup_printf("the script of figure '%s' was not found; set PARTYLINE_SHARE to the folder "
                            "that holds analysis/; its data are in figures/%s",
                            stem, data_name));
        return 0;
    }
    g_autofree char *defaults =
        g_strdup_printf("# gnuplot -e \"TERM='png'\" %s\nif (!exists(\"OUT\")) OUT = '%s'\nDATA = '%s'\n",
                        script_name, stem, data_name);
    g_autofree char *whole = g_strconcat(defaults, head, "\n", style, "\n", script, NULL);
    if (an_canvas_put(canvas, script_name, whole, ret_error) < 0)
        return -1;
    draw_one(canvas, stem, "svg");
    draw_one(canvas, stem, "png");
    return 0;
}

static char **take_strings(GPtrArray *strings, size_t *ret_n)
{
    *ret_n = strings->len;
    g_ptr_array_add(strings, NULL);
    return (char **)g_ptr_array_free(strings, FALSE);
}

int an_figure_draw(const an_results *results, const char *name, const an_figure_options *options,
                   an_figure_outcome *ret_outcome, char **ret_error)
{
    static const an_figure_options defaults = {0};
    an_canvas canvas = {.results = results, .options = options ? options : &defaults};
    int result = 0;

    if (name && !an_figure_find(name)) {
        *ret_error =
            g_strdup_printf("there is no figure '%s'; `partyline list figures` names them all", name);
        return -1;
    }
    canvas.written = g_ptr_array_new();
    canvas.notes = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && result == 0; i++)
        if (!name || strcmp(kinds[i].name, name) == 0)
            result = kinds[i].draw(&canvas, ret_error);
    ret_outcome->written = take_strings(canvas.written, &ret_outcome->n_written);
    ret_outcome->notes = take_strings(canvas.notes, &ret_outcome->n_notes);
    if (result < 0)
        an_figure_outcome_clear(ret_outcome);
    return result;
}

void an_figure_outcome_clear(an_figure_outcome *outcome)
{
    g_strfreev(outcome->written);
    g_strfreev(outcome->notes);
    *outcome = (an_figure_outcome){0};
}
