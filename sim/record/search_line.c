#include "sim/record/search_line.h"

#include <glib.h>

void sim_search_line(sim_file *file, const sim_search_row *row)
{
    const char *const texts[] = {row->host,   row->group,   row->target, row->truth,
                                 row->policy, row->outcome, row->reason};
    const int64_t figures[] = {row->started, row->time, row->asked, row->rounds, row->messages};
    sim_file_integer(file, row->search);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        sim_file_text(file, ",");
        sim_file_csv(file, texts[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        sim_file_text(file, ",");
        sim_file_integer(file, figures[i]);
    }
    sim_file_text(file, ",");
    sim_file_csv(file, row->right);
    sim_file_text(file, "\n");
}
