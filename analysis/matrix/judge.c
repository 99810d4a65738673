/* What is wrong with a cell, and with all of them together. */
#include "analysis/matrix/matrix_private.h"

#include <math.h>
#include <string.h>

const char *an_fault_name(an_fault fault)
{
    static const char *const names[] = {
#define X(id, name) [id] = name,
        AN_FAULTS(X)
#undef X
    };
    return names[fault];
}

/* A bound on a way: when it stands at the latest, and what the caller spends on it at most. */
typedef struct bound {
    pl_span time;
    int64_t packets;
} bound;

/* chosen: what is tried before a way counts too.  Gathering and signalling take 1.5 s where nothing is lost,
 * a stage of direct or reversed 1 s, a punch 2 s, and the same with another 1.5 s from fresh ports, foretold
 * ports 1.5 s, a spray of 256 sockets and then 1024 probes at 100/s 14.5 s; a stage over TCP has SYNs at 0, 1
 * and 3 s, so 4 s.  Packets are those of both hosts, with what they say to their supernodes meanwhile: a few dozen, and
 * what a spray has, 1024 probes and 256 sockets. */
static const bound bounds[2][AN_WAYS_COUNT] = {
    [AN_UDP] = {[AN_WAY_DIRECT] = {4 * PL_SECOND, 80},
                [AN_WAY_REVERSED] = {4 * PL_SECOND, 80},
                [AN_WAY_PUNCHED] = {8 * PL_SECOND, 120},
                [AN_WAY_PREDICTED] = {8 * PL_SECOND, 150},
                [AN_WAY_SPRAYED] = {20 * PL_SECOND, 1800},
                [AN_WAY_RELAYED] = {12 * PL_SECOND, 200},
                [AN_WAY_FAILED] = {30 * PL_SECOND, 1800}},
    [AN_TCP] = {[AN_WAY_DIRECT] = {8 * PL_SECOND, 100},
                [AN_WAY_REVERSED] = {10 * PL_SECOND, 100},
                [AN_WAY_PUNCHED] = {14 * PL_SECOND, 120},
                [AN_WAY_PREDICTED] = {14 * PL_SECOND, 150},
                [AN_WAY_SPRAYED] = {14 * PL_SECOND, 1800},
                [AN_WAY_RELAYED] = {20 * PL_SECOND, 200},
                [AN_WAY_FAILED] = {30 * PL_SECOND, 1800}},
};

/* chosen: what the caller sends before the callee knows that the path stands is lost with reason; 2 of 100.
 */
#define FIRST_LOST_MAX 0.02
/* The silence that the path has to outlive; the issue's. */
#define SILENCE_LEAST (45 * PL_SECOND)
/* What a client sprays, at different ports each time.
 * chosen: so few hits that they come less often than one run in a thousand are no bad luck. */
#define SPRAY_SOCKETS 256
#define SPRAY_PROBES  1024
#define SPRAY_PORTS   64512
#define SPRAY_UNLUCKY 0.001

/* 1 − Π (1 − sockets / (ports − k)) over k < probes: 98.35 %.  The sockets all stand before the first probe, and what
 * opens them reaches nobody, so that it is the same past every kind of box. */
static double spray_hit(void)
{
    double miss = 1;
    for (int k = 0; k < SPRAY_PROBES; k++)
        miss *= 1 - (double)SPRAY_SOCKETS / (SPRAY_PORTS - k);
    return 1 - miss;
}

