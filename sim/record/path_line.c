#include "sim/record/path_line.h"

#include <glib.h>

static void put_texts(sim_file *file, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sim_file_text(file, ",");
        sim_file_csv(file, texts[i]);
    }
}

static void put_integers(sim_file *file, const int64_t *integers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sim_file_text(file, ",");
        sim_file_integer(file, integers[i]);
    }
}

void sim_path_line(sim_file *file, const sim_path_row *row)
{
    const char *const who_and_how[] = {row->caller,    row->callee,  row->caller_kind, row->callee_kind,
                                       row->transport, row->profile, row->class,       row->via,
                                       row->local,     row->remote,  row->cause};
    const int64_t figures[] = {row->started,        row->time,       (int64_t)row->packets,
                               (int64_t)row->bytes, row->sent,       row->received,
                               row->silence,        row->sent_after, row->received_after};
    const char *const loose_ends[] = {row->drop_cause, row->drop_box, row->relay};
    sim_file_integer(file, row->path);
    sim_file_text(file, ",");
    if (row->cell > 0)
        sim_file_integer(file, row->cell);
    put_texts(file, who_and_how, G_N_ELEMENTS(who_and_how));
    put_integers(file, figures, G_N_ELEMENTS(figures));
    put_texts(file, loose_ends, G_N_ELEMENTS(loose_ends));
    sim_file_text(file, "\n");
}
