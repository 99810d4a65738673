/* The matrix on a terminal: a table a sheet, then what is wrong and how to see it again. */
#include <string.h>

#include "analysis/grid/grid_private.h"

/* chosen: beyond this a list of red cells is read in matrix.csv, not on a screen. */
#define RED_LISTED_MAX 12

const char *an_grid_symbol(const an_cell *cell)
{
    return cell->n_trials > 0 ? an_way_symbol(cell->trial.way) : "?";
}

/* chosen: the 256-colour neighbours of viridis from light (no help needed) to dark (a relay), with black or
 * white text as it reads; a failure is red. */
static const char *paint_of(const an_cell *cell)
{
    static const char *const paints[AN_WAYS_COUNT] = {
        [AN_WAY_DIRECT] = "48;5;227;38;5;16",  [AN_WAY_REVERSED] = "48;5;149;38;5;16",
        [AN_WAY_PUNCHED] = "48;5;72;38;5;16",  [AN_WAY_PREDICTED] = "48;5;37;38;5;16",
        [AN_WAY_SPRAYED] = "48;5;31;38;5;231", [AN_WAY_RELAYED] = "48;5;60;38;5;231",
        [AN_WAY_FAILED] = "48;5;160;38;5;231",
    };
    return cell->n_trials > 0 ? paints[cell->trial.way] : paints[AN_WAY_FAILED];
}

/* Never by colour alone: what is wrong has a mark of its own. */
static const char *mark_of(const an_cell *cell)
{
    return !cell->faults ? " " : cell->excuse ? "~" : "!";
}

static void append_cell(GString *text, const an_cell *cell, an_colour colour)
{
    if (colour == AN_COLOUR_ON)
        g_string_append_printf(text, "\033[%s%sm %s%s\033[0m", cell->faults ? "1;" : "", paint_of(cell),
                               an_grid_symbol(cell), mark_of(cell));
    else
        g_string_append_printf(text, " %s%s", an_grid_symbol(cell), mark_of(cell));
}

/* One character: what is wrong has its mark in place of its way. */
static void append_close_cell(GString *text, const an_cell *cell, an_colour colour)
{
    const char *shown = cell->faults ? mark_of(cell) : an_grid_symbol(cell);
    if (colour == AN_COLOUR_ON)
        g_string_append_printf(text, "\033[%s%sm%s\033[0m", cell->faults ? "1;" : "", paint_of(cell), shown);
    else
        g_string_append(text, shown);
}

static size_t name_width(const an_sheet *sheet)
{
    size_t width = strlen("caller \\ callee");
    for (size_t i = 0; i < sheet->n_rows; i++)
        width = MAX(width, (size_t)g_utf8_strlen(sheet->rows[i]->name, -1));
    return width;
}

/* Callees have the numbers that stand before the callers; one that is no caller is named below. */
static size_t number_of(const an_sheet *sheet, const an_kind *kind)
{
    for (size_t i = 0; i < sheet->n_rows; i++)
        if (sheet->rows[i] == kind)
            return i + 1;
    size_t number = sheet->n_rows;
    for (size_t i = 0; i < sheet->n_columns; i++) {
        bool is_row = false;
        for (size_t k = 0; k < sheet->n_rows; k++)
            is_row |= sheet->rows[k] == sheet->columns[i];
        number += !is_row;
        if (sheet->columns[i] == kind)
            break;
    }
    return number;
}

static void append_padded(GString *text, const char *what, size_t width)
{
    g_string_append(text, what);
    for (size_t len = (size_t)g_utf8_strlen(what, -1); len < width; len++)
        g_string_append_c(text, ' ');
}

static void append_other_callees(GString *text, const an_sheet *sheet)
{
    for (size_t i = 0; i < sheet->n_columns; i++) {
        size_t number = number_of(sheet, sheet->columns[i]);
        if (number > sheet->n_rows)
            g_string_append_printf(text, " %2zu %s\n", number, sheet->columns[i]->name);
    }
}

/* The numbers of the callees: beside each other, or, where cells stand closely, from top to bottom. */
static void append_numbers(GString *text, const an_sheet *sheet, size_t width)
{
    const bool is_close = sheet->n_columns > AN_GRID_CLOSE;
    for (size_t unit = !is_close ? 1 : sheet->n_columns < 100 ? 10 : 100; unit > 0; unit /= 10) {
        g_string_append(text, "    ");
        append_padded(text, unit == 1 ? "caller \\ callee" : "", width + 1);
        for (size_t i = 0; i < sheet->n_columns; i++) {
            const size_t number = number_of(sheet, sheet->columns[i]);
            if (!is_close)
                g_string_append_printf(text, "%2zu ", number);
            else
                g_string_append_c(text, number < unit ? ' ' : (char)('0' + number / unit % 10));
        }
        g_string_append_c(text, '\n');
    }
}

static void append_sheet(GString *text, const an_sheet *sheet, an_colour colour)
{
    g_autofree char *title = an_sheet_title(sheet);
    size_t width = name_width(sheet);
    g_string_append_printf(text, "%s\n", title);
    append_numbers(text, sheet, width);
    for (size_t row = 0; row < sheet->n_rows; row++) {
        g_string_append_printf(text, " %2zu ", row + 1);
        append_padded(text, sheet->rows[row]->name, width + 1);
        for (size_t column = 0; column < sheet->n_columns; column++)
            (sheet->n_columns > AN_GRID_CLOSE ? append_close_cell : append_cell)(
                text, an_sheet_cell(sheet, row, column), colour);
        g_string_append_c(text, '\n');
    }
    append_other_callees(text, sheet);
    g_string_append_c(text, '\n');
}