G_GNUC_PRINTF(3, 4) static void blame(an_cell *cell, an_fault fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cell->faults |= 1u << fault;
    g_ptr_array_add(cell->wrong, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static an_question question_of(const an_sheet *sheet, const an_cell *cell)
{
    return (an_question){.caller = cell->caller,
                         .callee = cell->callee,
                         .transport = sheet->transport,
                         .crossing = sheet->crossing,
                         .era = sheet->era};
}

void an_judge_expect(const an_sheet *sheet, an_cell *cell)
{
    const an_question question = question_of(sheet, cell);
    an_oracle_ask(&question, &cell->expected);
    cell->is_published = an_published_find(&question, &cell->published);
    cell->deviation = an_published_deviation(&question);
}

/* An argued deviation widens what is accepted. */
static unsigned accepted_of(const an_cell *cell)
{
    return cell->expected.accepted | (cell->deviation ? cell->deviation->accepted : 0);
}

/* "punched", or "sprayed or relayed". */
static char *expected_text(const an_cell *cell)
{
    GString *text = g_string_new(NULL);
    for (size_t way = 0; way < AN_WAYS_COUNT; way++)
        if (accepted_of(cell) & AN_WAY_BIT(way))
            g_string_append_printf(text, "%s%s", text->len ? " or " : "", an_way_name((an_way)way));
    return g_string_free(text, FALSE);
}

static bool is_transport_good(const an_sheet *sheet, const an_cell *cell)
{
    const an_trial *trial = &cell->trial;
    if (trial->way == AN_WAY_FAILED)
        return true;
    if (trial->way != AN_WAY_RELAYED)
        return sheet->transport == AN_ANY || trial->transport == sheet->transport;
    if (cell->expected.relay_is_tcp)
        return trial->transport == AN_TCP;
    /* A relay's legs may always use both transports, but nothing forces TCP on who has UDP. */
    return trial->transport == AN_UDP || sheet->transport == AN_TCP;
}

static void judge_class(const an_sheet *sheet, an_cell *cell)
{
    const an_trial *trial = &cell->trial;
    g_autofree char *expected = expected_text(cell);
    if (!(accepted_of(cell) & AN_WAY_BIT(trial->way)))
        blame(cell, AN_FAULT_CLASS, "%s, %s is expected: %s", trial->class, expected, cell->expected.reason);
    else if (!is_transport_good(sheet, cell))
        blame(cell, AN_FAULT_CLASS, "%s goes over the wrong transport", trial->class);
    else if (trial->way < AN_WAY_RELAYED && strcmp(trial->via, an_where_name(cell->expected.where)) != 0)
        blame(cell, AN_FAULT_WHERE, "via %s, %s is expected: %s", trial->via,
              an_where_name(cell->expected.where), cell->expected.reason);
}

static void judge_table(an_cell *cell)
{
    unsigned accepted = cell->published.accepted | (cell->deviation ? cell->deviation->accepted : 0);
    if (cell->is_published && !(accepted & AN_WAY_BIT(cell->trial.way)))
        blame(cell, AN_FAULT_TABLE, "%s, but the table \"%s\" says \"%s\"", cell->trial.class,
              cell->published.table, cell->published.text);
}

static void judge_traffic(an_cell *cell)
{
    const an_trial *trial = &cell->trial;
    double lost = trial->sent > 0 ? 1 - (double)trial->received / (double)trial->sent : 1;
    if (trial->sent == 0)
        blame(cell, AN_FAULT_TRAFFIC, "no traffic was sent on the path");
    else if (lost > FIRST_LOST_MAX)
        blame(cell, AN_FAULT_TRAFFIC,
              "of %" G_GINT64_FORMAT " packets sent at first %" G_GINT64_FORMAT " came back", trial->sent,
              trial->received);
    if (trial->silence_ns < SILENCE_LEAST)
        blame(cell, AN_FAULT_SILENCE, "the path was tried by %.3g s of silence, not by %.3g s",
              (double)trial->silence_ns / PL_SECOND, (double)SILENCE_LEAST / PL_SECOND);
    else if (trial->sent_after == 0 || trial->received_after < trial->sent_after)
        blame(cell, AN_FAULT_SILENCE,
              "after %.3g s of silence %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " packets came back",
              (double)trial->silence_ns / PL_SECOND, trial->received_after, trial->sent_after);
}

static void judge_cost(const an_sheet *sheet, an_cell *cell)
{
    const an_trial *trial = &cell->trial;
    /* Who may use both has tried UDP in vain before TCP: bounds add up. */
    an_transport own = sheet->transport == AN_UDP ? AN_UDP : AN_TCP;
    bound most = bounds[own][trial->way];
    /* A spray that missed was paid for all the same. */
    if (trial->way == AN_WAY_RELAYED && cell->expected.first == AN_WAY_SPRAYED) {
        most.time += bounds[AN_UDP][AN_WAY_SPRAYED].time;
        most.packets += bounds[AN_UDP][AN_WAY_SPRAYED].packets;
    }
    if (sheet->transport == AN_ANY)
        most.time += bounds[AN_UDP][AN_WAY_SPRAYED].time;
    if (trial->time_ns > most.time)
        blame(cell, AN_FAULT_TIME, "%s took %.3g s, %.3g s are the bound", trial->class,
              (double)trial->time_ns / PL_SECOND, (double)most.time / PL_SECOND);
    if (trial->packets > most.packets)
        blame(cell, AN_FAULT_PACKETS,
              "%s took %" G_GINT64_FORMAT " packets, %" G_GINT64_FORMAT " are the budget", trial->class,
              trial->packets, most.packets);
}

void an_judge_trial(const an_sheet *sheet, an_cell *cell)
{
    cell->faults = 0;
    g_ptr_array_set_size(cell->wrong, 0);
    judge_class(sheet, cell);
    judge_table(cell);
    if (cell->trial.way != AN_WAY_FAILED)
        judge_traffic(cell);
    judge_cost(sheet, cell);
}

/* --- all cells together --- */

/* Turned round, direct and reversed are one. */
static an_way unturned(an_way way)
{
    return way == AN_WAY_REVERSED ? AN_WAY_DIRECT : way;
}

static bool is_certain(const an_cell *cell)
{
    return (accepted_of(cell) & (accepted_of(cell) - 1)) == 0;
}

static const an_cell *mirror_of(const an_sheet *sheet, const an_cell *cell)
{
    for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++)
        if (sheet->cells[i].caller == cell->callee && sheet->cells[i].callee == cell->caller)
            return &sheet->cells[i];
    return NULL;
}

static void judge_symmetry(const an_sheet *sheet, an_cell *cell)
{
    const an_cell *mirror = mirror_of(sheet, cell);
    if (!mirror || mirror == cell || mirror->n_trials == 0)
        return;
    if (!is_certain(cell) || unturned(cell->expected.first) != unturned(mirror->expected.first))
        return;
    /* Where one of the two is wrong by itself, it alone is to blame. */
    const unsigned wrong = 1u << AN_FAULT_CLASS;
    if (!(cell->faults & wrong) && (mirror->faults & wrong))
        return;
    if (unturned(cell->trial.way) != unturned(mirror->trial.way))
        blame(cell, AN_FAULT_ASYMMETRIC, "%s, but %s where the two call the other way round",
              cell->trial.class, mirror->trial.class);
}

static void judge_sheet(const an_sheet *sheet)
{
    for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++) {
        an_cell *cell = &sheet->cells[i];
        if (cell->n_trials > 0)
            judge_symmetry(sheet, cell);
        else
            blame(cell, AN_FAULT_MISSING, "no session was recorded");
    }
}

