/* The page: a verdict, what is wrong, a heat map a sheet, ladders, and how it was judged. */
#include <string.h>

#include "analysis/grid/grid_private.h"

typedef struct page {
    GString *html;
    const an_matrix *matrix;
    const an_grid_options *options;
    const GArray *ladders; /* of an_grid_ladder */
    size_t n_told;         /* cells of close sheets that have a title */
} page;

/* chosen: of a close sheet good cells are squares without a title, and of the wrong ones so many have one, lest
 * 20 000 cells make a page of 7 MB: what a title says stands in matrix.csv too. */
#define CLOSE_TOLD_MAX 800

G_GNUC_PRINTF(2, 3) static void put(page *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(p->html, format, arguments);
    va_end(arguments);
}

/* The same, with every argument's text escaped. */
G_GNUC_PRINTF(2, 3) static void put_safe(page *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_markup_vprintf_escaped(format, arguments);
    va_end(arguments);
    g_string_append(p->html, text);
}

static void put_head(page *p)
{
    bool good = an_grid_exit(p->matrix, p->options) == 0 && !p->options->early;
    const char *verdict = an_grid_verdict(p->matrix, p->options), *again = p->options->again;
    an_matrix_tally tally = an_matrix_count(p->matrix);
    put_safe(p,
             "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
             "content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<title>%s: every kind of end with every other</title>\n<style>",
             p->options->scenario);
    an_grid_append_style(p->html);
    put_safe(p,
             "</style>\n</head>\n<body data-again=\"%s\">\n<main>\n<div class=\"verdict %s\">%s "
             "%s</div>\n<h1>%s</h1>\n",
             again ? again : "", good ? "ok" : "no", good ? "✓" : "✗", verdict, p->options->scenario);
    put(p, "<p class=\"mute\">%zu cells judged: %zu as they should be, %s%zu wrong%s", tally.cells,
        tally.good, tally.red ? "<a href=\"#wrong\">" : "", tally.red, tally.red ? "</a>" : "");
    if (tally.excused)
        put(p, ", %zu wrong as expected", tally.excused);
    put(p, ". Of %zu a table was published", tally.published);
    if (tally.deviating)
        put(p, "; %zu are argued otherwise", tally.deviating);
    put(p, ". Seed %" G_GUINT64_FORMAT ".</p>\n", p->options->seed);
    if (p->options->early)
        put_safe(p, "<p>Not the whole run: %s.</p>\n", p->options->early);
}

static void put_legend(page *p)
{
    an_matrix_tally tally = an_matrix_count(p->matrix);
    static const char *const meanings[AN_WAYS_COUNT] = {
        "the caller's packets reach the callee with no help",
        "the callee opens to the caller",
        "both send, and open each other's way",
        "at a port that was foretold",
        "at a port that was hit by chance",
        "through a supernode",
        "no path",
    };
    put(p, "<div class=\"bar\" aria-hidden=\"true\">");
    for (size_t way = 0; way < AN_WAYS_COUNT; way++)
        if (tally.ways[way])
            put(p, "<i class=\"w%zu\" style=\"flex:%zu\"></i>", way, tally.ways[way]);
    put(p, "</div>\n<ul class=\"legend\">\n");
    for (size_t way = 0; way < AN_WAYS_COUNT; way++)
        put(p, "<li title=\"%s\"><b class=\"w%zu\">%s</b>%s <span class=\"mute\">%zu</span></li>\n",
            meanings[way], way, an_way_symbol((an_way)way), an_way_name((an_way)way), tally.ways[way]);
    put(p, "<li class=\"mute\">! wrong · ~ wrong, as expected · ? no session · underlined: its ladder is "
           "below</li>\n</ul>\n");
}

static void put_wrong_cell(page *p, const an_sheet *sheet, const an_cell *cell)
{
    g_autofree char *title = an_sheet_title(sheet), *drop = an_cell_last_drop(cell);
    g_autofree char *replay = an_grid_replay(sheet, cell, p->options);
    put_safe(p, "<div class=\"wrong%s\"><p><b>%s → %s</b> <span class=\"mute\">%s</span></p>",
             cell->excuse ? " known" : "", cell->caller->name, cell->callee->name, title);
    for (guint i = 0; i < cell->wrong->len; i++)
        put_safe(p, "<p>%s</p>", (const char *)cell->wrong->pdata[i]);
    if (cell->excuse)
        put_safe(p, "<p class=\"mute\">expected: %s</p>", cell->excuse);
    if (*drop)
        put_safe(p, "<p class=\"mute\">last drop: %s</p>", drop);
    if (replay)
        put_safe(p, "<p><code>%s</code></p>", replay);
    put(p, "</div>\n");
}

/* chosen: a page that lists more wrong cells is not read to its end; all are in the heat maps and in
 * matrix.csv. */
#define WRONG_LISTED_MAX 60