static void append_legend(GString *text, const an_matrix *matrix)
{
    an_matrix_tally tally = an_matrix_count(matrix);
    for (size_t way = 0; way < AN_WAYS_COUNT; way++)
        g_string_append_printf(text, "%s%s %s %zu", way ? " · " : "  ", an_way_symbol((an_way)way),
                               an_way_name((an_way)way), tally.ways[way]);
    g_string_append(text, "\n  ! wrong · ~ wrong, as expected · ? no session\n\n");
}

static void append_sign(GString *text, const char *sign, const char *paint, an_colour colour)
{
    if (colour == AN_COLOUR_ON)
        g_string_append_printf(text, "  \033[%sm%s\033[0m ", paint, sign);
    else
        g_string_append_printf(text, "  %s ", sign);
}

static void append_wrong(GString *text, const an_sheet *sheet, const an_cell *cell,
                         const an_grid_options *options)
{
    g_autofree char *key = an_cell_key(sheet, cell), *drop = an_cell_last_drop(cell);
    g_autofree char *replay = an_grid_replay(sheet, cell, options);
    append_sign(text, cell->excuse ? "~" : "✗", cell->excuse ? "33" : "31", options->colour);
    g_string_append_printf(text, "%s\n", key);
    for (guint i = 0; i < cell->wrong->len; i++)
        g_string_append_printf(text, "      %s\n", (const char *)cell->wrong->pdata[i]);
    if (cell->excuse)
        g_string_append_printf(text, "      expected:   %s\n", cell->excuse);
    if (*drop)
        g_string_append_printf(text, "      last drop:  %s\n", drop);
    if (replay)
        g_string_append_printf(text, "      again:      %s\n", replay);
}

/* Red cells; what is excused is counted only. */
static void append_red(GString *text, const an_matrix *matrix, const an_grid_options *options)
{
    size_t listed = 0, red = an_matrix_count(matrix).red;
    for (size_t s = 0; s < matrix->n_sheets; s++) {
        const an_sheet *sheet = &matrix->sheets[s];
        for (size_t i = 0; i < sheet->n_rows * sheet->n_columns && listed < RED_LISTED_MAX; i++)
            if (an_cell_is_red(&sheet->cells[i])) {
                append_wrong(text, sheet, &sheet->cells[i], options);
                listed++;
            }
    }
    if (red > listed)
        g_string_append_printf(text, "  … and %zu more: see matrix.csv\n", red - listed);
}

static void append_moves(GString *text, const an_moves *moves, an_colour colour)
{
    static const char *const paints[] = {[AN_BETTER] = "32", [AN_WORSE] = "31", [AN_ASIDE] = "33"};
    for (guint i = 0; i < moves->moves->len; i++) {
        const an_move *move = &g_array_index(moves->moves, an_move, i);
        append_sign(text, an_direction_sign(move->direction), paints[move->direction], colour);
        g_string_append_printf(text, "%s   %s → %s\n", move->key, move->before, move->after);
    }
    if (moves->moves->len == 0)
        g_string_append_printf(text, "No cell moved: %zu are what they were.\n", moves->n_compared);
    else
        g_string_append_printf(text, "%u cell%s moved since the baseline, of %zu.\n", moves->moves->len,
                               moves->moves->len == 1 ? "" : "s", moves->n_compared);
}

static void append_sentences(GString *text, const GPtrArray *sentences, const char *sign, const char *paint,
                             an_colour colour)
{
    for (guint i = 0; i < sentences->len; i++) {
        append_sign(text, sign, paint, colour);
        g_string_append_printf(text, "%s\n", (const char *)sentences->pdata[i]);
    }
}

static void append_cost(GString *text, const an_grid_options *options)
{
    if (options->wall_seconds > 0)
        g_string_append_printf(text, "   %.3g s wall, %.3g s virtual (×%.3g)", options->wall_seconds,
                               options->virtual_seconds, options->virtual_seconds / options->wall_seconds);
    g_string_append(text, "\n\n");
}

static void append_verdict(GString *text, const an_matrix *matrix, const an_grid_options *options)
{
    an_matrix_tally tally = an_matrix_count(matrix);
    if (options->early)
        g_string_append_printf(text, "Not the whole run (%s): nothing is decided.  ", options->early);
    g_string_append_printf(text, "%zu cell%s judged: %zu as they should be, %zu wrong", tally.cells,
                           tally.cells == 1 ? "" : "s", tally.good, tally.red);
    if (tally.excused)
        g_string_append_printf(text, ", %zu wrong as expected", tally.excused);
    g_string_append_printf(text, ".  %zu are published elsewhere", tally.published);
    if (tally.deviating)
        g_string_append_printf(text, ", %zu of them argued otherwise", tally.deviating);
    g_string_append_c(text, '.');
    if (options->directory)
        g_string_append_printf(text, "\nResults: %s   Page: %s/figures/matrix.html", options->directory,
                               options->directory);
    g_string_append_c(text, '\n');
}

char *an_grid_text(const an_matrix *matrix, const an_grid_options *options)
{
    GString *text = g_string_new(options->scenario);
    append_cost(text, options);
    if (options->moves) {
        append_moves(text, options->moves, options->colour);
    } else {
        for (size_t s = 0; s < matrix->n_sheets; s++)
            append_sheet(text, &matrix->sheets[s], options->colour);
        append_legend(text, matrix);
        append_sentences(text, matrix->remarks, "·", "0", options->colour);
    }
    append_red(text, matrix, options);
    append_sentences(text, matrix->findings, "✗", "31", options->colour);
    append_verdict(text, matrix, options);
    return g_string_free(text, FALSE);
}