/* The chance of `hits` or fewer in n sprays. */
static double chance_of_so_few(size_t hits, size_t n)
{
    double sum = 0, hit = spray_hit();
    for (size_t k = 0; k <= hits; k++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) +
                   (double)k * log(hit) + (double)(n - k) * log1p(-hit));
    return MIN(sum, 1);
}

/* Sprays of a sheet, and how many of them hit; those with an end of that kind, NULL = all. */
typedef struct sprays {
    size_t n, hits;
} sprays;

static sprays count_sprays(const an_sheet *sheet, const an_kind *kind)
{
    sprays all = {0, 0};
    for (size_t i = 0; sheet->transport == AN_UDP && i < sheet->n_rows * sheet->n_columns; i++) {
        const an_cell *cell = &sheet->cells[i];
        if (cell->n_trials == 0 || cell->expected.first != AN_WAY_SPRAYED ||
            (kind && cell->caller != kind && cell->callee != kind))
            continue;
        all.n++;
        all.hits += cell->trial.way == AN_WAY_SPRAYED;
    }
    return all;
}

/* A box that spoils what a spray may hit is one kind among many, and does not show in the sum of all. */
static void judge_chance_of_kind(an_matrix *matrix, const an_sheet *sheet, const an_kind *kind)
{
    const sprays some = count_sprays(sheet, kind);
    if (some.n == 0 || chance_of_so_few(some.hits, some.n) >= SPRAY_UNLUCKY / (double)matrix->kinds.n)
        return;
    g_autofree char *title = an_sheet_title(sheet);
    g_ptr_array_add(matrix->findings,
                    g_strdup_printf("%s: %zu of %zu sprays hit with %s at one end; %.1f %% is the chance of one", title,
                                    some.hits, some.n, kind->name, 100 * spray_hit()));
}