static void put_wrong(page *p)
{
    an_matrix_tally tally = an_matrix_count(p->matrix);
    size_t listed = 0;
    if (tally.red + tally.excused + p->matrix->findings->len == 0)
        return;
    put(p, "<h2 id=\"wrong\">What is wrong</h2>\n");
    for (guint i = 0; i < p->matrix->findings->len; i++)
        put_safe(p, "<div class=\"wrong\"><p>%s</p></div>\n", (const char *)p->matrix->findings->pdata[i]);
    put(p, "<div class=\"list\">\n");
    for (size_t s = 0; s < p->matrix->n_sheets; s++)
        for (size_t i = 0; i < p->matrix->sheets[s].n_rows * p->matrix->sheets[s].n_columns; i++) {
            const an_cell *cell = &p->matrix->sheets[s].cells[i];
            if (!cell->faults || ++listed > WRONG_LISTED_MAX)
                continue;
            put_wrong_cell(p, &p->matrix->sheets[s], cell);
        }
    put(p, "</div>\n");
    if (listed > WRONG_LISTED_MAX)
        put(p, "<p class=\"mute\">… and %zu more, in matrix.csv.</p>\n", listed - WRONG_LISTED_MAX);
}

static void put_moves(page *p)
{
    const an_moves *moves = p->options->moves;
    if (!moves)
        return;
    put(p, "<h2>Since the baseline</h2>\n<table class=\"facts\">\n");
    for (guint i = 0; i < moves->moves->len; i++) {
        const an_move *move = &g_array_index(moves->moves, an_move, i);
        put_safe(p, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
                 an_direction_sign(move->direction), move->key, move->before, move->after);
    }
    put(p, "</table>\n<p class=\"mute\">%u of %zu cells moved.</p>\n", moves->moves->len, moves->n_compared);
}

static size_t ladder_of(const page *p, const char *key)
{
    for (guint i = 0; i < p->ladders->len; i++)
        if (strcmp(g_array_index(p->ladders, an_grid_ladder, i).key, key) == 0)
            return i;
    return SIZE_MAX;
}

static void append_facts(GString *text, const an_cell *cell)
{
    const an_trial *trial = &cell->trial;
    if (cell->n_trials == 0)
        return;
    g_string_append_printf(text, "%s", trial->class);
    if (trial->way != AN_WAY_FAILED)
        g_string_append_printf(text, " via %s, %s to %s", trial->via, trial->local, trial->remote);
    else if (*trial->cause)
        g_string_append_printf(text, ": %s", trial->cause);
    g_string_append_printf(text, "\n%.3g s, %" G_GINT64_FORMAT " packets", (double)trial->time_ns / PL_SECOND,
                           trial->packets);
    if (*trial->relay)
        g_string_append_printf(text, ", relay %s", trial->relay);
    if (an_cell_is_alive(cell))
        g_string_append_printf(text, "; lived through %.3g s of silence",
                               (double)trial->silence_ns / PL_SECOND);
}

/* What a pointer on the cell shows: one fact a line. */
static char *title_of(const an_cell *cell)
{
    g_autofree char *drop = an_cell_last_drop(cell), *possible = an_ways_text(cell->expected.possible, " ");
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s → %s\n", cell->caller->name, cell->callee->name);
    append_facts(text, cell);
    g_string_append_printf(text, "\npossible: %s; %s", possible, cell->expected.reason);
    if (cell->is_published)
        g_string_append_printf(text, "\npublished: %s", cell->published.text);
    if (*drop)
        g_string_append_printf(text, "\nlast drop: %s", drop);
    for (guint i = 0; i < cell->wrong->len; i++)
        g_string_append_printf(text, "\nwrong: %s", (const char *)cell->wrong->pdata[i]);
    return g_string_free(text, FALSE);
}

/* Whether the cell is a square without a title. */
static bool is_mute(page *p, const an_sheet *sheet, const an_cell *cell, size_t ladder)
{
    if (sheet->n_columns <= AN_GRID_CLOSE || ladder != SIZE_MAX)
        return false;
    return !cell->faults || p->n_told++ >= CLOSE_TOLD_MAX;
}

static void put_cell(page *p, const an_sheet *sheet, const an_cell *cell)
{
    g_autofree char *key = an_cell_key(sheet, cell), *title = title_of(cell);
    g_autofree char *escaped = g_markup_escape_text(title, -1);
    size_t ladder = ladder_of(p, key);
    put(p, "<td class=\"");
    if (cell->n_trials > 0)
        put(p, "w%d", (int)cell->trial.way);
    else
        put(p, "none");
    put(p, "%s%s\">",
        !cell->faults  ? ""
        : cell->excuse ? " known"
                       : " bad",
        ladder != SIZE_MAX ? " drawn" : "");
    if (is_mute(p, sheet, cell, ladder)) {
        put(p, "%s</td>", an_grid_symbol(cell));
        return;
    }
    put(p, "<a href=\"#");
    if (ladder != SIZE_MAX)
        put(p, "ladder-%zu", ladder);
    else
        put(p, "again");
    put(p, "\" title=\"%s\">%s</a></td>", escaped, an_grid_symbol(cell));
}

