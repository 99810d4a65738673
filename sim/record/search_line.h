/* search_line.h - a search for a user as a line of searches.csv.
 *
 * Private to sim/record. */
#ifndef SIM_RECORD_SEARCH_LINE_H
#define SIM_RECORD_SEARCH_LINE_H

#include "sim/record/file.h"
#include "sim/record/recorder.h"

#define SIM_SEARCH_HEADING                                                                                   \
    "search,host,group,target,truth,policy,outcome,reason,started_ns,time_ns,asked,rounds,messages,right\n"

void sim_search_line(sim_file *file, const sim_search_row *row);

#endif