/* Of one sheet: the cases of a run share their draws, so that one miss is the same in each. */
static void judge_chance(an_matrix *matrix, const an_sheet *sheet)
{
    const sprays all = count_sprays(sheet, NULL);
    if (all.n == 0)
        return;
    g_autofree char *title = an_sheet_title(sheet);
    char *sentence = g_strdup_printf("%s: %zu of %zu sprays hit; %.1f %% is the chance of one", title, all.hits,
                                     all.n, 100 * spray_hit());
    bool unlucky = chance_of_so_few(all.hits, all.n) < SPRAY_UNLUCKY;
    g_ptr_array_add(unlucky ? matrix->findings : matrix->remarks, sentence);
    for (size_t i = 0; !unlucky && i < matrix->kinds.n; i++)
        judge_chance_of_kind(matrix, sheet, &matrix->kinds.kinds[i]);
}

void an_judge_whole(an_matrix *matrix)
{
    for (size_t s = 0; s < matrix->n_sheets; s++) {
        judge_sheet(&matrix->sheets[s]);
        judge_chance(matrix, &matrix->sheets[s]);
    }
}

/* --- what a cell is --- */

an_cell *an_sheet_cell(const an_sheet *sheet, size_t row, size_t column)
{
    return &sheet->cells[row * sheet->n_columns + column];
}

char *an_sheet_title(const an_sheet *sheet)
{
    g_autofree char *transport = g_ascii_strup(an_transport_name(sheet->transport), -1);
    const char *crossing = sheet->crossing == AN_CROSS ? "first packets cross" : "first packets do not cross";
    return g_strdup_printf("%s · %s · %s", transport, crossing, sheet->profile);
}

char *an_cell_key(const an_sheet *sheet, const an_cell *cell)
{
    return g_strdup_printf("%s/%s/%s/%s/%s", sheet->profile, an_transport_name(sheet->transport),
                           sheet->case_name, cell->caller->name, cell->callee->name);
}

bool an_cell_is_alive(const an_cell *cell)
{
    const unsigned dead = 1u << AN_FAULT_MISSING | 1u << AN_FAULT_TRAFFIC | 1u << AN_FAULT_SILENCE;
    return cell->n_trials > 0 && cell->trial.way != AN_WAY_FAILED && !(cell->faults & dead);
}

bool an_cell_is_red(const an_cell *cell)
{
    return cell->faults && !cell->excuse;
}

char *an_cell_last_drop(const an_cell *cell)
{
    const an_trial *trial = &cell->trial;
    if (cell->n_trials == 0 || !*trial->drop_cause)
        return g_strdup("");
    return *trial->drop_box ? g_strdup_printf("%s at %s", trial->drop_cause, trial->drop_box)
                            : g_strdup(trial->drop_cause);
}

an_matrix_tally an_matrix_count(const an_matrix *matrix)
{
    an_matrix_tally tally = {0};
    for (size_t s = 0; s < matrix->n_sheets; s++) {
        const an_sheet *sheet = &matrix->sheets[s];
        for (size_t i = 0; i < sheet->n_rows * sheet->n_columns; i++) {
            const an_cell *cell = &sheet->cells[i];
            tally.cells++;
            tally.good += !cell->faults;
            tally.red += an_cell_is_red(cell);
            tally.excused += cell->faults && cell->excuse;
            tally.published += cell->is_published;
            tally.deviating += cell->is_published && cell->deviation;
            if (cell->n_trials > 0)
                tally.ways[cell->trial.way]++;
        }
    }
    return tally;
}

bool an_matrix_is_good(const an_matrix *matrix)
{
    return an_matrix_count(matrix).red == 0 && matrix->findings->len == 0;
}