static void put_sheet(page *p, const an_sheet *sheet)
{
    g_autofree char *title = an_sheet_title(sheet);
    const char *close = sheet->n_columns > AN_GRID_CLOSE ? " close" : "";
    put_safe(
        p,
        "<figure class=\"sheet%s\"><figcaption>%s</figcaption><div class=\"scroll\">\n<table class=\"grid%s\" "
        "data-title=\"%s\" data-transport=\"%s\" data-case=\"%s\">\n<thead><tr><th>caller ↓ callee →</th>",
        close, title, close, title, an_transport_name(sheet->transport), sheet->case_name);
    for (size_t i = 0; i < sheet->n_columns; i++)
        put_safe(p, "<th scope=\"col\"><span>%s</span></th>", sheet->columns[i]->name);
    put(p, "</tr></thead>\n<tbody>\n");
    for (size_t row = 0; row < sheet->n_rows; row++) {
        put_safe(p, "<tr><th scope=\"row\">%s</th>", sheet->rows[row]->name);
        for (size_t column = 0; column < sheet->n_columns; column++)
            put_cell(p, sheet, an_sheet_cell(sheet, row, column));
        put(p, "</tr>\n");
    }
    put(p, "</tbody></table></div></figure>\n");
}

static void put_ladders(page *p)
{
    if (p->ladders->len == 0)
        return;
    put(p, "<h2>Ladders</h2>\n<p class=\"mute\">Packet by packet, from the caller's start until the path "
           "stood.</p>\n");
    for (guint i = 0; i < p->ladders->len; i++) {
        const an_grid_ladder *ladder = &g_array_index(p->ladders, an_grid_ladder, i);
        put_safe(p, "<details id=\"ladder-%u\"%s><summary>%s</summary><div class=\"svg\">\n", i,
                 p->ladders->len == 1 ? " open" : "", ladder->key);
        g_string_append(p->html, ladder->svg);
        put(p, "</div></details>\n");
    }
}

static void put_again(page *p)
{
    put(p, "<h2 id=\"again\">A cell again</h2>\n");
    if (p->options->again)
        put_safe(p,
                 "<p>One cell alone, with its packets recorded and its ladder drawn:</p>\n<p><code>%s --cell "
                 "CALLER,CALLEE,TRANSPORT,CASE</code></p>\n",
                 p->options->again);
    else
        put(p, "<p>The scenario's file is not known: <code>partyline matrix FILE --cell "
               "CALLER,CALLEE,TRANSPORT,CASE"
               "</code> runs one cell alone and draws its ladder.</p>\n");
}

static void put_judging(page *p)
{
    const an_deviation *deviations;
    size_t n = an_published_deviations(&deviations);
    put(p, "<h2>How a cell is judged</h2>\n<p>An oracle composes the rules of the boxes on both sides and "
           "says which ways "
           "are possible; the cell has to take the first of them that its profile has. Where a table was "
           "published, it has "
           "to agree with that too. Traffic runs for 10 s, the path is left alone for 45 s, and everything "
           "that is sent "
           "after that has to come back. Time and packets have bounds by way, and the same pair the other "
           "way round has to "
           "come out the same.</p>\n");
    for (guint i = 0; i < p->matrix->remarks->len; i++)
        put_safe(p, "<p>%s.</p>\n", (const char *)p->matrix->remarks->pdata[i]);
    if (n == 0)
        return;
    put(p, "<table class=\"facts\">\n<tr><th>profile</th><th>ends</th><th></th><th>why the table is not "
           "followed</th></tr>\n");
    for (size_t i = 0; i < n; i++)
        put_safe(p, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", deviations[i].era,
                 an_published_deviants(deviations[i].whose), an_transport_name(deviations[i].transport),
                 deviations[i].argument);
    put(p, "</table>\n");
}

static void clear_ladder(gpointer pointer)
{
    an_grid_ladder *ladder = pointer;
    g_free(ladder->key);
    g_free(ladder->svg);
}

char *an_grid_html(const an_matrix *matrix, const an_grid_options *options)
{
    g_autoptr(GArray) ladders = an_grid_ladders(matrix, options);
    g_array_set_clear_func(ladders, clear_ladder);
    page p = {.html = g_string_new(NULL), .matrix = matrix, .options = options, .ladders = ladders};
    put_head(&p);
    put_legend(&p);
    put_moves(&p);
    put(&p, "<div class=\"sheets\">\n");
    for (size_t s = 0; s < matrix->n_sheets; s++)
        put_sheet(&p, &matrix->sheets[s]);
    put(&p, "</div>\n");
    put_wrong(&p);
    put_ladders(&p);
    put_again(&p);
    put_judging(&p);
    put(&p, "</main>\n<div id=\"panel\" role=\"status\"></div>\n<script>");
    an_grid_append_script(p.html);
    put(&p, "</script>\n</body>\n</html>\n");
    return g_string_free(p.html, FALSE);
}
