/* manifest.h - the text of manifest.json: who ran what, where, when, and the digest of every file it left.
 *
 * The only file of a run that differs between two runs of one scenario and seed.  Private to the record. */
#ifndef SIM_RECORD_MANIFEST_H
#define SIM_RECORD_MANIFEST_H

#include <glib.h>

#include "sim/record/results.h"

typedef struct sim_manifest_run {
    const char *directory;
    const char *scenario;
    const char *run_id;
    GDateTime *started;
} sim_manifest_run;

/* The JSON text (g_free), or NULL and a sentence if a file of the run cannot be read. */
char *sim_manifest_text(const sim_manifest_run *run, const sim_manifest *manifest, char **ret_error);

#endif
